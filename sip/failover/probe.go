package failover

import (
	"time"

	"phoned/sip"
)

// planProbe sets the failback timer after a registration; asked are the servers
// its pass has asked. A refresh at the backup leaves the timer alone, a pass
// that has asked the primary in vain was a probe itself.
func (l *Line) planProbe(asked set) {
	switch {
	case l.isPrimary(l.active) || !l.cfg.Failback:
		l.probeAt = Never
	case l.probe != 0: // the end of the probe sets it
	case l.probeAt == Never || asked&l.primaries() != 0:
		l.probeAt = l.now + l.failbackWait()
	}
}

// probeDue is when the next probe leaves. It waits for a REGISTER under way to
// the primary (RFC 3261 §10.2) and for the end of its Retry-After.
func (l *Line) probeDue() time.Duration {
	switch {
	case l.probeAt == Never:
		return Never
	case !l.cfg.Register:
		return l.probeAt
	case !l.registered || l.isPrimary(l.active) || l.offline || l.registering(l.probed()) >= 0:
		return Never
	}
	return max(l.probeAt, l.servers[l.probed()].closed)
}

// tickProbe sends the probe that is due. Service stays at the backup meanwhile.
func (l *Line) tickProbe() {
	if l.probeAt > l.now || l.probeDue() > l.now {
		return
	}
	l.probeAt = Never
	if !l.cfg.Register {
		// Nothing can ask for the line that does not register: the next request
		// finds out whether the primary is back.
		l.active = l.primary()
		return
	}
	if l.cfg.Smart && !l.steady() {
		return
	}
	l.cool(l.probed())
	// "Retransmitted by RFC 3261 until 64*T1 (32 s)."
	l.probe = l.send(transaction{
		method: sip.REGISTER, purpose: ForProbe, server: l.probed(), long: true,
	}, 0, l.servers[l.probed()].ask)
}

// probeAnswered takes the final answer to probe i. "200: the line is at the
// primary again."
func (l *Line) probeAnswered(i int, e Event, ok bool) {
	t := l.txs[i]
	l.probe = 0
	switch {
	case l.stopping:
		l.forget(i)
		if ok {
			l.farewells.add(t.server)
		}
	case ok:
		l.emit(Action{Kind: Adopt, Tx: t.tx, Method: t.method, Purpose: t.purpose, Server: t.server})
		l.forget(i)
		if l.pass.on && l.pass.tx != t.tx {
			l.drop(l.pass.tx) // a late answer of the backup changes nothing
		}
		l.registerAccepted(t.server, e.Expires)
	case l.pass.on && l.pass.tx == t.tx:
		l.forget(i)
		l.restartProbe()
		l.registerRefused(t.server, e)
	default:
		l.forget(i)
		l.restartProbe()
		l.emit(Action{
			Kind: Notice, Notice: Refusal, Server: t.server, Status: e.Status, Cause: Answered, At: l.probeAt,
		})
	}
}

// probeFailed takes the failure of probe t. "The interval starts anew at the
// end of the probe."
func (l *Line) probeFailed(t transaction, cause Cause, status uint16) {
	l.probe = 0
	if l.stopping {
		return
	}
	l.turn++
	l.restartProbe()
	if l.pass.on && l.pass.tx == t.tx {
		l.passServerFailed(cause, status)
	}
}

func (l *Line) restartProbe() {
	l.watch = watch{}
	l.probeAt = max(l.now+l.failbackWait(), l.servers[l.probed()].closed)
}
