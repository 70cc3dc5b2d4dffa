package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"phoned/sip"
)

// addressLimit bounds the connect to one address of a name that has more.
const addressLimit = 4 * time.Second

// A link is the connection to one server: being opened while stream is nil. It
// is found by the whole identity of the server, so that a TLS connection is
// never used for another name than the one that was verified.
type link struct {
	server  Server
	of      Server // the UDP server whose large requests it carries; else the zero value
	stream  *stream
	route   Route
	waiters []*Flight            // they leave when it is open
	flights map[*Flight]struct{} // sent over it, without a final answer
	acks    []sentAck            // the last ones that went over it
	cancel  context.CancelFunc   // ends the opening
	opened  time.Time            // when it was up
	kept    bool                 // it was one of Keep when it ended
	late    int                  // INVITEs given up whose answers it is still read for
	retired bool                 // only for them: it is lost for all else
}

// board sends f over the connection to its server, opening one if needed.
func (w *Wire) board(f *Flight) {
	w.mu.Lock()
	if w.closed || f.over {
		w.mu.Unlock()
		return
	}
	l := w.links[f.Server]
	if l != nil && l.stream != nil {
		f.reused = true
		w.mu.Unlock()
		w.depart(f, l.route, l)
		return
	}
	f.reused = false
	f.link = l
	if l == nil {
		l = w.newLink(f.Server, Server{}, w.cfg.ConnectTimeout)
		f.link = l
	}
	l.waiters = append(l.waiters, f)
	w.mu.Unlock()
}

// newLink begins to open a connection; the caller holds mu, and there is none.
func (w *Wire) newLink(s, of Server, limit time.Duration) *link {
	ctx, cancel := context.WithTimeout(w.ctx, limit)
	l := &link{server: s, of: of, flights: map[*Flight]struct{}{}, cancel: cancel}
	w.links[s] = l
	w.tasks.Go(func() {
		defer cancel()
		w.open(ctx, l)
	})
	return l
}

// open opens l and sends what waits on it, or fails it.
func (w *Wire) open(ctx context.Context, l *link) {
	conn, fault, err := w.connect(ctx, l.server, l.of != (Server{}))
	w.learn(l, fault, err)
	w.mu.Lock()
	wanted := w.links[l.server] == l && !w.closed
	waiters := l.waiters
	l.waiters = nil
	switch {
	case !wanted:
	case err != nil:
		delete(w.links, l.server)
		l.kept = w.reopen(l, false)
	default:
		l.opened = time.Now()
		l.stream = w.newStream(conn, l.server.Transport)
		l.stream.link = l
		l.route = Route{
			Local: l.stream.local, Remote: l.stream.peer.Addr,
			Transport: l.server.Transport, Listen: w.listens(l.server.Transport),
		}
	}
	w.mu.Unlock()
	switch {
	case !wanted:
		if conn != nil {
			_ = conn.Close() // it was not used
		}
	case err != nil:
		for _, f := range waiters {
			if !w.overUDP(f, l) {
				w.fault(f, fault, err)
			}
		}
		if l.kept {
			w.news.push(false, func() { w.handler.OnConnectionLost(l.server, fault, err) })
		}
	default:
		l.stream.start()
		for _, f := range waiters {
			w.depart(f, l.route, l)
		}
	}
}

// connect opens a connection to one of s's addresses, within ctx. large says
// that only TCP is in question, not the server.
func (w *Wire) connect(ctx context.Context, s Server, large bool) (net.Conn, Fault, error) {
	addrs, err := w.resolve(ctx, s.Host)
	if err != nil {
		return nil, NoName, err
	}
	fault := NoName
	err = errNoName
	for i, a := range addrs {
		limit := addressLimit
		if i == len(addrs)-1 {
			limit = w.cfg.ConnectTimeout
		}
		var conn net.Conn
		if conn, fault, err = w.connectTo(ctx, s, netip.AddrPortFrom(a, s.Port), limit); err == nil {
			return conn, 0, nil
		}
		if !large {
			w.resolver.demote(a)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fault, err
}

// connectTo opens a connection to one address: TCP, and for a TLS server the
// handshake. It never falls back from TLS to TCP.
func (w *Wire) connectTo(ctx context.Context, s Server, remote netip.AddrPort, limit time.Duration) (net.Conn, Fault, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := w.cfg.DialContext(ctx, "tcp", remote.String())
	if err != nil {
		fault := Refused
		if noRoute(err) {
			fault = w.blame(remote.Addr(), Refused)
		}
		return nil, fault, fmt.Errorf("connect to %s: %w", remote, err)
	}
	if s.Transport != sip.TLS {
		return conn, 0, nil
	}
	tc, fault, err := w.handshake(ctx, conn, s)
	if err != nil {
		_ = conn.Close() // the handshake's error is the one to tell
		return nil, fault, fmt.Errorf("TLS with %s as %s: %w", remote, s.verified(), err)
	}
	return tc, 0, nil
}

// resolve waits for the addresses of host; only goroutines of links call it.
func (w *Wire) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	type answer struct {
		addrs []netip.Addr
		err   error
	}
	got := make(chan answer, 1)
	w.resolver.find(host, func(addrs []netip.Addr, err error) { got <- answer{addrs, err} })
	select {
	case a := <-got:
		return a.addrs, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("look up %s: %w", host, ctx.Err())
	}
}

// leave takes f off the connection it waits on; the caller holds mu. An opening
// connection nobody waits on is given up. It returns an open one that has no
// more use, for the caller to end.
func (w *Wire) leave(f *Flight) (unused *stream) {
	l := f.link
	if l == nil {
		return nil
	}
	delete(l.flights, f)
	l.waiters = slices.DeleteFunc(l.waiters, func(other *Flight) bool { return other == f })
	switch {
	case w.links[l.server] != l:
	case l.stream == nil && len(l.waiters) == 0 && w.keeping(l.server) == nil:
		l.cancel()
		delete(w.links, l.server)
	case l.stream != nil && len(l.flights) == 0 && !w.wants(l):
		return l.stream
	}
	return nil
}

// lost ends the use of l, whose connection has ended because of err.
func (w *Wire) lost(l *link, err error) {
	why := ending(err)
	w.mu.Lock()
	if l.retired { // all has been told when it was
		delete(w.retired, l)
		w.mu.Unlock()
		return
	}
	if l.late > 0 {
		l.retired = true
		w.retired[l] = true
	}
	if w.links[l.server] == l {
		delete(w.links, l.server)
		l.kept = w.reopen(l, true)
		w.bore(l.stream, why)
	}
	// Who waits with a call in hand is told that the server is dead. Without that a
	// connection may have been forgotten on the way, and a new one decides.
	dead := why == Certificate || w.needs(l) && (why == NoPong || why == TimedOut && !errors.Is(err, errSilent))
	var pending []*Flight
	for f := range l.flights {
		f.link = nil
		pending = append(pending, f)
	}
	l.flights = nil
	acks := l.unsure(err)
	if l.retired {
		l.flights = map[*Flight]struct{}{} // their CANCELs
		l.stream.poke()
	}
	closed := w.closed
	w.mu.Unlock()
	if closed {
		return
	}
	var anew []func()
	if dead {
		acks = nil
	}
	for _, f := range append(acks, pending...) {
		if retry := w.again(f, l, dead, err); retry != nil {
			anew = append(anew, retry)
		}
	}
	if l.of == (Server{}) {
		w.news.push(false, func() { w.handler.OnConnectionLost(l.server, why, err) })
	}
	for _, retry := range anew {
		retry() // after that: an answer on the new connection is later news
	}
}

// again returns how f is sent over a new connection, if l, the one it went over,
// had been up before and it has had no answer; a second time, on a connection
// opened for it and where the server is dead, the loss is the server's failure,
// and that is told.
func (w *Wire) again(f *Flight, l *link, dead bool, err error) (anew func()) {
	w.mu.Lock()
	open := !dead && !f.answered && !f.over && !f.once
	retry := open && f.reused && !f.retried
	retry = retry || f.once && !dead && !f.retried && f.Server.Transport.Reliable()
	f.retried = f.retried || retry
	w.mu.Unlock()
	why := ending(err)
	udp := !f.Server.Transport.Reliable()
	switch {
	case retry && !udp:
		return func() { w.board(f) }
	case retry:
		return func() {
			if !f.PreferTCP || !w.enlarge(f, l.route.Remote) {
				w.overUDP(f, l)
			}
		}
	case udp && open && (why == Reset || why == Closed):
		// What took the connection does not speak SIP over TCP.
		w.learn(l, Refused, err)
		return func() { w.overUDP(f, l) }
	case why == Certificate:
		w.fault(f, Certificate, err)
	default:
		w.fault(f, Refused, fmt.Errorf("connection to %s lost: %w", f.Server.Host, err))
	}
	return nil
}

// pingUDP sends one CRLF. It proves nothing, so it fails nothing.
func (w *Wire) pingUDP(s Server) {
	w.resolver.find(s.Host, func(addrs []netip.Addr, err error) {
		if err == nil {
			_, _ = w.sendUDP([]byte("\r\n"), netip.AddrPortFrom(addrs[0], s.Port))
		}
	})
}
