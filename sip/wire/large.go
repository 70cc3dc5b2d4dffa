package wire

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"phoned/sip"
)

const (
	// largest is what a request over UDP may have where the path's MTU is not known
	// (RFC 3261 §18.1.1).
	largest = 1300
	// largeLimit is how long the connect for a large request may take: the request
	// waits, and over UDP it would be on its way.
	largeLimit = time.Second
	// noTCPFor is how long a server that took no connection is not asked again.
	noTCPFor = 10 * time.Minute
	// ofLarge is the name that no host has and no TCP server needs: a connection
	// for large requests is never shared with a line whose server is on TCP, which
	// has other limits.
	ofLarge = "(large requests)"
	// maxVerdicts bounds the addresses whose TCP is known.
	maxVerdicts = 64
)

// A verdict says whether a UDP server has TCP at the same address and port.
type verdict struct {
	of    Server
	has   bool
	until time.Time // when a "no" is forgotten
}

// enlarge sends f, which is for a UDP server, over TCP to the same address;
// false if it must go over UDP.
func (w *Wire) enlarge(f *Flight, remote netip.AddrPort) bool {
	s := Server{Host: remote.Addr().String(), Port: remote.Port(), Transport: sip.TCP, Name: ofLarge}
	w.mu.Lock()
	v, known := w.verdicts[remote]
	if known && !v.has && !time.Now().Before(v.until) {
		delete(w.verdicts, remote)
		known = false
	}
	switch {
	case f.small || known && !v.has:
		w.mu.Unlock()
		return false
	case w.closed || f.over:
		w.mu.Unlock()
		return true
	}
	l := w.links[s]
	switch {
	case l != nil && l.stream != nil:
		f.reused = true
		w.mu.Unlock()
		w.depart(f, l.route, l)
		return true
	case l == nil:
		l = w.newLink(s, f.Server, largeLimit)
	}
	f.reused = false
	f.link = l
	l.waiters = append(l.waiters, f)
	w.mu.Unlock()
	return true
}

// overUDP sends f over UDP after all, because l, its connection, is not to be
// had; false if f is not one of those.
func (w *Wire) overUDP(f *Flight, l *link) bool {
	if f.Server.Transport.Reliable() {
		return false
	}
	remote, err := netip.ParseAddr(l.server.Host)
	if err != nil {
		return false
	}
	w.mu.Lock()
	f.small = true
	f.link = nil
	w.mu.Unlock()
	w.launch(f, []netip.Addr{remote})
	return true
}

// learn notes whether the server behind a connection for large requests has
// TCP. What the phone itself gave up, or its network prevented, says nothing.
func (w *Wire) learn(l *link, fault Fault, err error) {
	if l.of == (Server{}) || err != nil && (fault != Refused || errors.Is(err, context.Canceled)) {
		return
	}
	remote, perr := netip.ParseAddrPort(l.server.address())
	if perr != nil {
		return
	}
	w.mu.Lock()
	if len(w.verdicts) >= maxVerdicts {
		clear(w.verdicts)
	}
	w.verdicts[remote] = verdict{of: l.of, has: err == nil, until: time.Now().Add(noTCPFor)}
	w.mu.Unlock()
	w.listen() // what such a server has for the phone may come over TCP too
}

// large tells whether a server has TCP beside UDP; the caller holds mu.
func (w *Wire) large() bool {
	for _, v := range w.verdicts {
		if v.has && w.servers[v.of] {
			return true
		}
	}
	return false
}
