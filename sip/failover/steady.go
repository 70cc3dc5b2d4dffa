package failover

import "time"

// A smart line fails back only to a primary that is steady, so that one which
// comes and goes costs no calls: it is asked every lookEvery, and has to answer
// every time for steadyTime and this phone's part of returnTime, over which a
// fleet is spread. A look is over, one way or the other, after 2 s: a primary
// that is gone for 10 s can not be missed.
const (
	lookEvery  = 7 * time.Second
	steadyTime = 32 * time.Second
	returnTime = 180 * time.Second
	// relapseTime: a primary lost again so soon after a failback is looked at less
	// often; forgetTime: one that has stayed so long is trusted as at first.
	relapseTime = 10 * time.Minute
	forgetTime  = time.Hour
	maxRelapses = 4
)

// watch is how a smart line looks at the primary before it fails back.
type watch struct {
	on      bool
	pending bool // asked, and not answered yet
	server  int8
	answers uint
	until   time.Duration // steady if it answers until then
}

// steady looks at the primary, once more each time it is due; it tells whether
// the primary has been steady.
func (l *Line) steady() bool {
	w := &l.watch
	switch {
	case !w.on:
		*w = watch{on: true, server: l.probed(), until: l.now + steadyTime + l.splay(returnTime)}
	case w.pending:
		l.steadyFailed(w.server)
		return false
	case w.answers > 0 && l.now >= w.until:
		*w = watch{}
		return true
	}
	w.pending = true
	l.probeAt = l.now + l.lookGap()
	l.emit(Action{Kind: Probe, Server: w.server})
	return false
}

// lookGap is the time between looks: at most lookEvery, and such that the last
// one falls on the end of the watch. Whole steps of lookEvery would bring a
// fleet that looks in step back in lumps.
func (l *Line) lookGap() time.Duration {
	span := steadyTime + l.splay(returnTime)
	looks := (span + lookEvery - 1) / lookEvery
	return (span/looks + time.Millisecond).Truncate(time.Millisecond)
}

// steadyAnswer takes a sign of life from s.
func (l *Line) steadyAnswer(s int8) {
	w := &l.watch
	if !w.on || !w.pending || w.server != s {
		return
	}
	w.pending = false
	w.answers++
	if w.answers == 1 {
		l.decide(Action{Decision: Watch, From: l.active, Server: s, At: w.until})
	}
}

// steadyFailed ends the watch if it is of s.
func (l *Line) steadyFailed(s int8) {
	w := l.watch
	if !w.on || w.server != s {
		return
	}
	l.turn++
	l.restartProbe()
	if w.answers > 0 {
		l.decide(Action{Decision: Unsteady, From: s, Server: l.active, Cause: l.servers[s].cause, At: l.probeAt})
	}
}

// failbackWait is the wait before the next look at the primary, doubled for
// each time it was lost soon after a failback.
func (l *Line) failbackWait() time.Duration {
	d := l.cfg.FailbackInterval
	for range l.relapses {
		d = min(2*d, longest)
	}
	return d
}

// planRelapse notes how the line came to be served by s.
func (l *Line) planRelapse(s, was int8, p pass) {
	switch back := l.backAt; {
	case !l.cfg.Smart || l.same(s, was) || l.exercise.on:
	case l.isPrimary(s):
		l.backAt = Never
		if !p.on { // by a probe; a pass had no choice
			l.backAt = l.now
		}
	case !l.isPrimary(was) || back == Never:
	case l.now-back < relapseTime:
		l.relapses = min(l.relapses+1, maxRelapses)
		at := l.now + l.failbackWait()
		l.decide(Action{Decision: Relapse, From: was, Server: s, At: at})
		l.emit(Action{Kind: Notice, Notice: Postponed, Server: was, At: at})
	case l.now-back > forgetTime:
		l.relapses = 0
	}
}
