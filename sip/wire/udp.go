package wire

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// readPause is waited after a read error that is not the end of the socket, so
// that a broken one does not take the processor.
const readPause = 10 * time.Millisecond

// An ErrorReporter is a net.PacketConn that tells by itself which of its
// datagrams met ICMP destination unreachable, as a network in memory does. The
// real socket is asked through its error queue.
type ErrorReporter interface {
	OnICMP(tell func(dst netip.AddrPort, errno syscall.Errno, datagram []byte))
}

// observe makes pc tell its ICMP errors.
func (w *Wire) observe(pc net.PacketConn) (net.PacketConn, error) {
	switch c := pc.(type) {
	case *net.UDPConn:
		return withErrorQueue(c, w.onICMP)
	case ErrorReporter:
		c.OnICMP(w.onICMP)
	}
	return pc, nil
}

// onICMP fails the flight whose datagram met destination unreachable. An error
// that quotes no request of ours that is still unanswered is nobody's: anyone
// can send one.
func (w *Wire) onICMP(dst netip.AddrPort, errno syscall.Errno, datagram []byte) {
	key, ok := quoted(datagram)
	if !ok {
		return
	}
	w.mu.Lock()
	f := w.flights[key]
	ok = f != nil && !f.answered && f.sent.Load().route.Remote == dst
	w.mu.Unlock()
	if ok {
		w.fault(f, ICMP, errno)
	}
}

// readUDP serves the UDP socket until it is closed.
func (w *Wire) readUDP() error {
	buf := make([]byte, 65535)
	for {
		n, from, err := w.udp.ReadFrom(buf)
		switch {
		case w.ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return errors.New("wire: the UDP socket was closed by another")
		case err != nil:
			w.trouble.say("UDP read failed", "err", err)
			select {
			case <-time.After(readPause):
			case <-w.ctx.Done():
			}
			continue
		}
		w.datagram(buf[:n], addrPortOf(from))
	}
}

// datagram handles one datagram.
func (w *Wire) datagram(b []byte, from netip.AddrPort) {
	server, ok := w.trusted(from.Addr())
	if !ok {
		w.strangers.Add(1)
		return
	}
	if len(b) > w.cfg.MaxMessage {
		w.trouble.say("message too large", "from", from, "bytes", len(b))
		return
	}
	if len(bytes.Trim(b, "\r\n\x00 ")) == 0 {
		return // a keep-alive
	}
	w.message(b, Peer{Addr: from, Transport: sip.UDP, Server: server}, nil)
}

// message handles one whole message; s is the connection it came over, or nil.
// It reports whether the message could be read.
func (w *Wire) message(b []byte, from Peer, s *stream) bool {
	msg, err := w.parse(b)
	if err != nil {
		w.trouble.say("message not understood", "from", from.Addr, "err", brief(err))
		return false
	}
	msg.SetTransport(from.Transport.String())
	msg.SetSource(from.Addr.String())
	switch m := msg.(type) {
	case *gosip.Response:
		w.response(m, from, s)
	case *gosip.Request:
		w.request(m, from, s)
	}
	return true
}

// response hands a response to its flight (RFC 3261 §17.1.3: branch and CSeq
// method); one without a flight is dropped.
func (w *Wire) response(res *gosip.Response, from Peer, s *stream) {
	if err := checkResponse(res); err != nil {
		w.trouble.say("response dropped", "from", from.Addr, "err", err)
		return
	}
	branch, _ := res.Via().Params.Get("branch")
	if !w.news.take(s.waiting()) {
		return
	}
	w.mu.Lock()
	f := w.flights[flightKey{branch, res.CSeq().MethodName}]
	if f != nil {
		f.answered = true
		if res.StatusCode >= 200 {
			w.leave(f)
		}
	}
	w.mu.Unlock()
	if f == nil {
		w.news.give()
		return
	}
	w.news.push(true, func() {
		if w.remembers(f) {
			w.handler.OnResponse(f, res, from)
		}
	})
}

// sendUDP sends one datagram. What the network does not take is lost, as any
// datagram may be, unless the error says that the host or every network is out
// of reach.
func (w *Wire) sendUDP(b []byte, to netip.AddrPort) (Fault, error) {
	_, err := w.udp.WriteTo(b, net.UDPAddrFromAddrPort(to))
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, syscall.EMSGSIZE):
		return Invalid, err
	case noRoute(err):
		return w.blame(to.Addr(), ICMP), err
	case hostDown(err):
		return ICMP, err
	default:
		w.trouble.say("datagram not sent", "to", to, "err", err)
		return 0, nil
	}
}

// noRoute tells the errors of a phone without a network.
func noRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.ENODEV)
}

// hostDown tells the errors about one host: ARP without an answer, or a route
// that says unreachable, prohibit or blackhole (ip-route(8)).
func hostDown(err error) bool {
	return errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.EHOSTDOWN) ||
		errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EINVAL)
}

// blame tells what a missing route to a means: the phone has no network if no
// server can be reached, else it is this server's fault.
func (w *Wire) blame(a netip.Addr, fault Fault) Fault {
	w.mu.Lock()
	hosts := make(map[string]uint16, len(w.servers))
	for s := range w.servers {
		hosts[s.Host] = s.Port
	}
	w.mu.Unlock()
	for host, port := range hosts {
		for _, other := range w.resolver.known(host) {
			if other == a {
				continue
			}
			// Not source: a configured address says nothing about the routes.
			if _, err := w.cfg.Source(netip.AddrPortFrom(other, port)); err == nil {
				return fault
			}
		}
	}
	return NoNetwork
}

// source is the local address of packets to remote.
func (w *Wire) source(remote netip.AddrPort) (netip.Addr, error) {
	if w.cfg.Addr.IsValid() && !w.cfg.Addr.IsUnspecified() {
		return w.cfg.Addr.Unmap(), nil
	}
	a, err := w.cfg.Source(remote)
	return a.Unmap(), err
}

// sourceTo asks the kernel: a connected UDP socket has the source address of
// the route, and sends nothing.
func sourceTo(remote netip.AddrPort) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return addrPortOf(c.LocalAddr()).Addr(), nil
}
