package ua

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"phoned/sip"
	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/wire"
)

// slotsPerName is how many addresses of a named server a line keeps apart. A
// server that is an IP address has one.
const slotsPerName = 4

// slots are a line's targets: RFC 3263 makes one or more of each server. The
// core knows a target by its number alone, so an address stays in its slot
// while the name has it, and after that while anything uses it: a call set up
// through it ends there.
type slots struct {
	per     int           // slots of each server
	base    []wire.Server // how each server is configured
	queries []dns.Query   // and looked up; the zero value: it is not
	answers []dns.Answer  // what the look-up said last
	failed  []bool        // it has said that there is no target, and nothing else before

	// By target.
	servers []wire.Server    // where it is; the zero value = nowhere
	remotes []netip.AddrPort // the address it answered from last
	keys    []health.Target  // what it is to all lines
	past    []wire.Server    // where it was before
	left    []uint32         // when that was: rising numbers; 0 = never

	leaves   uint32   // how many there have been
	orders   []uint32 // of each server's targets, as told to the core
	reliable []uint8
	waiting  []*transaction // for a name that is being looked up
	crowded  bool           // an address has found no slot
	alone    bool           // the owner knows that there is no redundancy
}

func newSlots(a *agent, conf Line) slots {
	s := slots{per: 1}
	servers := conf.Failover.Servers
	for i, server := range servers {
		if i == 0 && conf.Proxy != nil {
			server = *conf.Proxy // SIPN Proxy Addr: another way, the same URIs
		}
		s.base = append(s.base, conf.reached(i, server))
		var query dns.Query
		if a.resolver != nil && !isAddress(server.Host) {
			query = dns.Query{Host: server.Host, Port: server.Port, Transport: server.Transport, Mode: conf.DNS}
			if conf.DNS != dns.ByAddress && server.Port == server.Transport.Port() {
				// RFC 3263 §4.2: a port leaves no choice to SRV. The settings give one
				// always; the default one is as good as none.
				query.Port = 0
			}
			// As many as the core can tell apart, over all servers.
			s.per = max(min(slotsPerName, 64/len(servers)), 1)
		}
		s.queries = append(s.queries, query)
	}
	n := len(servers) * s.per
	s.answers, s.failed = make([]dns.Answer, len(servers)), make([]bool, len(servers))
	s.servers, s.remotes, s.keys = make([]wire.Server, n), make([]netip.AddrPort, n), make([]health.Target, n)
	s.past, s.left = make([]wire.Server, n), make([]uint32, n)
	s.orders, s.reliable = make([]uint32, len(servers)), make([]uint8, len(servers))
	for i, base := range s.base {
		s.orders[i] = failover.OrderOf(0)
		if base.Transport.Reliable() {
			s.reliable[i] = 1
		}
		if s.queries[i] == (dns.Query{}) {
			s.put(i*s.per, base)
		} else {
			s.keys[i*s.per] = keyOf(base)
		}
	}
	return s
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(bareHost(host))
	return err == nil
}

// keyOf is what a target is to all lines. A certificate that does not verify is
// evidence for those who trust the same authorities and names.
func keyOf(s wire.Server) health.Target {
	k := health.Target{Transport: s.Transport}
	if addr, err := netip.ParseAddr(bareHost(s.Host)); err == nil {
		k.Addr = netip.AddrPortFrom(addr.Unmap(), s.Port)
	} else {
		k.Name = net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port)))
	}
	if s.Transport == sip.TLS {
		name := s.Name
		if name == "" {
			name = s.Host
		}
		k.Name += "\x00" + name + "\x00" + s.CAFile + "\x00" + s.CertFile
	}
	return k
}

// put gives a slot to a target, or with the zero value to none.
func (l *line) put(target int, server wire.Server) {
	l.slots.put(target, server)
	l.agent.shared.stale, l.agent.shared.need = true, true
	l.ill()
}

func (s *slots) put(target int, server wire.Server) {
	if s.resolved(target) {
		s.leaves++
		s.past[target], s.left[target] = s.servers[target], s.leaves
	}
	s.servers[target], s.remotes[target] = server, netip.AddrPort{}
	s.keys[target] = health.Target{}
	if server != (wire.Server{}) {
		s.keys[target] = keyOf(server)
	}
}

// free is an empty slot of a server for w, or -1. The core remembers of a slot
// what its address has done: w gets the one that it had before, else one that
// nobody had, else the one that was left longest ago.
func (s *slots) free(server int, w wire.Server) int {
	best := -1
	for t := server * s.per; t < (server+1)*s.per; t++ {
		switch {
		case s.resolved(t):
		case s.left[t] > 0 && s.past[t] == w:
			return t
		case best < 0 || s.left[t] < s.left[best]:
			best = t
		}
	}
	return best
}

// home is the configured server that a target of the core belongs to.
func (s *slots) home(target int) int { return target / max(s.per, 1) }

// number is that server as the phone's owner counts: from 1.
func (s *slots) number(target int) int { return s.home(target) + 1 }

// resolved tells whether something can be sent to a target now.
func (s *slots) resolved(target int) bool { return s.servers[target] != (wire.Server{}) }

// has tells whether the core may name a target: it is somewhere, or it stands
// for a name that is still looked up.
func (s *slots) has(target int8) bool {
	if target < 0 || int(target) >= len(s.servers) {
		return false
	}
	return s.resolved(int(target)) || s.keys[target] != (health.Target{})
}

// reach are the targets of a server as they are now.
func (s *slots) reach(server int) []wire.Server {
	if s.queries[server] == (dns.Query{}) {
		return s.base[server : server+1]
	}
	var out []wire.Server
	for _, t := range s.answers[server].Targets {
		w := s.base[server]
		if t.Transport == sip.TLS && w.Name == "" {
			w.Name = w.Host // RFC 5922 §4: the configured name, never what DNS said
		}
		w.Host, w.Port, w.Transport = t.Addr.Addr().Unmap().String(), t.Addr.Port(), t.Transport
		out = append(out, w)
	}
	return out
}

// findServers takes what is known of the line's names already: another line may
// have the same ones.
func (l *line) findServers() {
	for i, q := range l.queries {
		if q != (dns.Query{}) {
			if answer, ok := l.agent.resolver.Known(q); ok {
				l.learn(i, answer)
			}
		}
	}
	l.assign()
	for _, t := range l.targets() {
		l.brief(t)
	}
	l.agent.shared.need = true
	l.ill()
}

// named takes the answer to a query.
func (a *agent) named(q dns.Query, answer dns.Answer) {
	a.log.Debug("resolved", "name", q.String(), "targets", len(answer.Targets), "stale", answer.Stale, "error", answer.Err)
	for _, l := range a.everyLine() {
		found := false
		for i := range l.queries {
			if l.queries[i] == q {
				l.learn(i, answer)
				found = true
			}
		}
		if found {
			l.assign()
		}
	}
	a.tellServers()
	for _, l := range a.everyLine() {
		l.depart()
	}
}

// learn keeps an answer. One without targets takes none away: what was known
// before is an earlier answer, and with one a name has not failed.
func (l *line) learn(server int, answer dns.Answer) {
	if len(answer.Targets) == 0 {
		l.failed[server] = len(l.answers[server].Targets) == 0
		return
	}
	if l.failed[server] { // the core took the name's failure for the first target's
		l.orders[server] = ^uint32(0)
	}
	l.answers[server], l.failed[server] = answer, false
}

// assign gives each target a slot, and tells the core when they have changed.
// What an earlier server of the line has already, same ip, port and transport,
// is tried once.
func (l *line) assign() {
	l.crowded = false
	seen := map[health.Target]bool{}
	own := 0 // backups that have a target of their own
	complete := true
	for i := range l.base {
		all := l.reach(i)
		complete = complete && len(all) > 0
		var wanted []wire.Server
		for _, w := range all {
			k := keyOf(w)
			if k.Addr.IsValid() {
				k.Name = ""
			}
			if !seen[k] {
				seen[k] = true
				wanted = append(wanted, w)
			}
		}
		if i > 0 && len(wanted) > 0 {
			own++
		}
		if len(all) > 0 {
			l.assignServer(i, wanted)
		}
	}
	if len(l.base) > 1 && complete {
		if own == 0 && !l.alone {
			l.tellAlone()
		}
		l.alone = own == 0
	}
}

// assignServer gives the targets of one server their slots.
func (l *line) assignServer(server int, wanted []wire.Server) {
	first := server * l.per
	for t := first; t < first+l.per; t++ {
		if l.resolved(t) && !slices.Contains(wanted, l.servers[t]) && !l.inUse(t) {
			l.put(t, wire.Server{})
		}
	}
	var order, fresh []int
	var reliable uint8
	for _, w := range wanted {
		k := slices.Index(l.servers[first:first+l.per], w)
		if k < 0 {
			t := l.free(server, w)
			if t < 0 {
				l.crowded = true
				continue
			}
			l.put(t, w)
			fresh = append(fresh, t)
			k = t - first
		}
		order = append(order, k)
		if w.Transport.Reliable() {
			reliable |= 1 << k
		}
	}
	packed := failover.OrderOf(order...)
	if packed != l.orders[server] || reliable != l.reliable[server] {
		l.orders[server], l.reliable[server] = packed, reliable
		l.ill()
		l.agent.tell(l, failover.Event{Kind: failover.Targets, Server: int8(first), Order: packed, Reliable: reliable}, nil)
	}
	for _, t := range fresh {
		l.brief(t)
	}
}

// inUse tells whether something goes on at a target: the registration, a
// request, a call.
func (l *line) inUse(target int) bool {
	if l.core.Active() == target && l.core.Registered() {
		return true
	}
	for _, t := range l.txs {
		if t.server == target && !t.waits {
			return true
		}
	}
	for _, c := range l.agent.calls {
		if c.line == l && (c.request != nil && c.server == target || c.dialog.CallID != "" && (c.dialog.Server == target || c.dialog.Way == target)) {
			return true
		}
	}
	return false
}

// depart sends what has waited for a name, or fails it.
func (l *line) depart() {
	var still []*transaction
	for _, t := range l.waiting {
		switch {
		case t.forgotten:
		case l.resolved(t.server):
			t.waits = false
			t.leave()
		case l.failed[l.home(t.server)] || len(l.answers[l.home(t.server)].Targets) > 0:
			t.waits = false
			l.agent.tell(l, failover.Event{Kind: failover.Unreachable, Tx: t.tx, Method: t.method, Server: int8(t.server), Cause: failover.NoName}, nil)
		default:
			still = append(still, t)
		}
	}
	l.waiting = still
}
