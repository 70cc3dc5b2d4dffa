package failover

import (
	"time"

	"phoned/sip"
)

// requestState is where a request of the user stands.
type requestState uint8

const (
	asking  requestState = iota // its transaction is under way
	parked                      // waits for the registration pass
	waking                      // the pass is over: about to go on
	stalled                     // waits for our own link
)

// request is a request of the line's user and its pass over the servers.
type request struct {
	id       ID
	method   sip.Method
	inDialog bool // goes to one server, is not moved
	state    requestState
	first    int8
	tried    set
	tx       Tx
	since    time.Duration // when it was last sent
	began    time.Duration // when it was asked for
	direct   bool          // needs no REGISTER at the next server
	until    time.Duration // stalled: when it is given up; else Never
}

// newRequest adds a request, or returns -1 where there is no room.
func (l *Line) newRequest(r request) int {
	if len(l.requests) == maxRequests {
		l.done(r, Action{Cause: Overload, Server: r.first})
		return -1
	}
	r.until, r.began = Never, l.now
	l.requests = append(l.requests, r)
	return len(l.requests) - 1
}

// inService tells whether requests are taken at all, else r is done with.
func (l *Line) inService(r request) bool {
	if r.id == 0 {
		return false // that is the line itself
	}
	if !l.started || l.stopping && r.method != sip.BYE || len(l.servers) == 0 {
		l.done(r, Action{})
		return false
	}
	return true
}

// lookUp is the index of the request (id, m), or -1.
func (l *Line) lookUp(id ID, m sip.Method, inDialog bool) int {
	for i := range l.requests {
		if r := &l.requests[i]; r.id == id && r.method == m && r.inDialog == inDialog {
			return i
		}
	}
	return -1
}

// requestOf is the index of the request whose transaction is tx, or -1.
func (l *Line) requestOf(tx Tx) int {
	for i := range l.requests {
		if l.requests[i].tx == tx && tx != 0 {
			return i
		}
	}
	return -1
}

// ask sends request i to server s.
func (l *Line) ask(i int, s int8) {
	r := &l.requests[i]
	old := r.tx
	tx := l.send(transaction{
		id: r.id, method: r.method, server: s, inDialog: r.inDialog,
		long: r.inDialog && !l.cfg.Smart || l.last(s, r.tried),
	}, old, 0)
	if tx == 0 {
		l.requestDone(i, Action{Cause: Overload, Server: s})
		return
	}
	r.state, r.tx, r.since, r.until = asking, tx, l.now, Never
	l.release(old)
}

// begin sends request i to the first server of its pass.
func (l *Line) begin(i int) {
	r := &l.requests[i]
	// A BYE goes to its dialog's server whatever is known of that.
	if s := l.standIn(r.first); s != r.first && r.method != sip.BYE {
		l.startElsewhere(i, s)
		return
	}
	if l.open(r.first) {
		l.ask(i, r.first)
		return
	}
	l.goOn(i, Action{Server: r.first, Cause: Answered}) // passes over it for now
}

// startElsewhere begins request i at s, since its first server is known to be
// down and s is not.
func (l *Line) startElsewhere(i int, s int8) {
	r := &l.requests[i]
	l.decide(Action{
		Decision: SkipDown, From: r.first, Server: s, Cause: l.servers[r.first].cause, Method: r.method, ID: r.id,
	})
	r.first = s
	switch {
	case !l.cfg.Register || l.registered && s == l.active && !l.pass.on:
		l.ask(i, s)
	case l.pass.on:
		r.state = parked
		l.endDrill()
		l.hurry()
	default:
		r.state = parked
		l.startPass(pass{first: s})
	}
}

// needs tells that a request wants server s. "After 1-2 s the phone reconnects
// and REGISTERs at the same server, at once if a request needs it."
func (l *Line) needs(s int8) {
	if l.reconnectAt != Never && s == l.active && !l.pass.on && !l.stopping {
		l.startPass(pass{first: s, own: true})
	}
}

// goOn takes request i to the next server of its pass: "REGISTER at the next
// server -> 200 -> the same request there". why is what is told if there is
// none.
func (l *Line) goOn(i int, why Action) {
	r := &l.requests[i]
	s := l.next(r.first, r.tried)
	switch {
	case s == none:
		l.requestLost(i, why)
	case !l.cfg.Register || l.stopping || r.direct || r.tx == 0 && s == r.first:
		l.ask(i, s)
	case l.movedMeanwhile(r):
		l.ask(i, l.active)
	default:
		r.state = parked
		if l.pass.on {
			l.endDrill()
			l.hurry()
		} else {
			l.startPass(pass{first: s, tried: r.tried})
		}
	}
}

// movedMeanwhile tells whether the line has registered, since r was last sent,
// at a server that r has not tried: then the REGISTER has been made already.
func (l *Line) movedMeanwhile(r *request) bool {
	return l.registered && !l.pass.on && l.registeredAt >= r.since &&
		!r.tried.has(l.active) && l.open(l.active)
}

// requestAnswered takes the final answer to transaction i of a request.
func (l *Line) requestAnswered(i int, status uint16, ok bool) {
	t := l.txs[i]
	state := refused
	if ok {
		state = accepted
	}
	l.answered(i, state)
	if !l.cfg.Register && !t.inDialog {
		l.serveFrom(t.server)
	}
	if r := l.requestOf(t.tx); r >= 0 {
		l.requestDone(r, Action{Tx: t.tx, Status: status, Server: t.server})
	}
}

// requestFailed takes the failure of transaction t of a request.
func (l *Line) requestFailed(t transaction, cause Cause, status uint16) {
	i := l.requestOf(t.tx)
	if i < 0 {
		return
	}
	r := &l.requests[i]
	why := Action{Tx: t.tx, Status: status, Cause: cause, Server: t.server}
	switch {
	case r.inDialog && (!l.cfg.Smart || l.offline):
		l.requestDone(i, why)
		return
	case cause == Overload: // nothing was sent: no server is to blame
		l.requestLost(i, why)
		return
	}
	r.tried.add(t.server)
	// The silence of a server that is alive is the far side's, if that is who
	// answers (a smart line): the request is tried elsewhere, the line stays.
	r.direct = l.cfg.Smart && cause == Silence && t.method != sip.INVITE && l.servers[t.server].heard > t.sent
	if cause != Answered && !r.direct { // a 503 to an INVITE leaves the registration valid
		l.lose(t.server)
		if l.pass.on && !l.registered {
			l.tell(Action{Phase: Trying, Server: l.pass.at})
		}
	}
	if next := l.next(r.first, r.tried); next != none {
		if !r.direct {
			l.emit(Action{
				Kind: Notice, Notice: Unavailable, ID: r.id, Server: t.server, Cause: cause, Status: status,
			})
		}
		l.decide(Action{
			Decision: MoveRequest, From: t.server, Server: next, Cause: cause, Status: status,
			Method: t.method, ID: r.id, Tx: t.tx, Cost: l.now - r.began,
		})
	}
	l.goOn(i, why)
}

// requestLost ends request i: no server is left.
func (l *Line) requestLost(i int, why Action) {
	r := l.requests[i]
	if l.cfg.Register && !l.registered && !l.pass.on && l.retryAt == Never && !l.stopping && !l.offline {
		// The last server was registered at and is silent: "registration goes on
		// by itself".
		l.failed++
		l.retryAt = l.now + l.backoff()
		l.troubled = true
		l.tell(Action{Phase: Waiting, Server: why.Server, Status: why.Status, Cause: why.Cause, At: l.retryAt})
	}
	l.decide(Action{
		Decision: GiveUp, From: why.Server, Server: none, Cause: why.Cause, Status: why.Status,
		Method: r.method, ID: r.id, Tx: why.Tx, Cost: l.now - r.began,
	})
	if r.inDialog { // the call goes on without it
		l.requestDone(i, why)
		return
	}
	n := Action{
		Kind: Notice, Notice: AllFailed, ID: r.id, Server: why.Server, Status: why.Status, Cause: why.Cause,
		At: planned(l.retryAt),
	}
	if r.method == sip.BYE {
		n.Notice = ByeLost
	}
	l.emit(n)
	l.requestDone(i, why)
}

// requestDone tells the end of request i.
func (l *Line) requestDone(i int, d Action) {
	r := l.requests[i]
	l.requests = append(l.requests[:i], l.requests[i+1:]...)
	l.done(r, d)
	l.release(r.tx)
}

func (l *Line) done(r request, d Action) {
	d.Kind, d.ID, d.Method = Done, r.id, r.method
	l.emit(d)
}

// serveFrom makes s, which served a request, the active server of a line that
// does not register.
func (l *Line) serveFrom(s int8) {
	if s == l.active {
		return
	}
	l.active, l.probeAt = s, Never
	if !l.isPrimary(s) && l.cfg.Failback {
		l.probeAt = l.now + l.cfg.FailbackInterval
	}
}

// tickRequests gives up requests that waited too long for our own link.
func (l *Line) tickRequests() {
	for i := 0; i < len(l.requests); i++ {
		if l.requests[i].until <= l.now {
			l.requestLost(i, Action{Server: l.requests[i].first, Cause: NoNetwork})
			i = -1
		}
	}
}
