package failover

import (
	"time"

	"phoned/sip"
)

// A smart line keeps the next server warm: name resolved, connection open,
// challenge known, so that a move there costs one round trip. warmEvery is
// below the life of a nonce at the registrars in use (Kamailio: 300 s).
const (
	warmSoon  = 5 * time.Second
	warmEvery = 240 * time.Second
)

// warmed is the server that is kept warm: the best one that is not the active
// one.
func (l *Line) warmed() int8 {
	best := none
	for _, s := range l.order {
		switch {
		case s == l.active || !l.open(s):
		case !l.same(s, l.active):
			return s
		case best == none:
			best = s
		}
	}
	return best
}

// planWarmth sets the timer after the registration by pass p; moved tells that
// it is at another server. What a whole fleet does at once is spread.
func (l *Line) planWarmth(moved bool, p pass) {
	switch {
	case !l.cfg.Smart || l.cfg.Standby || l.warmed() == none:
		l.warmAt = Never
	case moved || l.warmAt == Never:
		l.warmAt = l.now + time.Second + l.rand.between(0, warmSoon-time.Second)
		if !p.on || p.quiet || p.splayed {
			l.warmAt = l.now + l.rand.between(0, warmEvery)
		}
	}
}

// warmthDue is when it is due.
func (l *Line) warmthDue() time.Duration {
	if !l.registered || l.offline || l.pass.on {
		return Never
	}
	return l.warmAt
}

// tickWarmth asks for a challenge (RFC 3261 §10.2.3: a REGISTER without Contact
// binds nothing).
func (l *Line) tickWarmth() {
	if l.warmAt > l.now || l.warmthDue() > l.now {
		return
	}
	l.warmAt = l.now + l.rand.between(warmEvery*4/5, warmEvery)
	if s := l.warmed(); s != none && l.registering(s) < 0 {
		l.cool(s)
		l.send(transaction{method: sip.REGISTER, purpose: ForWarmth, server: s}, 0, 0)
	}
}

// cool ends such a question to s: a real REGISTER follows, or another one.
func (l *Line) cool(s int8) {
	for i := range l.txs {
		if t := &l.txs[i]; t.purpose == ForWarmth && t.server == s {
			l.abandon(i)
			return
		}
	}
}

// doubtWarmth asks whether s is alive that has left such a question unanswered:
// its few copies prove nothing on a network that loses some.
func (l *Line) doubtWarmth(s int8) {
	if !l.servers[s].down && !l.stopping && !l.offline {
		l.emit(Action{Kind: Probe, Server: s})
	}
}
