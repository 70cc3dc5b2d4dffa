package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"phoned/sip"
)

// maxPerSource bounds the connections from one address.
const maxPerSource = 4

// A listener takes connections that others open.
type listener struct {
	net.Listener
	port uint16
}

// listen opens and closes listeners so that the phone listens on TCP while a
// server uses TCP or takes large requests over it, and on TLS while one uses TLS and there is a certificate: an
// open port that nobody needs tells strangers that the phone exists.
func (w *Wire) listen() {
	w.mu.Lock()
	tcp, secure := w.large(), false
	for s := range w.servers {
		tcp = tcp || s.Transport == sip.TCP
		secure = secure || s.Transport == sip.TLS && w.cfg.Certificate != nil
	}
	w.mu.Unlock()
	w.listenOn(sip.TCP, w.port, tcp)
	port := w.cfg.TLSPort
	if port == 0 {
		port = w.port + 1
	}
	w.listenOn(sip.TLS, port, secure)
}

// listenOn makes the listener of t be there, or not. A port that is taken is
// no reason to stop: servers reach the phone over the connections it opens.
func (w *Wire) listenOn(t sip.Transport, port uint16, wanted bool) {
	w.gateMu.Lock() // one change at a time
	defer w.gateMu.Unlock()
	w.mu.Lock()
	l, open := w.listeners[t.String()]
	if open && !wanted {
		delete(w.listeners, t.String())
	}
	w.mu.Unlock()
	switch {
	case open && !wanted:
		_ = l.Close() // its goroutine ends
		return
	case open || !wanted:
		return
	}
	address := netip.AddrPortFrom(w.cfg.Addr, port).String()
	if !w.cfg.Addr.IsValid() {
		address = ":" + strconv.Itoa(int(port))
	}
	nl, err := w.cfg.Listen(w.ctx, "tcp", address)
	if err != nil {
		w.log.Warn("no connections can be taken", "transport", t, "address", address, "err", err)
		return
	}
	l = listener{nl, addrPortOf(nl.Addr()).Port()}
	w.mu.Lock()
	w.listeners[t.String()] = l
	w.mu.Unlock()
	if !w.spawn(func() { w.accept(l, t) }) {
		_ = l.Close() // closed meanwhile
	}
}

// listens is the port the phone listens on for t, 0 if it does not; the caller
// holds mu.
func (w *Wire) listens(t sip.Transport) uint16 { return w.listeners[t.String()].port }

// accept takes connections until l is closed.
func (w *Wire) accept(l listener, t sip.Transport) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || w.ctx.Err() != nil {
				return
			}
			w.trouble.say("accept failed", "err", err)
			select {
			case <-time.After(readPause):
			case <-w.ctx.Done():
			}
			continue
		}
		w.admit(conn, t)
	}
}

// admits tells whether messages from s are taken, and whether it is a server:
// by the name it was opened to if the phone opened it, else by its address.
func (w *Wire) admits(s *stream) (server, ok bool) {
	if s.link == nil {
		return w.trusted(s.peer.Addr.Addr())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wants(s.link), true
}

// admit begins to serve a connection, or closes it at once.
func (w *Wire) admit(conn net.Conn, t sip.Transport) {
	s := w.newStream(conn, t)
	_, ok := w.admits(s)
	if !ok {
		w.strangers.Add(1)
	}
	w.mu.Lock()
	same := 0
	for other := range w.inbound {
		if other.peer.Addr.Addr() == s.peer.Addr.Addr() {
			same++
		}
	}
	ok = ok && !w.closed && len(w.inbound) < w.cfg.MaxConns && same < maxPerSource
	if ok {
		w.inbound[s] = true
	}
	w.mu.Unlock()
	if !ok {
		if tc, isTCP := conn.(*net.TCPConn); isTCP {
			_ = tc.SetLinger(0) // a reset: no memory is kept for a stranger
		}
		_ = conn.Close() // nothing was sent
		return
	}
	if t != sip.TLS {
		s.start()
		return
	}
	if !w.spawn(func() { w.shakeHands(s) }) {
		s.end(net.ErrClosed)
	}
}

// shakeHands opens TLS as the server.
func (w *Wire) shakeHands(s *stream) {
	tc := tls.Server(s.conn, &tls.Config{Certificates: []tls.Certificate{*w.cfg.Certificate}, MinVersion: tls.VersionTLS12})
	ctx, cancel := context.WithTimeout(w.ctx, messageLimit)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		w.trouble.say("TLS handshake failed", "from", s.peer.Addr, "err", err)
		s.end(err)
		w.gone(s)
		return
	}
	s.conn = tc
	s.start()
}

// gone forgets a connection that another had opened.
func (w *Wire) gone(s *stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.inbound, s)
}
