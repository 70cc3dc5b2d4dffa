package failover

import "time"

// exercise is the drill under way: the registration walks to another server and
// back while the binding at the first one stands, so that no call is missed.
type exercise struct {
	on    bool
	back  bool // on the way back
	home  int8 // where the line was
	away  int8
	began time.Duration // this leg
}

// drill starts one if the line is registered and idle; else it tells why not.
func (l *Line) drill() {
	away := l.drilled()
	switch {
	case l.exercise.on:
		return // it is the one
	case !l.started || l.stopping || !l.cfg.Register:
	case l.offline:
		l.emit(Action{Kind: Notice, Notice: DrillFailed, Server: l.active, Cause: NoNetwork})
		return
	case away == none || !l.registered || l.pass.on || l.probe != 0 || len(l.requests) > 0:
	default:
		l.exercise = exercise{on: true, home: l.active, away: away, began: l.now}
		l.decide(Action{Decision: DrillStart, From: l.active, Server: away})
		l.second = second{} // the REGISTER there is what is drilled
		l.startPass(pass{first: away, own: true, forced: true, drill: true})
		return
	}
	l.emit(Action{Kind: Notice, Notice: DrillFailed, Server: l.active, Cause: NoCause})
}

// drilled is the best target of another server.
func (l *Line) drilled() int8 {
	for _, s := range l.order {
		if !l.same(s, l.active) && l.open(s) {
			return s
		}
	}
	return none
}

// drillWent takes the end of a leg: the line has registered at s.
func (l *Line) drillWent(s int8) {
	x := &l.exercise
	switch {
	case !x.on:
	case !x.back && s == x.away:
		l.emit(Action{Kind: Notice, Notice: DrillOver, Server: s, Cost: l.now - x.began})
		x.back, x.began = true, l.now
		l.startPass(pass{first: x.home, own: true, forced: true})
	case x.back && s == x.home:
		cost := l.now - x.began
		*x = exercise{}
		l.decide(Action{Decision: DrillEnd, From: none, Server: s, Cost: cost})
		l.emit(Action{Kind: Notice, Notice: DrillDone, Server: s, Cost: cost})
	default: // something else has moved the line
		l.drillFailed(NoCause, 0)
	}
}

// drillFailed ends the drill: the server asked did not register the line, which
// stays where it is.
func (l *Line) drillFailed(cause Cause, status uint16) {
	x := l.exercise
	l.exercise = exercise{}
	if !x.on {
		return
	}
	s := x.away
	if x.back {
		s = x.home
	}
	l.decide(Action{Decision: DrillEnd, From: s, Server: l.active, Cause: cause, Status: status, Cost: l.now - x.began})
	l.emit(Action{Kind: Notice, Notice: DrillFailed, Server: s, Cause: cause, Status: status, Cost: l.now - x.began})
	if l.registered {
		l.tell(Action{Phase: Registered, Server: l.active})
	}
}

// endDrill makes an ordinary pass of the one that a drill has begun: something
// else needs it now.
func (l *Line) endDrill() {
	if l.pass.on && l.pass.drill {
		l.pass.drill = false
		l.drillFailed(NoCause, 0)
	}
}
