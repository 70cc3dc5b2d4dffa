package failover

import "phoned/sip"

// A server has one target or more: what its name stands for in DNS (RFC 3263).
// Target t of server i has index i*per + t, so that with one target each an
// index is that of the server.

// per is how many targets of each server are kept apart.
func (l *Line) per() int8 { return int8(l.cfg.Targets) }

// same tells whether two targets belong to one server.
func (l *Line) same(a, b int8) bool { return a/l.per() == b/l.per() }

// isPrimary tells whether s belongs to Server 1.
func (l *Line) isPrimary(s int8) bool { return s < l.per() }

// primary is the target of Server 1 to start at: the best one that is told;
// one that is known to be down only if all are (a smart line).
func (l *Line) primary() int8 {
	best := none
	for _, s := range l.order {
		if !l.isPrimary(s) {
			continue
		}
		if best == none || l.cfg.Smart && l.servers[best].down && !l.servers[s].down {
			best = s
		}
	}
	return max(best, 0)
}

// probed is the target of Server 1 that the next probe looks at: each in turn.
func (l *Line) probed() int8 {
	n := uint(0)
	for _, s := range l.order {
		if l.isPrimary(s) {
			n++
		}
	}
	if n == 0 {
		return 0
	}
	turn := l.turn % n
	for _, s := range l.order {
		if !l.isPrimary(s) {
			continue
		}
		if turn == 0 {
			return s
		}
		turn--
	}
	return 0
}

// primaries are the targets of Server 1.
func (l *Line) primaries() set { return 1<<uint8(l.per()) - 1 }

// told tells whether s is among the targets that are told at present.
func (l *Line) isTold(s int8) bool {
	for _, t := range l.order {
		if t == s {
			return true
		}
	}
	return false
}

// current is s, or the best target of its server that is told, if s is not told
// any more; then any target at all.
func (l *Line) current(s int8) int8 {
	if l.isTold(s) {
		return s
	}
	for _, t := range l.order {
		if l.same(s, t) {
			return t
		}
	}
	return l.primary()
}

// targets takes the addresses of a server as they are now. What is under way
// to one that is gone goes on.
func (l *Line) targets(e Event) {
	if len(l.servers) == 0 {
		return
	}
	i := int(l.valid(e.Server)) / l.cfg.Targets
	was := l.ranks[i]
	l.ranks[i] = e.Order
	if l.arrange() == 0 { // a line without any target could not even fail
		l.ranks[i] = was
		l.arrange()
		return
	}
	for t := range l.cfg.Targets {
		s := &l.servers[i*l.cfg.Targets+t]
		switch {
		case e.Reliable>>t&1 == 0:
			s.transport = sip.UDP
		case !s.transport.Reliable():
			s.transport = sip.TCP
		}
	}
	if l.cfg.Smart {
		l.resolved(i)
	}
}

// resolved forgets that a server's name was not known: that says nothing of the
// addresses it has now. Nobody waits for the next attempt then.
func (l *Line) resolved(i int) {
	first, nameless := i*l.cfg.Targets, false
	for s := first; s < first+l.cfg.Targets; s++ {
		if v := &l.servers[s]; v.down && v.cause == NoName {
			v.down, v.cause, nameless = false, NoCause, true
		}
	}
	if nameless && l.started && !l.stopping {
		l.retrySooner(l.current(int8(first)))
	}
}

// arrange writes order anew: all targets of Server 1, then of Server 2 ...
func (l *Line) arrange() int {
	l.order = l.order[:0]
	for i, rank := range l.ranks {
		var seen set
		for range l.cfg.Targets {
			t := int8(rank & 0xf)
			rank = rank>>4 | 0xf<<28
			if t == NoTarget {
				break
			}
			if t < l.per() && !seen.has(t) {
				seen.add(t)
				l.order = append(l.order, int8(i)*l.per()+t)
			}
		}
	}
	return len(l.order)
}
