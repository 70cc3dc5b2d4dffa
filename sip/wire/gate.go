package wire

import (
	"maps"
	"net/netip"
	"slices"
)

// SetServers tells the servers of all lines: their names are resolved, messages
// from all their addresses are taken, and the phone listens on TCP (and TLS, if
// it has a certificate) while one of them uses it. Connections to servers that
// are gone are closed when nothing waits on them.
func (w *Wire) SetServers(servers []Server) {
	set := make(map[Server]bool, len(servers)) // not changed afterwards
	for _, s := range servers {
		set[s] = true
	}
	w.mu.Lock()
	w.servers = set
	w.forgetPongs()
	var idle []*stream
	for _, l := range w.links {
		if !w.wants(l) && l.stream != nil && len(l.flights) == 0 {
			idle = append(idle, l.stream)
		}
	}
	w.mu.Unlock()
	for _, s := range idle {
		s.end(errNotWanted)
	}
	w.vault.keep(set)
	w.openGate()
	w.listen()
	w.pokeAll()
	w.wakeKeeper()
	for _, s := range servers {
		w.resolver.find(s.Host, func([]netip.Addr, error) {})
	}
}

// SetPeers replaces the set of other addresses messages are taken from: routes
// and remote targets of the dialogs that are up.
func (w *Wire) SetPeers(addrs []netip.Addr) {
	w.mu.Lock()
	w.peers = slices.Clone(addrs)
	w.mu.Unlock()
	w.openGate()
}

// At tells whether addr is one of the addresses of s that are known.
func (w *Wire) At(s Server, addr netip.Addr) bool {
	return slices.Contains(w.resolver.known(s.Host), addr.Unmap())
}

// serves tells whether host is a server's.
func (w *Wire) serves(host string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.servers {
		if s.Host == host {
			return true
		}
	}
	return false
}

// openGate computes anew whose messages are taken.
func (w *Wire) openGate() {
	w.gateMu.Lock() // the last one in writes the last gate
	defer w.gateMu.Unlock()
	gate := map[netip.Addr]bool{}
	w.mu.Lock()
	for a := range w.targets {
		gate[a] = false
	}
	for _, a := range w.peers {
		gate[a.Unmap()] = false
	}
	servers := slices.Collect(maps.Keys(w.servers))
	w.mu.Unlock()
	for _, s := range servers {
		for _, a := range w.resolver.known(s.Host) {
			gate[a] = true
		}
	}
	w.gate.Store(&gate)
}

// trusted tells whether messages from a are taken, and whether it is an address
// of a server.
func (w *Wire) trusted(a netip.Addr) (server, ok bool) {
	server, ok = (*w.gate.Load())[a]
	return server, ok
}

// aim counts a flight's target among those whose answers are taken; the caller
// holds mu and calls openGate afterwards if it returns true.
func (w *Wire) aim(a netip.Addr, by int) bool {
	was := w.targets[a]
	if was+by <= 0 {
		delete(w.targets, a)
		return was > 0
	}
	w.targets[a] = was + by
	return was == 0
}
