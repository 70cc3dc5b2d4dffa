package failover

import (
	"time"

	"phoned/sip"
)

// stagger spreads the lines of one phone that move because one of them has
// found out that their server is down: all have moved within a second.
const stagger = 800 * time.Millisecond

// heardFrom notes that s shows life.
func (l *Line) heardFrom(s int8) {
	v := &l.servers[s]
	v.heard = max(l.now, 1)
	v.down = false
}

// blame notes that an attempt at s has failed, and tells the owner of it. What
// has shown life since the attempt began is not down; nor is a server whose 500
// or 503 was about one request.
func (l *Line) blame(s int8, began time.Duration, cause Cause, status uint16, urgent bool) {
	v := &l.servers[s]
	switch cause {
	case NoCause, NoNetwork, Overload:
		return
	case Answered:
		if status != 503 {
			return
		}
	case Silence:
		if v.heard > began || l.offline {
			return
		}
		v.down = true
	default:
		v.down = true
	}
	v.cause = cause
	e := Action{Kind: Evidence, Server: s, Cause: cause, Status: status, Urgent: urgent}
	if v.closed > l.now {
		e.At = v.closed
	}
	l.emit(e)
}

// alive tells whether s is known to be up.
func (l *Line) alive(s int8) bool {
	v := &l.servers[s]
	return v.heard > 0 && !v.down && l.open(s) && l.isTold(s)
}

// standIn is the target to start at instead of s: s is known to be down, and
// another one is known to be up. Else it is s.
func (l *Line) standIn(s int8) int8 {
	if !l.cfg.Smart || !l.servers[s].down {
		return s
	}
	for _, t := range l.order {
		if t != s && l.alive(t) {
			return t
		}
	}
	return s
}

// health takes what is known of a target from elsewhere.
func (l *Line) health(s int8, e Event) {
	switch {
	case !l.cfg.Smart || len(l.servers) == 0:
	case l.offline: // our own cable is no evidence against anybody
	case e.Cause == NoCause:
		l.cameAlive(s)
	default:
		l.wentDown(s, e)
	}
}

// cameAlive takes the news that s shows life.
func (l *Line) cameAlive(s int8) {
	l.heardFrom(s)
	if l.stopping || !l.started {
		return
	}
	l.steadyAnswer(s)
	if a := l.active; a != s && l.registered && !l.pass.on && l.servers[a].down && l.alive(s) {
		l.leave(a, l.servers[a].cause, 0, false)
	}
	l.stay(s)
	l.retrySooner(s)
	l.proven(s)
}

// stay ends a move from s that is put off: s shows life.
func (l *Line) stay(s int8) {
	p := &l.pass
	if !p.on || p.wait <= l.now || p.left != s || !l.open(s) {
		return
	}
	l.decide(Action{Decision: Spared, From: s, Server: s})
	p.tried.remove(s)
	p.first, p.left = s, none
	l.hurry()
}

// retrySooner ends the wait after a failed pass early: a server is back, or its
// name is.
func (l *Line) retrySooner(s int8) {
	if l.failed == 0 || l.retryAt == Never || l.offline || l.pass.on {
		return
	}
	at := l.now + l.rand.between(0, stagger) + l.splay(splayTime)
	if at < l.retryAt {
		l.retryAt = at
		l.tell(Action{Phase: Waiting, Server: s, At: at})
	}
}

// wentDown takes the news that s is down: what waits for it there goes on
// elsewhere, and so does a registration that is held there.
func (l *Line) wentDown(s int8, e Event) {
	v := &l.servers[s]
	v.cause = e.Cause
	if e.Cause == Answered { // alive, and wants to be left alone
		l.close(s, e.RetryAfter)
	} else {
		v.down = true
	}
	if l.stopping || !l.started {
		return
	}
	l.steadyFailed(s)
	if e.Cause != Answered {
		l.unproven(s)
		l.moveFrom(s, e)
	}
	if !l.registered || s != l.active || l.pass.on || l.open(s) && !v.down {
		return
	}
	if next := l.next(none, set(0).with(s)); next != none && !l.servers[next].down {
		l.leave(s, e.Cause, e.Status, e.Urgent)
	}
}

// moveFrom moves what waits for an answer of s, which is down.
func (l *Line) moveFrom(s int8, e Event) {
	for i := 0; i < len(l.txs); i++ {
		switch t := &l.txs[i]; {
		case t.server != s || t.method == sip.CANCEL || !l.movable(t) || !l.worthMoving(t, e.Cause):
		case t.state == calling:
			l.moveEarly(t, e.Cause, e.Status)
			l.attemptFailed(i, e.Cause, e.Status)
			i = -1
		case t.state == proceeding && t.bare:
			l.moveBare(i, e.Cause)
			i = -1
		}
	}
}

// leave gives up the registration held at s, which is down, and registers
// elsewhere: at once where somebody waits, else after a wait that spreads the
// fleet.
func (l *Line) leave(s int8, cause Cause, status uint16, urgent bool) {
	wait := l.rand.between(0, stagger)
	if !urgent {
		wait += l.splay(splayTime)
	}
	l.lose(s)
	l.startPass(pass{
		first: l.next(none, set(0).with(s)), tried: set(0).with(s), own: true, left: s, wait: l.now + wait,
		splayed: true, cause: cause, status: status,
	})
}

// movable tells whether t may go on at another server: a request of the pass,
// of the user, or a keep-alive.
func (l *Line) movable(t *transaction) bool {
	switch t.purpose {
	case ForUser:
		return !t.inDialog || l.cfg.Smart
	case ForService:
		return true
	default:
		return false
	}
}

// beside is the target that would come after that of t.
func (l *Line) beside(t *transaction) int8 {
	first, tried := none, set(0)
	if r := l.requestOf(t.tx); r >= 0 {
		first, tried = l.requests[r].first, l.requests[r].tried
	} else if t.method == sip.REGISTER && l.pass.on && l.pass.tx == t.tx {
		first, tried = l.pass.first, l.pass.tried
	}
	return l.next(first, tried.with(t.server))
}

// worthMoving tells whether t may go on elsewhere since its server is down: the
// next one is alive; or nothing bad is known of it, and the news is more than
// silence.
func (l *Line) worthMoving(t *transaction, cause Cause) bool {
	s := l.beside(t)
	return s != none && (l.alive(s) || cause != Silence && !l.servers[s].down)
}
