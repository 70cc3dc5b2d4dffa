package failover

import (
	"time"

	"phoned/sip"
)

// planKeepAlive sets the keep-alive timer after a registration; moved tells that
// it is at another server. A refresh leaves the timer alone.
func (l *Line) planKeepAlive(moved bool) {
	switch {
	case l.cfg.KeepAlive == NoKeepAlive || l.servers[l.active].transport != sip.UDP:
		l.aliveAt = Never
	case moved || l.aliveAt == Never:
		l.aliveAt = l.now + l.cfg.KeepAliveEvery
	}
}

// keepAliveDue is when the next keep-alive leaves. "None while another request
// of the line is unanswered or a pass is under way": a pass always has a
// REGISTER that is unanswered.
func (l *Line) keepAliveDue() time.Duration {
	switch {
	case l.aliveAt == Never || !l.registered || l.offline:
		return Never
	case l.cfg.KeepAlive == OptionsAlive && l.unanswered():
		return Never
	}
	return max(l.aliveAt, l.servers[l.active].closed)
}

// unanswered tells whether some request has had no answer yet; that which keeps
// a backup warm does not count.
func (l *Line) unanswered() bool {
	for i := range l.txs {
		if l.txs[i].state == calling && l.txs[i].purpose != ForWarmth {
			return true
		}
	}
	return false
}

// tickKeepAlive sends the keep-alive that is due.
func (l *Line) tickKeepAlive() {
	if l.aliveAt > l.now || l.keepAliveDue() > l.now {
		return
	}
	l.aliveAt = l.now + l.cfg.KeepAliveEvery
	if l.cfg.KeepAlive == CRLF {
		l.emit(Action{Kind: Send, Purpose: ForPing, Server: l.active})
		return
	}
	l.keepAlive = l.send(transaction{
		method: sip.OPTIONS, purpose: ForService, server: l.active, long: l.single(),
	}, 0, 0)
}

// single tells whether the line has no other server. OPTIONS and CANCEL are no
// passes; with one server, that one is the last.
func (l *Line) single() bool { return len(l.servers) < 2 }
