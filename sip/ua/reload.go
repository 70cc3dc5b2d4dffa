package ua

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/wire"
)

// leaveTime is how long a line that is replaced may take to unregister before
// the new one begins without waiting for it.
const leaveTime = 4 * time.Second

// reload replaces the lines that differ. One that can not work is refused, and
// the line stays as it is.
func (a *agent) reload(lines []Line) {
	wanted := map[int]Line{}
	for _, conf := range lines {
		if err := checkLine(conf); err != nil {
			a.log.Error("line not changed", "line", conf.Number, "error", err)
			if l := a.lines[conf.Number]; l != nil {
				wanted[conf.Number] = l.conf
			}
			continue
		}
		wanted[conf.Number] = conf
	}
	for _, l := range a.inOrder() {
		conf, ok := wanted[l.conf.Number]
		if !ok {
			conf = Line{Number: l.conf.Number}
		}
		if reflect.DeepEqual(l.conf, conf) {
			l.next = nil
			continue
		}
		l.next = &conf
		a.changing = true
	}
	for l := range a.leaving {
		if conf, ok := wanted[l.conf.Number]; ok {
			l.next = &conf
		} else {
			l.next = nil
		}
	}
	for _, n := range slices.Sorted(maps.Keys(wanted)) {
		if a.lines[n] == nil && !a.isLeaving(n) {
			a.begin(wanted[n])
		}
	}
	a.tellServers()
}

// leaves tells whether a configuration means the end of the line.
func (l *Line) leaves() bool { return !l.Enabled }

func (a *agent) isLeaving(number int) bool {
	for l := range a.leaving {
		if l.conf.Number == number {
			return true
		}
	}
	return false
}

// begin puts a line into service.
func (a *agent) begin(conf Line) {
	if !conf.Enabled || a.stopping {
		return
	}
	l := newLine(a, conf)
	a.lines[conf.Number] = l
	a.sortLines()
	l.findServers()
	a.tellServers()
	if a.offline {
		a.tell(l, failover.Event{Kind: failover.LinkDown}, nil)
	}
	a.tell(l, failover.Event{Kind: failover.Start}, nil)
}

// leave takes a line out of service: it unregisters.
func (a *agent) leave(l *line) {
	delete(a.lines, l.conf.Number)
	a.sortLines()
	a.leaving[l] = struct{}{}
	l.leaveBy = a.now() + leaveTime
	a.tell(l, failover.Event{Kind: failover.Stop}, nil)
}

// wake begins the line that has waited for l to leave.
func (a *agent) wake(l *line) {
	if next := l.next; next != nil {
		l.next = nil
		if a.lines[next.Number] == nil {
			a.begin(*next)
		}
	}
	a.tellServers()
}

// tidy forgets the calls that are over and changes the lines that waited for
// that.
func (a *agent) tidy() {
	for _, c := range a.calls {
		if c.over() {
			a.drop(c)
			if c.line.crowded && !c.line.gone {
				c.line.assign() // a slot has become free, maybe
				a.tellServers()
			}
		}
	}
	if a.changing {
		a.changing = false
		for _, l := range a.inOrder() {
			switch {
			case l.next == nil:
			case l.hasCalls():
				a.changing = true
			default:
				a.leave(l)
			}
		}
	}
	for l := range a.leaving {
		if a.now() >= l.leaveBy {
			l.log.Debug("unregistering takes too long")
			l.stopped()
		}
	}
	a.tellPeers()
	a.tellNeed()
	a.tellHealth()
}

// inOrder are the lines in service by number. The slice is never changed, also
// while lines come and go.
func (a *agent) inOrder() []*line { return a.order }

// sortLines puts the lines in service in order again.
func (a *agent) sortLines() {
	a.order = slices.SortedFunc(maps.Values(a.lines), func(x, y *line) int { return cmp.Compare(x.conf.Number, y.conf.Number) })
	a.shared.stale = true
}

// tellServers tells the wire all servers of all lines, and the resolver their
// names.
func (a *agent) tellServers() {
	var servers []wire.Server
	var queries []dns.Query
	for _, l := range a.everyLine() {
		servers = append(servers, l.servers...)
		queries = append(queries, l.queries...)
	}
	a.shared.stale = true
	a.wire.SetServers(distinct(servers))
	if queries = distinct(queries); a.resolver != nil && !slices.Equal(queries, a.watched) {
		a.watched = queries
		a.resolver.Watch(slices.Clone(queries))
	}
}

// distinct are the values of s but the zero one, each once.
func distinct[T comparable](s []T) []T {
	var zero T
	seen := map[T]bool{zero: true}
	return slices.DeleteFunc(s, func(v T) bool {
		again := seen[v]
		seen[v] = true
		return again
	})
}
