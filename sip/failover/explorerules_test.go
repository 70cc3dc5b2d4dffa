package failover

import (
	"time"

	"phoned/sip"
)

// before notes what an event tells the Line. It returns true if the event is a
// 2xx to an INVITE, which the Line must take exactly once.
func (s *scene) before(e Event) (accepted bool) {
	switch e.Kind {
	case LinkDown:
		s.offline = true
		for i := range s.txs[:s.n] {
			s.txs[i].oldLink = true
		}
	case LinkUp:
		s.offline = false
	case Health:
		if s.offline && e.Cause != NoCause {
			break // our own link is down: that tells nothing
		}
		s.news(e.Server, e.Cause == NoCause)
		if e.Cause != NoCause {
			s.failed.add(e.Server)
		}
	case Hangup:
		c := &s.calls[e.ID-1]
		c.hung = true
		s.giveUp(e.ID)
	}
	t := s.tx(e.Tx)
	if t == nil {
		return false
	}
	srv := t.send.Server
	if e.Kind == Response && e.Status != 503 {
		s.news(srv, true)
	}
	switch {
	case e.Kind == Unreachable:
		if t.underWay() {
			s.failed.add(srv)
		}
	case e.Kind != Response:
	case e.Status < 200:
		t.taken = t.taken || t.underWay()
		t.tagged = t.tagged || t.underWay() && e.Tagged
		t.provision = true
	default:
		if e.RetryAfter > 0 && t.underWay() {
			s.openAt[srv] = max(s.openAt[srv], s.now+e.RetryAfter)
			for i := range s.calls[:s.nc] {
				s.calls[i].shut.add(srv)
			}
		}
		if e.Status == 503 || e.Status == 500 {
			s.failed.add(srv)
		}
		if t.send.Method == sip.REGISTER && e.Status/100 == 4 && e.Challenge != Answerable {
			s.refused.add(srv)
		}
		if t.first == 0 {
			t.first = e.Status
		}
		if t.final/100 != 2 {
			t.final, t.finalAt = e.Status, s.now
		}
		return t.send.Method == sip.INVITE && e.Status/100 == 2
	}
	return false
}

// giveUp marks the INVITEs of a dial that is over.
func (s *scene) giveUp(id ID) {
	for i := range s.txs[:s.n] {
		if t := &s.txs[i]; t.send.ID == id && t.send.Method == sip.INVITE && !t.gone {
			t.gone, t.goneAt = true, s.now
		}
	}
}

// check holds one action against the rules.
func (x *explorer) check(s *scene, a Action) {
	if s.stopped {
		s.fail("%s after Stopped", actionText(a))
	}
	t := s.tx(a.Tx)
	if a.Tx != 0 && a.Kind != Send && a.Kind <= Adopt && t == nil {
		s.fail("%s names a transaction that is not kept", actionText(a))
		return
	}
	switch a.Kind {
	case Send:
		if a.Purpose != ForPing {
			x.checkSend(s, a)
		}
	case Resend:
		t.copies++
		switch {
		case x.transport(t.send.Server).Reliable():
			s.fail("a second copy of t%d over TCP", a.Tx)
		case int(t.copies) > x.cfg.Retries+1 && !t.long:
			s.fail("copy %d of t%d", t.copies, a.Tx)
		case !t.underWay() || t.send.Method == sip.INVITE && t.provision:
			s.fail("copy %d of t%d, which is answered", t.copies, a.Tx)
		case s.offline && (t.send.Method == sip.REGISTER || t.send.Method == sip.BYE || t.send.Method == sip.INVITE && !t.inDialog):
			s.fail("copy %d of t%d while the link is down", t.copies, a.Tx)
		}
	case Abandon:
		if !t.gone {
			t.gone, t.goneAt = true, s.now
		}
		s.failed.add(t.send.Server)
	case Forget:
		s.checkForget(t)
		s.forget(a.Tx)
	case Deliver:
		if a.Status/100 == 2 && s.calls[a.ID-1].owner != a.Tx && !t.inDialog {
			s.fail("%s: no dialog of this call", actionText(a))
		}
	case Done:
		x.checkDone(s, a)
	case Late:
		s.checkLate(a, t)
	case Adopt:
		if t.send.Purpose == ForUser || t.final/100 != 2 {
			s.fail("%s: no REGISTER answered by 2xx", actionText(a))
		}
	case Decide:
		s.checkDecision(a, t)
	case Evidence:
		if s.offline {
			s.fail("%s while the link is down", actionText(a))
		}
		if a.Cause != Answered {
			s.news(a.Server, false)
		}
	case Probe:
		if !x.cfg.Smart {
			s.fail("%s", actionText(a))
		}
		if s.offline {
			s.fail("%s while the link is down", actionText(a))
		}
		s.asked[a.Server] = min(s.asked[a.Server], s.now+2*time.Second)
	case State:
		s.phase, s.at = a.Phase, a.Server
	case Stopped:
		s.stopped = true
	}
}

// news notes what is known of server i.
func (s *scene) news(i int8, good bool) {
	s.up.remove(i)
	s.down.remove(i)
	if good {
		s.up.add(i)
	} else {
		s.down.add(i)
	}
}

func (x *explorer) checkSend(s *scene, a Action) {
	inDialog := false
	s.seq++
	if a.Tx != s.seq {
		s.fail("%s: transactions do not rise by one", actionText(a))
	}
	if s.offline && a.Method != sip.CANCEL {
		s.fail("%s while the link is down", actionText(a))
	}
	if s.openAt[a.Server] > s.now && !a.Repeat && a.Method != sip.CANCEL {
		s.fail("%s before its Retry-After ends at %s", actionText(a), clock(s.openAt[a.Server]))
	}
	if !s.told.has(a.Server) && !(s.line.registered && a.Server == s.line.active) && !a.Repeat && a.Method != sip.CANCEL && a.Method != sip.BYE && a.Purpose != ForFarewell {
		s.fail("%s, which is not told any more", actionText(a))
	}
	if a.Prev != 0 {
		x.checkPrev(s, a, s.tx(a.Prev))
	} else if x.cfg.Smart {
		s.checkKnown(a)
	}
	switch a.Method {
	case sip.REGISTER:
		for i := range s.txs[:s.n] {
			if t := &s.txs[i]; t.send.Method == sip.REGISTER && t.send.Server == a.Server && t.underWay() &&
				t.send.Purpose != ForWarmth && a.Purpose != ForWarmth { // which binds nothing
				s.fail("%s while t%d is under way there", actionText(a), t.send.Tx)
			}
		}
		if a.Purpose == ForProbe && (!x.cfg.Failback || !s.line.isPrimary(a.Server)) {
			s.fail("%s: no such probe", actionText(a))
		}
		for i := range s.calls[:s.nc] {
			s.calls[i].tried.add(a.Server)
		}
	case sip.BYE:
		s.calls[a.ID-1].tried.add(a.Server)
	case sip.INVITE:
		inDialog = s.calls[a.ID-1].asking == sip.INVITE
		if !inDialog {
			s.checkInvite(a)
		}
	}
	if s.n == maxSceneTxs {
		s.fail("more than %d transactions", maxSceneTxs)
		return
	}
	s.txs[s.n] = sceneTx{send: a, copies: 1, long: inDialog || x.mayBeLong(s, a), inDialog: inDialog}
	s.n++
}

// checkKnown: "A request never starts at a target known to be down while another
// is known to be up": a call, or a registration that nobody has asked for.
func (s *scene) checkKnown(a Action) {
	other := 1 - a.Server
	switch {
	case !s.down.has(a.Server) || !s.up.has(other) || !s.told.has(other) || s.openAt[other] > s.now:
	case a.Method == sip.INVITE && !s.calls[a.ID-1].tried.has(other), a.Method == sip.REGISTER && a.Purpose == ForService && !s.line.pass.forced && !s.line.pass.tried.has(other):
		s.fail("%s, which is known to be down, and %d is up", actionText(a), other)
	}
}

// checkDecision holds what is told of a decision against what is known.
func (s *scene) checkDecision(a Action, t *sceneTx) {
	switch a.Decision {
	case Spared: // its server is alive: copies leave each T1
		if t != nil {
			t.long = true
		}
	case MoveEarly, SkipDown:
		if !s.up.has(a.Server) {
			s.fail("%s, which is not known to be up", actionText(a))
		}
		if a.Decision == SkipDown && !s.down.has(a.From) {
			s.fail("%s: %d is not known to be down", actionText(a), a.From)
		}
	}
}

// checkInvite: "The user never gets two calls."
func (s *scene) checkInvite(a Action) {
	c := &s.calls[a.ID-1]
	c.tried.add(a.Server)
	if c.hung || c.state != dialling {
		s.fail("%s after the dial is over", actionText(a))
	}
	for i := range s.txs[:s.n] {
		if t := &s.txs[i]; t.send.ID == a.ID && t.send.Method == sip.INVITE && t.underWay() {
			s.fail("%s while t%d is under way", actionText(a), t.send.Tx)
		}
	}
}

// checkPrev holds what a Send says of its predecessor p against that.
func (x *explorer) checkPrev(s *scene, a Action, p *sceneTx) {
	switch {
	case p == nil:
		s.fail("%s: its predecessor is forgotten", actionText(a))
	case p.send.ID != a.ID:
		s.fail("%s: its predecessor is of another call", actionText(a))
	case a.Method == sip.CANCEL:
		if p.send.Method != sip.INVITE || p.send.Server != a.Server || !p.provision || p.cancelled {
			s.fail("%s: no CANCEL here", actionText(a))
		}
		p.cancelled = true
	case a.Repeat && (p.send.Server != a.Server || p.first != 401 && p.first != 423):
		s.fail("%s: nothing to repeat", actionText(a))
	case !a.Repeat && p.send.Server == a.Server && !p.oldLink:
		s.fail("%s: the same server twice in one pass", actionText(a))
	case !a.Repeat && a.Method == sip.INVITE && p.first != 503 && (p.tagged || p.taken && !x.cfg.Smart):
		s.fail("%s: a second INVITE after a 1xx", actionText(a))
	}
}

// mayBeLong tells whether a request may leave more than N+1 times: a probe, and
// the last one of a pass, when the other server has failed or wants to be left
// alone.
func (x *explorer) mayBeLong(s *scene, a Action) bool {
	switch {
	case a.Purpose == ForProbe, a.Purpose == ForStandby, a.Purpose == ForWarmth:
		return true
	case a.Repeat && s.tx(a.Prev) != nil && s.tx(a.Prev).long:
		return true
	case a.Method == sip.OPTIONS, a.Method == sip.CANCEL, a.Purpose == ForFarewell && s.line.stopping:
		return false
	case a.Method == sip.REGISTER, a.Method == sip.INVITE, a.Method == sip.BYE:
		other := 1 - a.Server
		if a.ID != 0 && s.calls[a.ID-1].shut.has(other) {
			return true
		}
		if p := &s.line.pass; p.on && p.tried.has(other) {
			return true
		}
		return !s.told.has(other) || s.failed.has(other) || s.openAt[other] > s.now
	}
	return true
}

// checkForget: "An abandoned INVITE is remembered for 180 s", and no INVITE is
// forgotten while it may still become a call.
func (s *scene) checkForget(t *sceneTx) {
	if t.send.Method != sip.INVITE || t.final != 0 || t.inDialog {
		return
	}
	keep := unwantedFor
	if s.line.stopping {
		keep = sip.DefaultTimers.Timeout()
	}
	if !t.gone || s.now-t.goneAt < keep {
		s.fail("t%d is forgotten %v after it was given up", t.send.Tx, s.now-t.goneAt)
	}
}

// checkLate: a 2xx that nobody wants is told, and its dialog is ended.
func (s *scene) checkLate(a Action, t *sceneTx) {
	if t.send.Method != sip.INVITE || t.inDialog || t.final/100 != 2 {
		s.fail("%s: no INVITE answered by 2xx", actionText(a))
	}
	if s.calls[t.send.ID-1].owner == a.Tx {
		s.fail("%s: it is the call", actionText(a))
	}
	if t.late {
		return
	}
	t.late = true
	if s.nc == maxSceneCalls {
		s.fail("more than %d dialogs", maxSceneCalls)
		return
	}
	s.calls[s.nc] = sceneCall{state: up, server: a.Server, owner: a.Tx}
	s.nc++
}

func (x *explorer) checkDone(s *scene, a Action) {
	c := &s.calls[a.ID-1]
	lost := a.Status == 0 || a.Status == 503
	switch a.Cause {
	case NoNetwork, Overload:
		lost = false
	}
	switch {
	case a.Method == sip.BYE:
		if c.state != ending {
			s.fail("%s: not asked for, or done twice", actionText(a))
		}
		c.state = over2
		s.checkTried(a, c, lost)
	case c.asking == a.Method:
		c.asking = 0
	case c.state != dialling:
		s.fail("%s: done twice", actionText(a))
	case a.Status/100 == 2:
		if c.hung {
			s.fail("%s: the user hung up before", actionText(a))
		}
		c.state, c.server, c.owner = up, a.Server, a.Tx
	default:
		c.state = failed
		s.giveUp(a.ID)
		s.checkTried(a, c, lost && a.Cause != NoCause && s.refused == 0)
	}
}

// checkTried: no server is left out in silence.
func (s *scene) checkTried(a Action, c *sceneCall, lost bool) {
	for i := range int8(exploredServers) {
		if lost && !c.tried.has(i) && !c.shut.has(i) && s.told.has(i) {
			s.fail("%s: server %d was not tried", actionText(a), i)
		}
	}
}

// after looks at what must hold after every event.
func (x *explorer) after(s *scene) {
	if got := s.phase == Registered; got != s.line.Registered() {
		s.fail("the phase told is %s, Registered is %v", phaseNames[s.phase], s.line.Registered())
	}
	if s.line.Registered() && int(s.at) != s.line.Active() {
		s.fail("told as registered at %d, Active is %d", s.at, s.line.Active())
	}
	if s.line.waiting() && s.line.anyParked() {
		s.fail("somebody waits for a pass that is put off")
	}
	if s.line.Open() != s.n {
		s.fail("%d transactions are open, %d are kept", s.line.Open(), s.n)
	}
	if !s.line.pass.on && len(s.line.requests) == 0 {
		s.failed = s.down
	}
	for i := range s.txs[:s.n] {
		t := &s.txs[i]
		if t.send.Method != sip.INVITE || !t.provision || t.final != 0 || t.cancelled || t.inDialog {
			continue
		}
		// "1xx -> CANCEL once."
		if c := &s.calls[t.send.ID-1]; t.gone || c.state != dialling || c.hung {
			s.fail("t%d rings, and nobody wants it", t.send.Tx)
		}
	}
}

// idle tells whether nothing of the user is under way.
func (s *scene) idle() bool {
	for i := range s.calls[:s.nc] {
		if c := &s.calls[i]; c.state != failed && c.state != over2 || c.asking != 0 {
			return false
		}
	}
	return true
}

// dial is the dial under way, or the call that is up, or -1.
func (s *scene) dial() int {
	for i := range s.calls[:s.nc] {
		if st := s.calls[i].state; st == dialling || st == up {
			return i
		}
	}
	return -1
}
