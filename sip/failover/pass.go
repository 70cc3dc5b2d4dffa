package failover

import (
	"time"

	"phoned/sip"
)

// pass is the registration pass under way: REGISTER to one server after the
// other, each at most once, until one of them answers.
type pass struct {
	on     bool
	own    bool // the registration's own; else only requests wait for it
	first  int8
	at     int8
	tried  set // found unavailable, also by the request that started the pass
	asked  set // asked for a registration by this pass
	tx     Tx
	cause  Cause // of the last failure
	status uint16
}

// startPass starts a pass at server first, or at the next one where first has
// been tried already. own tells that the registration itself wants it.
func (l *Line) startPass(first int8, tried set, own bool) {
	l.pass = pass{on: true, own: own, first: first, at: first, tried: tried}
	if own {
		l.retryAt, l.linkAt = Never, Never
	}
	if first == l.active {
		l.reconnectAt = Never
	}
	l.drop(l.keepAlive) // REGISTER learns the same, and more
	l.keepAlive = 0
	if l.boot {
		// The removal is the pass's first request to the primary: unanswered, it
		// is evidence like any other REGISTER.
		l.boot = false
		l.farewell(0, l.last(0, 0))
	}
	l.askNext()
}

// askNext asks the next server of the pass, or ends it.
func (l *Line) askNext() {
	p := &l.pass
	s := l.next(p.first, p.tried)
	if s == none {
		l.passFailed()
		return
	}
	p.at = s
	p.asked.add(s)
	if !l.registered {
		l.tell(Action{Phase: Trying, Server: s})
	}
	long := l.last(s, p.tried)
	// RFC 3261 §10.2: never two REGISTERs under way to one server. A probe, or
	// the removal of an old contact, is waited for as long as a REGISTER of the
	// pass would be.
	if i := l.registering(s); i >= 0 {
		t := &l.txs[i]
		t.until = min(t.until, l.now+l.attemptTime(sip.REGISTER, long))
		p.tx = t.tx
		return
	}
	l.sendRegister(s, long)
}

// sendRegister sends the REGISTER of the pass.
func (l *Line) sendRegister(s int8, long bool) {
	l.pass.tx = l.send(transaction{
		method: sip.REGISTER, purpose: ForService, server: s, long: long,
	}, 0, l.servers[s].ask)
}

// registering is the index of the REGISTER under way to s, or -1.
func (l *Line) registering(s int8) int {
	for i := range l.txs {
		if l.txs[i].method == sip.REGISTER && l.txs[i].server == s {
			return i
		}
	}
	return -1
}

// passServerFailed moves the pass on from its server.
func (l *Line) passServerFailed(cause Cause, status uint16) {
	p := &l.pass
	s := p.at
	p.tried.add(s)
	p.tx, p.cause, p.status = 0, cause, status
	l.lose(s)
	for i := range l.requests {
		if r := &l.requests[i]; r.state == parked {
			r.tried.add(s)
		}
	}
	if l.next(p.first, p.tried) != none {
		l.emit(Action{Kind: Notice, Notice: Unavailable, Server: s, Cause: cause, Status: status})
	}
	l.askNext()
}

// lose ends the registration if it is held at s, which does not answer.
func (l *Line) lose(s int8) {
	if l.registered && s == l.active {
		l.registered = false
		l.expiresAt, l.refreshAt, l.reconnectAt, l.aliveAt = Never, Never, Never, Never
	}
}

// passFailed ends a pass that found no server. "One pass ..., then the request
// has failed: tell the user."
func (l *Line) passFailed() {
	p := l.pass
	l.pass.on = false
	if p.cause == NoCause { // nothing could be asked: all want to be left alone
		p.cause, p.status = Answered, 503
	}
	at := l.planRetry(p)
	if !l.registered {
		l.tell(Action{Phase: Waiting, Server: p.at, Status: p.status, Cause: p.cause, At: at})
	}
	if !l.registered || p.own {
		l.troubled = true
		l.emit(Action{
			Kind: Notice, Notice: AllFailed, Server: p.at, Status: p.status, Cause: p.cause, At: at,
		})
	}
	l.failParked(p)
}

// planRetry plans what follows a failed pass and returns its time.
func (l *Line) planRetry(p pass) time.Duration {
	switch {
	case l.registered:
		// Requests were refused with 503, or all servers want to be left alone:
		// the registration that is held is refreshed as soon as it may be.
		if p.own {
			l.refreshAt = max(l.servers[l.active].closed, l.now+minRefresh)
		}
		return l.refreshAt
	case p.own || l.retryAt == Never:
		if p.asked != 0 {
			l.failed++
		}
		l.retryAt = l.now + l.backoff()
	}
	return l.retryAt
}
