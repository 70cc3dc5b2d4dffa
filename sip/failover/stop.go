package failover

import (
	"time"

	"phoned/sip"
)

// stop ends service: calls that were not answered are given up, a BYE goes on,
// and our own contact is removed.
func (l *Line) stop() {
	if l.stopping {
		return
	}
	l.stopping = true
	l.pass.on = false
	l.drop(l.keepAlive)
	l.keepAlive = 0
	if l.registered && !l.offline {
		l.farewells.add(l.active)
	}
	if l.second.held && !l.offline {
		l.farewells.add(l.second.server)
	}
	l.watch, l.second = watch{}, second{}
	l.lose(l.active)
	l.drillFailed(NoCause, 0)
	l.retryAt, l.linkAt, l.probeAt = Never, Never, Never
	l.endInDialog(0)
	l.wake()
	for i := 0; i < len(l.requests); i++ {
		switch r := &l.requests[i]; {
		case r.method != sip.BYE:
			l.endDial(i, NoCause)
			i = -1
		case r.state == waking:
			// "Tried over all servers before it is dropped", now without REGISTER.
			l.goOn(i, Action{Server: r.first, Cause: Silence})
			i = -1
		case r.state == stalled:
			l.requestLost(i, Action{Server: r.first, Cause: NoNetwork})
			i = -1
		}
	}
	l.shorten()
	l.tell(Action{Phase: Idle})
}

// shorten makes what is left end soon. A REGISTER under way is waited for,
// since its contact would stay (RFC 3261 §10.2).
func (l *Line) shorten() {
	for i := 0; i < len(l.txs); i++ {
		t := &l.txs[i]
		switch {
		case t.state == accepted, t.state == refused:
			l.forget(i)
			i--
		case t.state == unwanted:
			t.until = min(t.until, l.now+l.cfg.Timers.Timeout())
		case t.method == sip.REGISTER:
			t.until = min(t.until, l.now+l.farewellTime())
		}
	}
}

func (l *Line) farewellTime() time.Duration {
	return l.attemptTime(sip.REGISTER, l.single())
}

// tickStop removes our contact where a registration is held, once no other
// REGISTER is under way there, and tells when all is over.
func (l *Line) tickStop() {
	for i := range l.servers {
		s := int8(i)
		if !l.farewells.has(s) || l.registering(s) >= 0 {
			continue
		}
		l.farewells.remove(s)
		if l.open(s) && !l.offline {
			l.farewell(s, l.single())
		}
	}
	if len(l.txs) == 0 && len(l.requests) == 0 && l.farewells == 0 {
		l.stopped = true
		l.emit(Action{Kind: Stopped})
	}
}

// farewell removes our contact at s.
func (l *Line) farewell(s int8, long bool) {
	l.send(transaction{method: sip.REGISTER, purpose: ForFarewell, server: s, long: long}, 0, 0)
}

// farewellEnded takes the end of the removal t. At boot the first pass waits
// for it (setting `Unregister On Boot`).
func (l *Line) farewellEnded(t transaction, cause Cause, status uint16) {
	switch {
	case l.stopping || !l.pass.on || l.pass.tx != t.tx:
	case cause != NoCause:
		l.passServerFailed(cause, status)
	default:
		l.sendRegister(t.server, l.last(t.server, l.pass.tried))
	}
}
