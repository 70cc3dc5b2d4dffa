package ua

import (
	"slices"

	"phoned/sip/wire"
)

// needs are the connections that the wire is told to watch closely, because a
// call or a request waits on them, and to keep open ahead of need.
type needs struct{ busy, kept []wire.Server }

// A load is how many requests wait for an answer over a connection.
type load struct {
	server wire.Server
	n      int
}

// lean counts a request that waits on a connection, or no longer does.
func (s *shared) lean(server wire.Server, by int) {
	s.need = true
	i := slices.IndexFunc(s.busy, func(b load) bool { return b.server == server })
	if i < 0 {
		s.busy = append(s.busy, load{server: server})
		i = len(s.busy) - 1
	}
	if s.busy[i].n += by; s.busy[i].n <= 0 {
		s.busy = slices.Delete(s.busy, i, i+1)
	}
}

// tellNeed tells the wire which connections matter now.
func (a *agent) tellNeed() {
	s := &a.shared
	if !s.need && len(a.calls) == 0 {
		return
	}
	busy := a.busyServers()
	if !sameSet(busy, s.told.busy) {
		s.told.busy = slices.Clone(busy)
		a.wire.SetBusy(slices.Clone(busy))
	}
	if !s.need {
		return
	}
	s.need = false
	if kept := a.keptServers(); !sameSet(kept, s.told.kept) {
		s.told.kept = kept
		a.wire.Keep(slices.Clone(kept))
	}
}

// busyServers are the connections that a smart line waits on.
func (a *agent) busyServers() []wire.Server {
	var out []wire.Server
	for _, b := range a.shared.busy {
		out = append(out, b.server)
	}
	for _, c := range a.calls {
		if !c.up || c.ended || c.line.gone || !c.line.conf.Failover.Smart || !c.line.has(int8(c.dialog.Way)) {
			continue
		}
		if w := c.line.servers[c.dialog.Way]; w.Transport.Reliable() && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// keptServers are the connections a smart line keeps open: to where it is, and
// to the best target of each other server.
func (a *agent) keptServers() []wire.Server {
	var out []wire.Server
	add := func(l *line, target int) {
		if w := l.servers[target]; w.Transport.Reliable() && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, l := range a.order {
		if !l.conf.Failover.Smart || !l.conf.Failover.Register {
			continue
		}
		last := -1
		for _, t := range l.targets() {
			if l.home(t) != last {
				last = l.home(t)
				add(l, t)
			}
		}
		add(l, l.core.Active())
	}
	return out
}

// sameSet compares two lists without repetitions.
func sameSet(a, b []wire.Server) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(w wire.Server) bool { return !slices.Contains(b, w) })
}
