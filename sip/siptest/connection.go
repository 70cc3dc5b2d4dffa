package siptest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// A streamConn is a TCP or TLS connection of a station with a writer of its
// own, so that a peer that does not read stops nobody else.
type streamConn struct {
	flow   flow
	out    chan []byte
	done   chan struct{} // closed by close
	closed bool          // guarded by the station's lock
	conn   net.Conn      // nil until it is up; guarded by the station's lock
}

// put queues raw; a peer that does not read for long loses it.
func (c *streamConn) put(raw []byte) {
	select {
	case c.out <- raw:
	default:
	}
}

// close ends the connection; the station's lock is held.
func (c *streamConn) close() {
	if c.closed {
		return
	}
	c.closed = true
	close(c.done)
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

func (s *station) accept(l net.Listener, b Bind) {
	defer s.readers.Done()
	for {
		c, err := l.Accept()
		if err != nil {
			if isClosed(err) {
				return
			}
			continue
		}
		if b.Transport == "TLS" {
			c = tls.Server(c, b.TLS)
		}
		s.mu.Lock()
		if s.open {
			s.adopt(b.Transport, c)
		} else {
			_ = c.Close()
		}
		s.mu.Unlock()
	}
}

// adopt serves a connection that is up; the lock is held.
func (s *station) adopt(transport string, conn net.Conn) {
	c := newStreamConn(transport, addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr()))
	c.conn = conn
	s.streams[c.flow.remote] = c
	s.readers.Add(2)
	go s.readStream(c, conn)
	go s.writeStream(c, conn)
}

func newStreamConn(transport string, local, remote netip.AddrPort) *streamConn {
	c := &streamConn{out: make(chan []byte, 256), done: make(chan struct{})}
	c.flow = flow{transport, local, remote, c}
	return c
}

// drop ends a connection and forgets it.
func (s *station) drop(c *streamConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.close()
	if s.streams[c.flow.remote] == c {
		delete(s.streams, c.flow.remote)
	}
}

func (s *station) readStream(c *streamConn, conn net.Conn) {
	defer s.readers.Done()
	defer s.drop(c)
	stream := gosip.NewParser().NewSIPStream()
	defer stream.Close()
	b := make([]byte, 65535)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return
		}
		data := b[:n]
		// RFC 5626 §3.5.1: a double CRLF is a ping, a single one its pong.
		if string(data) == "\r\n\r\n" {
			s.arrived(c.flow, append([]byte(nil), data...))
			s.pong(c)
			continue
		}
		err = stream.ParseSIPStream(data, func(msg gosip.Message) {
			if m, ok := msg.(interface{ String() string }); ok {
				s.arrived(c.flow, []byte(m.String()))
			}
		})
		if err != nil && !errors.Is(err, gosip.ErrParseSipPartial) {
			return
		}
	}
}

func (s *station) pong(c *streamConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.silent {
		c.put([]byte("\r\n"))
	}
}

func (s *station) writeStream(c *streamConn, conn net.Conn) {
	defer s.readers.Done()
	for {
		select {
		case raw := <-c.out:
			_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if _, err := conn.Write(raw); err != nil {
				s.drop(c)
				return
			}
		case <-c.done:
			return
		}
	}
}

// dial opens a connection to a peer that has none; the lock is held. What is
// written before it is up waits in its queue; if it never comes up that is lost.
func (s *station) dial(transport string, to netip.AddrPort) (flow, error) {
	if transport != "TCP" {
		return flow{}, fmt.Errorf("siptest: no %s connection to %s is open", transport, to)
	}
	local := s.addr("TCP")
	if !local.IsValid() {
		local = s.udpAddr
	}
	c := newStreamConn(transport, local, to)
	s.streams[to] = c
	s.readers.Add(1)
	go func() {
		defer s.readers.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		defer cancel()
		conn, err := s.host.Dial(ctx, netip.AddrPortFrom(local.Addr(), 0), to)
		if err != nil {
			s.drop(c)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.closed {
			_ = conn.Close()
			return
		}
		c.conn = conn
		s.readers.Add(2)
		go s.readStream(c, conn)
		go s.writeStream(c, conn)
	}()
	return c.flow, nil
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
