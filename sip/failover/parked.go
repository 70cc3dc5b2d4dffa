package failover

import "phoned/sip"

// wake marks the requests that wait for the pass that has just ended, so that
// each is handled once even if it waits again for another pass.
func (l *Line) wake() {
	for i := range l.requests {
		if l.requests[i].state == parked {
			l.requests[i].state = waking
		}
	}
}

// woken is the index of a request that is to go on, or -1.
func (l *Line) woken() int {
	for i := range l.requests {
		if l.requests[i].state == waking {
			return i
		}
	}
	return -1
}

// releaseParked sends what waited to s, where the line has just registered.
func (l *Line) releaseParked(s int8) {
	l.wake()
	for i := l.woken(); i >= 0; i = l.woken() {
		if r := &l.requests[i]; r.tried.has(s) || !l.open(s) {
			l.goOn(i, Action{Server: s, Cause: Answered})
		} else {
			l.ask(i, s)
		}
	}
}

// releaseRefused ends what waited for a registration that s refused. A BYE goes
// there all the same: s is alive, and a BYE is tried everywhere before it is
// dropped.
func (l *Line) releaseRefused(s int8) {
	l.wake()
	for i := l.woken(); i >= 0; i = l.woken() {
		switch r := &l.requests[i]; {
		case r.method != sip.BYE:
			l.requestDone(i, Action{Server: s, Cause: Answered})
		case r.tried.has(s) || !l.open(s):
			l.goOn(i, Action{Server: s, Cause: Answered})
		default:
			l.ask(i, s)
		}
	}
}

// failParked ends what waited for pass p, which found no server, unless there
// is one that the pass has not asked.
func (l *Line) failParked(p pass) {
	l.wake()
	for i := l.woken(); i >= 0; i = l.woken() {
		r := &l.requests[i]
		if r.method != sip.BYE { // a BYE counts only what failed while it waited
			r.tried |= p.asked & p.tried
		}
		why := Action{Server: p.at, Cause: p.cause}
		switch {
		case l.next(r.first, r.tried) != none:
			l.goOn(i, why)
		case r.method == sip.BYE || l.registered && !p.own:
			l.requestLost(i, why)
		default: // the notice of the pass has told why
			l.decide(Action{
				Decision: GiveUp, From: p.at, Server: none, Cause: p.cause, Status: p.status,
				Method: r.method, ID: r.id, Tx: r.tx, Cost: l.now - r.began,
			})
			l.requestDone(i, why)
		}
	}
}
