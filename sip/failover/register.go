package failover

import (
	"time"

	"phoned/sip"
)

// minRefresh keeps a registrar that grants next to nothing from being flooded.
const minRefresh = time.Second

// start begins service. "At start the active server is the primary."
func (l *Line) start() {
	if l.started || l.stopping {
		return
	}
	l.started = true
	l.boot = l.cfg.UnregisterOnBoot
	if !l.cfg.Register || l.offline {
		return
	}
	l.startPass(pass{first: l.primary(), own: true, forced: true})
}

// registerNow starts a pass at the primary, or joins the one under way.
func (l *Line) registerNow() {
	if !l.started || l.stopping || l.offline {
		return
	}
	switch {
	case !l.cfg.Register:
		l.active, l.probeAt = l.primary(), Never
	case l.pass.on:
		l.endDrill()
		l.pass.own, l.pass.quiet = true, false
		l.retryAt = Never
		l.hurry()
	default:
		l.startPass(pass{first: l.primary(), own: true, forced: true})
	}
}

// registerAnswered takes the final answer to REGISTER t: that of the pass, or
// one that the line waits for before it stops. Others are forgotten already, so
// that a late answer changes nothing.
func (l *Line) registerAnswered(t transaction, e Event, ok bool) {
	switch {
	case l.stopping && ok:
		l.farewells.add(t.server)
	case l.stopping:
	case ok:
		l.registerAccepted(t.server, e.Expires)
	default:
		l.registerRefused(t.server, e)
	}
}

// registerFailed takes the failure of such a REGISTER.
func (l *Line) registerFailed(cause Cause, status uint16) {
	if !l.stopping {
		l.passServerFailed(cause, status)
	}
}

// registerAccepted makes s, which granted a registration, the active server.
func (l *Line) registerAccepted(s int8, granted time.Duration) {
	if granted <= 0 {
		granted = l.servers[s].ask
	}
	granted = min(granted, longest)
	was, troubled, held := l.active, l.troubled, l.registered
	p := l.pass
	l.pass = pass{}
	l.planStandby(s)
	l.active, l.registered, l.registeredAt = s, true, l.now
	l.failed, l.refused, l.troubled = 0, 0, false
	l.retryAt, l.reconnectAt = Never, Never
	l.expiresAt = l.now + granted
	l.refreshAt = l.now + l.refreshWait(granted)
	l.planKeepAlive(s != was)
	l.planWarmth(s != was, p)
	l.planRelapse(s, was, p)
	l.planProbe(p.asked)
	if l.cfg.Smart && s != was { // a fleet that has moved together does not refresh together for ever
		l.refreshAt = l.now + l.rand.between(min(granted/2, l.refreshWait(granted)), l.refreshWait(granted))
	}
	l.tell(Action{Phase: Registered, Server: s})
	if troubled {
		l.emit(Action{Kind: Notice, Notice: Recovered, Server: s})
	}
	if s != was || !held {
		d := Action{Decision: LineServed, From: was, Server: s, Method: sip.REGISTER, At: l.NextLook()}
		switch {
		case s == was:
			d.From = none
		case l.isPrimary(s) && !l.isPrimary(was):
			d.Decision = FailBack
		}
		if p.on {
			d.Cost = l.now - p.began
		}
		l.decide(d)
	}
	switch {
	case l.same(s, was), l.exercise.on:
	case l.isPrimary(s):
		l.emit(Action{Kind: Notice, Notice: MovedBack, Server: s})
	default:
		l.emit(Action{Kind: Notice, Notice: MovedOver, Server: s})
	}
	l.releaseParked(s)
	l.drillWent(s)
}

// refreshWait is when a registration of lifetime d is refreshed: so early that
// a whole pass fits in before it ends, yet not before half of it is over.
func (l *Line) refreshWait(d time.Duration) time.Duration {
	sum := l.cfg.Timers.Timeout()
	for range len(l.servers) - 1 {
		sum += l.attemptTime(sip.REGISTER, false)
	}
	return max(d/2, d-sum-5*time.Second, minRefresh)
}

// registerRefused ends a pass at s, which is alive and does not want us. "Show
// the reason, stay, try again after Reg Fail Interval with back-off": a wrong
// password does not wander over the servers.
func (l *Line) registerRefused(s int8, e Event) {
	p := l.pass
	l.pass = pass{}
	l.failed = 0
	l.drillFailed(Answered, e.Status)
	if p.drill {
		return // the registration that is held stands
	}
	if l.registered && s != l.active {
		// Asked by hand; the registration at the backup stands.
		l.planProbe(p.asked)
		l.emit(Action{Kind: Notice, Notice: Refusal, Server: s, Status: e.Status, Cause: Answered, At: planned(l.probeAt)})
	} else {
		l.lose(s)
		l.refused++
		l.retryAt = l.now + l.refusalWait(e.RetryAfter)
		l.tell(Action{Phase: Rejected, Server: s, Status: e.Status, Cause: Answered, At: l.retryAt})
		l.emit(Action{Kind: Notice, Notice: Refusal, Server: s, Status: e.Status, Cause: Answered, At: l.retryAt})
	}
	l.releaseRefused(s)
}

// planned is a time as an Action tells it: 0 = not planned.
func planned(at time.Duration) time.Duration {
	if at == Never {
		return 0
	}
	return at
}

// registrationDue is when the registration goes on by itself.
func (l *Line) registrationDue() time.Duration {
	if l.offline || !l.started {
		return Never
	}
	d := min(l.expiresAt, l.retryAt)
	if l.pass.wait != 0 {
		d = min(d, l.pass.wait)
	}
	if !l.pass.on {
		d = min(d, l.refreshAt, l.linkAt, l.reconnectAt)
	}
	return d
}

// tickRegistration does what is due.
func (l *Line) tickRegistration() {
	if l.registrationDue() > l.now {
		return
	}
	if l.expiresAt <= l.now {
		l.expire()
	}
	switch {
	case l.waiting() && l.pass.wait <= l.now:
		l.hurry()
	case l.pass.on:
		if l.retryAt <= l.now { // the wait is over: it joins the pass under way
			l.pass.own = true
			l.retryAt = Never
		}
	case l.retryAt <= l.now:
		l.startPass(pass{first: l.primary(), own: true})
	case l.linkAt <= l.now:
		l.startPass(pass{first: l.current(l.linkFirst), own: true})
	case l.refreshAt <= l.now, l.reconnectAt <= l.now:
		l.startPass(pass{first: l.current(l.active), own: true, quiet: true, splayed: l.reconnectAt != Never})
	}
}

// expire ends a registration that could not be refreshed in time.
func (l *Line) expire() {
	at := l.refreshAt
	if at == Never {
		at = l.now
	}
	l.lose(l.active)
	if l.pass.on {
		l.tell(Action{Phase: Trying, Server: l.pass.at})
		return
	}
	l.retryAt = min(l.retryAt, max(at, l.now))
	l.tell(Action{Phase: Waiting, Server: l.active, Cause: Answered, Status: 503, At: l.retryAt})
}
