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

	quiet   bool          // nobody waits for it: a refresh, a keep-alive, a lost connection
	forced  bool          // asks its first server although it is known to be down
	splayed bool          // has been put off once
	drill   bool          // asks one server only
	left    int8          // the server that it moves away from; none
	began   time.Duration // when
	wait    time.Duration // when it goes on, if it is put off; else 0
}

// startPass starts a pass at its first server, or at the next one where that has
// been tried already.
func (l *Line) startPass(p pass) {
	p.on, p.at, p.began = true, p.first, l.now
	if p.wait == 0 {
		p.left = none
	}
	if s := l.standIn(p.first); s != p.first && !p.forced {
		l.decide(Action{Decision: SkipDown, From: p.first, Server: s, Cause: l.servers[p.first].cause, Method: sip.REGISTER})
		p.first, p.at = s, s
	}
	l.pass = p
	if p.own {
		l.retryAt, l.linkAt = Never, Never
	}
	if p.first == l.active {
		l.reconnectAt = Never
	}
	l.drop(l.keepAlive) // REGISTER learns the same, and more
	l.keepAlive = 0
	if l.boot {
		// The removal is the pass's first request to the primary: unanswered, it
		// is evidence like any other REGISTER.
		l.boot = false
		l.farewell(l.pass.first, l.last(l.pass.first, 0))
	}
	l.askNext()
}

// askNext asks the next server of the pass, or ends it.
func (l *Line) askNext() {
	p := &l.pass
	s := l.next(p.first, p.tried)
	if s == none || p.drill && s != p.first {
		l.passFailed()
		return
	}
	p.at = s
	if p.wait > l.now {
		if !l.registered {
			l.tell(Action{Phase: Trying, Server: s, At: p.wait})
		}
		l.decide(Action{Decision: Splay, From: p.left, Server: s, Cause: p.cause, Status: p.status, At: p.wait})
		return
	}
	p.wait = 0
	if l.standsBy(s) && !p.forced {
		l.promote(s)
		return
	}
	p.asked.add(s)
	if !l.registered {
		l.tell(Action{Phase: Trying, Server: s})
	}
	long := l.last(s, p.tried)
	// RFC 3261 §10.2: never two REGISTERs under way to one server. A probe, or
	// the removal of an old contact, is waited for as long as a REGISTER of the
	// pass would be.
	l.cool(s)
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

// registering is the index of the REGISTER under way to s that binds us there,
// or -1.
func (l *Line) registering(s int8) int {
	for i := range l.txs {
		if t := &l.txs[i]; t.method == sip.REGISTER && t.server == s && t.purpose != ForWarmth {
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
	if !p.drill {
		l.lose(s)
	}
	for i := range l.requests {
		if r := &l.requests[i]; r.state == parked {
			r.tried.add(s)
		}
	}
	if next := l.next(p.first, p.tried); next != none && !p.drill {
		l.emit(Action{Kind: Notice, Notice: Unavailable, Server: s, Cause: cause, Status: status})
		l.decide(Action{
			Decision: MoveLine, From: s, Server: next, Cause: cause, Status: status,
			Method: sip.REGISTER, Cost: l.now - p.began,
		})
		l.splayPass(s)
	}
	l.askNext()
}

// lose ends the registration if it is held at s, which does not answer.
func (l *Line) lose(s int8) {
	if l.registered && s == l.active {
		l.registered = false
		l.endDrill()
		l.expiresAt, l.refreshAt, l.reconnectAt, l.aliveAt = Never, Never, Never, Never
	}
}

// passFailed ends a pass that found no server. "One pass ..., then the request
// has failed: tell the user."
func (l *Line) passFailed() {
	p := l.pass
	l.pass.on = false
	l.drillFailed(p.cause, p.status)
	if p.drill {
		return // the registration that is held stands
	}
	if p.cause == NoCause { // nothing could be asked: all want to be left alone
		p.cause, p.status = Answered, 503
	}
	at := l.planRetry(p)
	l.decide(Action{
		Decision: GiveUp, From: p.at, Server: none, Cause: p.cause, Status: p.status,
		Method: sip.REGISTER, At: at, Cost: l.now - p.began,
	})
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
