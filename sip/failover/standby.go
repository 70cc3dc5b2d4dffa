package failover

import (
	"time"

	"phoned/sip"
)

// second is the registration that Config.Standby holds beside the active one.
type second struct {
	server    int8
	tx        Tx // the REGISTER under way
	held      bool
	expiresAt time.Duration
	refreshAt time.Duration
	failed    uint // in a row
}

// standsBy tells whether a registration is held at s, which is not known to be
// down: no REGISTER is needed to move there.
func (l *Line) standsBy(s int8) bool {
	return l.second.held && l.second.server == s && l.second.expiresAt > l.now && !l.servers[s].down
}

// planStandby keeps the registration that the line leaves for s as the second
// one; where the line moves to the second one, that is the first now. The
// primary is never the second: the probe is what looks for it.
func (l *Line) planStandby(s int8) {
	if !l.cfg.Standby {
		return
	}
	b := &l.second
	if l.same(s, l.active) && (b.tx != 0 || b.held || b.refreshAt > 0) {
		return
	}
	l.drop(b.tx)
	switch {
	case l.registered && l.isPrimary(s) && !l.isPrimary(l.active):
		*b = second{server: l.active, held: true, expiresAt: l.expiresAt, refreshAt: l.refreshAt}
	default:
		*b = second{refreshAt: l.now}
	}
}

// promote makes the second registration at s the line's own.
func (l *Line) promote(s int8) {
	b := l.second
	l.drop(b.tx)
	l.second = second{}
	l.registerAccepted(s, b.expiresAt-l.now)
	l.refreshAt = min(max(b.refreshAt, l.now+minRefresh), l.refreshAt)
}

// standbyDue is when the second registration wants something.
func (l *Line) standbyDue() time.Duration {
	b := &l.second
	switch {
	case !l.cfg.Standby || !l.registered || l.offline || l.pass.on || b.tx != 0:
		return Never
	case !l.isPrimary(l.active) && l.cfg.Failback:
		return Never
	}
	if b.held {
		return max(b.refreshAt, l.servers[b.server].closed)
	}
	return b.refreshAt
}

// tickStandby registers at the second server, or refreshes that.
func (l *Line) tickStandby() {
	if l.standbyDue() > l.now {
		return
	}
	b := &l.second
	s := l.warmed()
	if b.held && l.isTold(b.server) {
		s = b.server
	}
	if s == none || l.same(s, l.active) || l.registering(s) >= 0 {
		b.refreshAt = l.now + baseWait
		return
	}
	if b.server != s {
		b.held = false
	}
	l.cool(s)
	b.server = s
	b.tx = l.send(transaction{method: sip.REGISTER, purpose: ForStandby, server: s, long: true}, 0, l.servers[s].ask)
}

// standbyAnswered takes the final answer to REGISTER t of the second
// registration.
func (l *Line) standbyAnswered(t transaction, e Event, ok bool) {
	b := &l.second
	b.tx = 0
	switch {
	case l.stopping && ok:
		l.farewells.add(t.server)
	case l.stopping:
	case l.pass.on && l.pass.tx == t.tx: // a pass has come to wait for it
		l.second = second{}
		l.registerAnswered(t, e, ok)
	case ok:
		granted := e.Expires
		if granted <= 0 {
			granted = l.servers[t.server].ask
		}
		granted = min(granted, longest)
		b.held, b.failed = true, 0
		b.expiresAt = l.now + granted
		b.refreshAt = l.now + l.refreshWait(granted)
	default:
		b.held = false
		b.failed++
		b.refreshAt = l.now + max(l.cfg.RegFailInterval, doubled(l.cfg.RegFailInterval, b.failed-1), min(e.RetryAfter, maxRetryAfter))
		l.emit(Action{Kind: Notice, Notice: Refusal, Server: t.server, Status: e.Status, Cause: Answered, At: b.refreshAt})
	}
}

// standbyFailed takes the failure of such a REGISTER.
func (l *Line) standbyFailed(t transaction, cause Cause, status uint16) {
	b := &l.second
	b.tx, b.held = 0, false
	b.failed++
	w := doubled(baseWait, b.failed)
	b.refreshAt = max(l.now+l.rand.between(w/2, w), l.servers[t.server].closed)
	if l.pass.on && l.pass.tx == t.tx && !l.stopping {
		l.passServerFailed(cause, status)
	}
}
