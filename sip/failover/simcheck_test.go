package failover

import (
	"time"

	"phoned/sip"
)

// underWay tells whether transaction r still waits for its final answer.
func (r *record) underWay() bool {
	return !r.abandoned && !r.forgotten && r.final == 0
}

// before notes what an event tells the phone.
func (w *world) before(e Event) {
	if int(e.Tx) >= len(w.recs) || e.Tx == 0 {
		return
	}
	r := &w.recs[e.Tx]
	s := &w.servers[r.send.Server]
	switch {
	case e.Kind == Unreachable:
		if r.underWay() {
			s.failed = w.now
		}
	case e.Kind != Response:
	case e.Status < 200:
		r.provision = true
		r.taken = r.taken || r.underWay() && (e.Tagged || !w.cfg.Smart)
	default:
		if r.underWay() {
			if e.Status == 503 && e.RetryAfter > 0 {
				s.openAt = max(s.openAt, w.now+e.RetryAfter)
			}
			if e.Status == 503 || e.Status == 500 {
				s.failed = w.now
			}
			r.final = e.Status
		}
		r.took2xx = r.took2xx || r.send.Method == sip.INVITE && e.Status/100 == 2 && !r.forgotten
	}
}

// check holds one action against the rules.
func (w *world) check(a Action) {
	if w.stopped {
		w.fail("%v after Stopped", a)
	}
	if a.Tx != 0 && a.Kind != Send && a.Kind != Decide {
		if int(a.Tx) >= len(w.recs) || w.recs[a.Tx].forgotten {
			w.fail("%v names a transaction that is not kept", a)
			return
		}
	}
	switch a.Kind {
	case Send:
		if a.Purpose != ForPing {
			w.checkSend(a)
		}
	case Resend:
		w.checkResend(&w.recs[a.Tx])
	case Abandon:
		r := &w.recs[a.Tx]
		r.abandoned = true
		w.servers[r.send.Server].failed = w.now
	case Forget:
		w.recs[a.Tx].forgotten = true
	case Done:
		w.checkDone(a)
	case Deliver:
		w.recs[a.Tx].owned = w.recs[a.Tx].owned || a.Status/100 == 2
	case Late:
		w.recs[a.Tx].late = true
		if r := &w.recs[a.Tx]; r.send.Method != sip.INVITE {
			w.fail("%v of a %v", a, r.send.Method)
		}
	case Adopt:
		if r := &w.recs[a.Tx]; r.send.Purpose != ForProbe || r.final/100 != 2 {
			w.fail("%v: no probe answered by 2xx", a)
		}
	case State:
		if w.state.Phase == Registered && a.Phase != Registered {
			w.lostAt = w.now
			w.checkExpired(int(w.state.Server))
		}
		w.state, w.stateAt = a, w.now
	}
}

// checkExpired fails where a registration has run out at a server that would
// have refreshed it all the time.
func (w *world) checkExpired(s int) {
	srv := &w.servers[s]
	if w.line.pass.on && !w.line.pass.own {
		return // a call has been refused there and is being moved
	}
	if w.loss == 0 && !w.offline && srv.mode == healthy && srv.since < srv.boundBy && srv.bound <= w.now && srv.openAt < srv.boundBy {
		w.fail("the registration at %d has run out", s)
	}
}

func (w *world) checkSend(a Action) {
	if int(a.Tx) != len(w.recs) {
		w.fail("%v: transactions do not rise by one", a)
	}
	srv := &w.servers[a.Server]
	if w.offline && a.Method != sip.CANCEL {
		w.fail("%v while the link is down", a)
	}
	if srv.openAt > w.now && !a.Repeat && a.Method != sip.CANCEL {
		w.fail("%v before its Retry-After ends at %s", a, clock(srv.openAt))
	}
	w.checkPrev(a)
	switch a.Method {
	case sip.REGISTER:
		for i := max(1, len(w.recs)-300); i < len(w.recs); i++ {
			if r := &w.recs[i]; r.send.Method == sip.REGISTER && r.send.Server == a.Server && r.underWay() &&
				r.send.Purpose != ForWarmth && a.Purpose != ForWarmth {
				w.fail("%v while t%d is under way there", a, i)
			}
		}
		if a.Purpose == ForProbe && (!w.cfg.Failback || a.Server != 0) {
			w.fail("%v: no such probe", a)
		}
		for i := range w.calls {
			w.calls[i].tried.add(a.Server)
		}
	case sip.OPTIONS:
		for i := max(1, len(w.recs)-300); i < len(w.recs); i++ {
			if r := &w.recs[i]; r.underWay() && r.send.Purpose != ForWarmth && !(r.send.Method == sip.INVITE && r.provision) {
				w.fail("%v while t%d is unanswered", a, i)
			}
		}
	case sip.BYE:
		w.calls[a.ID].tried.add(a.Server)
	case sip.INVITE:
		if c := &w.calls[a.ID]; c.hung {
			w.fail("%v after the user hung up", a)
		}
	}
	w.recs = append(w.recs, record{
		send: a, sent: w.now, copies: 1, long: w.mayBeLong(a),
		starts: a.Method == sip.INVITE && !w.calls[a.ID].up,
	})
}

// checkPrev holds what a Send says of its predecessor against that.
func (w *world) checkPrev(a Action) {
	if a.Prev == 0 {
		return
	}
	p := &w.recs[a.Prev]
	switch {
	case p.forgotten:
		w.fail("%v: its predecessor is forgotten", a)
	case p.send.ID != a.ID:
		w.fail("%v: its predecessor is of another call", a)
	case a.Method == sip.CANCEL:
		if p.send.Method != sip.INVITE || p.send.Server != a.Server || !p.provision || p.cancelled {
			w.fail("%v: no CANCEL here", a)
		}
		p.cancelled = true
	case a.Repeat && (p.send.Server != a.Server || p.final != 401 && p.final != 423):
		w.fail("%v: nothing to repeat", a)
	case !a.Repeat && p.send.Server == a.Server && w.linkAt < p.sent:
		w.fail("%v: the same server twice in one pass", a)
	case !a.Repeat && a.Method == sip.INVITE && p.taken && p.final != 503:
		w.fail("%v: a second INVITE after a 1xx", a)
	}
}

// mayBeLong tells whether a request may leave more than N+1 times: a probe,
// what stays inside a dialog, the only server, and the last one of a pass, when
// all others have just failed or want to be left alone.
func (w *world) mayBeLong(a Action) bool {
	if a.Purpose == ForProbe || a.Purpose == ForWarmth || a.Purpose == ForStandby || len(w.servers) == 1 || w.cfg.RetryTime > 0 {
		return true
	}
	switch a.Method {
	case sip.REGISTER, sip.BYE:
	case sip.INVITE:
		if w.calls[a.ID].up {
			return true // re-INVITE
		}
	case sip.OPTIONS, sip.CANCEL:
		return false
	default:
		return true
	}
	for i := range w.servers {
		s := &w.servers[i]
		if int8(i) != a.Server && s.failed < w.now-time.Duration(len(w.servers))*200*time.Second && s.openAt <= w.now {
			return false
		}
	}
	return true
}

func (w *world) checkResend(r *record) {
	r.copies++
	a := r.send
	if w.cfg.Servers[a.Server].Transport.Reliable() {
		w.fail("a second copy of %v over %v", a, w.cfg.Servers[a.Server].Transport)
	}
	if r.copies > w.cfg.Retries+1 && !r.long && !w.cfg.Smart || r.copies > 80 {
		w.fail("copy %d of %v", r.copies, a)
	}
	if !r.underWay() || a.Method == sip.INVITE && r.provision {
		w.fail("copy %d of %v, which is answered", r.copies, a)
	}
	var due time.Duration
	for k := 1; k < r.copies; k++ {
		due += sip.DefaultTimers.Interval(a.Method, k)
	}
	if w.now-r.sent != due && !w.cfg.Smart && !r.provision || w.now-r.sent >= sip.DefaultTimers.Timeout() {
		w.fail("copy %d of %v after %v, want %v", r.copies, a, w.now-r.sent, due)
	}
}

func (w *world) checkDone(a Action) {
	c := &w.calls[a.ID]
	if a.Status/100 == 2 {
		w.recs[a.Tx].owned = true
	}
	switch {
	case a.Method == sip.BYE:
		if c.byeDone || !c.byeAsked {
			w.fail("%v: not asked for, or done twice", a)
		}
		c.byeDone = true
		lost := a.Status == 0 || a.Status == 503
		for i := range w.servers {
			if lost && a.Cause != NoNetwork && a.Cause != Overload && !c.tried.has(int8(i)) && w.servers[i].openAt < c.asked {
				w.fail("%v: server %d was not tried", a, i)
			}
		}
	case a.Method == sip.INVITE && !c.up && !c.ended:
		c.ended = true
		if a.Status/100 == 2 {
			c.up, c.server = true, a.Server
			if c.hung {
				w.fail("%v: the user hung up before", a)
			}
			w.calls[a.ID].byeTx = a.Tx
			w.later(w.rand.between(0, 10*time.Minute), happening{what: userHangs, id: a.ID})
		}
	case !c.up:
		w.fail("%v: done twice", a)
	}
}

// after compares what the phone says with what it is.
func (w *world) after() {
	if got := w.state.Phase == Registered; got != w.line.Registered() {
		w.fail("the state told is %v, Registered is %v", w.state, w.line.Registered())
	}
	if w.line.Registered() && int(w.state.Server) != w.line.Active() {
		w.fail("the state told is %v, Active is %d", w.state, w.line.Active())
	}
}

// How long the slowest way to a healthy server may take: the longest wait, a
// Retry-After, and a pass over the others, each with its repeats.
const slowest = maxWait + 120*time.Second + 4*6*32*time.Second

// inspect looks at what must hold in the long run.
func (w *world) inspect() {
	if !w.cfg.Register || w.loss > 0 || w.offline || w.line.stopping {
		return
	}
	best := Never
	for i := range w.servers {
		s := &w.servers[i]
		if !s.mode.calm() || s.wild > w.now-slowest {
			return
		}
		if s.mode == healthy {
			best = min(best, s.since)
		}
	}
	best = max(best, w.linkAt, w.lostAt)
	if best < w.now-slowest && !w.line.Registered() {
		w.fail("not registered, although a server is healthy since %s", clock(best))
	}
	// The active server's own word: our contact is there.
	if s := &w.servers[w.line.Active()]; w.line.Registered() && s.mode == healthy && s.since < w.stateAt && s.bound <= w.now {
		w.fail("told as registered at %d, where the contact has ended at %s", w.line.Active(), clock(s.bound))
	}
	// "The active server is the primary within one interval plus 32 s."
	back := max(w.servers[0].since, w.stateAt, w.linkAt, w.servers[0].openAt) + w.cfg.FailbackInterval + 32*time.Second
	if w.cfg.Smart { // it has to be steady, and is looked at less often after relapses
		back += w.cfg.FailbackInterval<<maxRelapses + steadyTime + returnTime
	}
	if w.cfg.Failback && w.line.Registered() && w.line.Active() != 0 && w.servers[0].mode == healthy && back < w.now-time.Minute {
		w.fail("still at server %d, although the primary is healthy since %s", w.line.Active(), clock(w.servers[0].since))
	}
}

// checkEnd looks at what is left when all is over.
func (w *world) checkEnd() {
	if !w.stopped {
		w.fail("told to stop at %s, never stopped", clock(w.end))
	}
	if limit := time.Duration(len(w.servers)+1) * 6 * 32 * time.Second; w.now > w.end+limit {
		w.fail("stopped only after %v", w.now-w.end)
	}
	if w.line.Open() != 0 {
		w.fail("%d transactions are left", w.line.Open())
	}
	for i := range w.calls {
		c := &w.calls[i]
		if c.dialed && !c.ended {
			w.fail("the dial of call %d was never done", i)
		}
		if c.byeAsked && !c.byeDone {
			w.fail("the hang-up of call %d was never done", i)
		}
	}
	for i := 1; i < len(w.recs); i++ {
		r := &w.recs[i]
		switch {
		case !r.forgotten:
			w.fail("t%d is not forgotten", i)
		case r.took2xx && r.owned == r.late:
			w.fail("t%d was answered by a 2xx; the call's %v, ended %v", i, r.owned, r.late)
		case r.owned && r.starts && w.calls[r.send.ID].byeTx != Tx(i):
			w.fail("t%d is a second call of one dial", i)
		}
	}
}
