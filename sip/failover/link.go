package failover

import (
	"time"

	"phoned/sip"
)

// shortLife: a connection that is lost again so soon after a registration says
// that its server does not stay.
const shortLife = 60 * time.Second

// connectionLost takes the end of an idle connection: no evidence. "After 1-2 s
// (uniform) the phone reconnects and REGISTERs at the same server."
// Where a call goes over it, somebody waits: for the answer, or to be heard.
func (l *Line) connectionLost(s int8, urgent bool) {
	if l.registered && s == l.active && l.servers[s].transport.Reliable() && l.reconnectAt == Never && !l.stopping {
		if l.comesAndGoes(s) {
			l.leave(s, Refused, 0, false)
			return
		}
		l.reconnectAt = l.now + l.rand.between(time.Second, 2*time.Second)
		switch {
		case !l.cfg.Smart:
		case urgent || len(l.requests) > 0:
			l.reconnectAt = l.now
		default: // a server that restarts has lost all its phones at once
			l.reconnectAt = l.now + l.splay(splayTime)
		}
		l.decide(Action{Decision: Reconnect, From: none, Server: s, At: l.reconnectAt})
	}
}

// comesAndGoes tells whether a smart line has lost its connection to s again so
// soon that waiting for it each time would be no service at all.
func (l *Line) comesAndGoes(s int8) bool {
	if !l.cfg.Smart || l.now-l.registeredAt >= shortLife || l.pass.on || len(l.requests) > 0 {
		return false
	}
	next := l.next(none, set(0).with(s))
	return next != none && !l.servers[next].down
}

// linkDown takes the loss of our own link: "all servers fail together, so no
// failover and no growth of back-off".
func (l *Line) linkDown() {
	if l.offline {
		return
	}
	l.offline = true
	l.linkFirst = l.resumeAt()
	l.pass = pass{}
	l.dropOwn()
	l.lose(l.active)
	l.retryAt, l.linkAt = Never, Never
	l.watch, l.second = watch{}, second{}
	l.drillFailed(NoNetwork, 0)
	l.decide(Action{Decision: LinkLost, From: l.active, Server: l.active, Cause: NoNetwork})
	for i := 0; i < len(l.requests); i++ {
		switch r := &l.requests[i]; {
		case r.inDialog && r.state == parked:
			l.requestDone(i, Action{Tx: r.tx, Server: r.first, Cause: NoNetwork})
			i--
		case r.inDialog: // it may outlast a short interruption
		case r.method == sip.BYE && l.stopping:
			l.drop(r.tx)
			l.requestLost(i, Action{Server: r.first, Cause: NoNetwork})
			i--
		case r.method == sip.BYE:
			l.drop(r.tx)
			l.stall(i)
		case r.state == asking && l.ringing(r.tx):
			// After a 1xx no timer moves the INVITE, nor does this.
		default:
			l.endDial(i, NoNetwork)
			i--
		}
	}
	if !l.stopping {
		l.tell(Action{Phase: Offline, Cause: NoNetwork, Server: l.active})
	}
}

// resumeAt is where the registration starts after link-up: where it was held,
// else at the primary as after any failed pass.
func (l *Line) resumeAt() int8 {
	if l.registered {
		return l.active
	}
	return l.primary()
}

// ringing tells whether the INVITE tx has had a provisional answer.
func (l *Line) ringing(tx Tx) bool {
	i := l.find(tx)
	return i >= 0 && l.txs[i].state == proceeding
}

// dropOwn ends the transactions of the line itself. A probe that was cut short
// is made up for after the next registration.
func (l *Line) dropOwn() {
	for i := 0; i < len(l.txs); i++ {
		if l.txs[i].purpose != ForUser {
			l.abandon(i)
			i--
		}
	}
	if l.probe != 0 {
		l.probe, l.probeAt = 0, l.now
	}
	l.keepAlive = 0
}

// linkUp takes the return of our own link, or a change of address. "Register
// after a uniform 0-2 s."
func (l *Line) linkUp() {
	was := l.offline
	l.offline = false
	for i := range l.txs { // what has waited at 100 Trying is thought about again
		if t := &l.txs[i]; was && t.bare && t.state == proceeding {
			t.doubt, t.doubtAt = trusting, l.now+t.patience
		}
	}
	for i := 0; was && i < len(l.requests); i++ {
		if l.requests[i].state == stalled {
			l.begin(i)
			i = -1
		}
	}
	switch {
	case l.stopping || !l.started:
		if was && !l.stopping {
			l.tell(Action{Phase: Idle})
		}
		return
	case !l.cfg.Register:
		l.tell(Action{Phase: Idle})
		return
	case !was:
		l.linkFirst = l.resumeAt()
	}
	l.linkAt = l.now
	if !l.cfg.Smart { // "after link-up register after a uniform 0-2 s"
		l.linkAt += l.rand.between(0, 2*time.Second)
	}
	l.decide(Action{Decision: LinkBack, From: none, Server: l.linkFirst, At: l.linkAt})
	if was {
		l.tell(Action{Phase: Waiting, Server: l.linkFirst, Cause: NoNetwork, At: l.linkAt})
	}
}
