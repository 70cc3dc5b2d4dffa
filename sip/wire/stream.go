package wire

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"phoned/sip"
)

const (
	// messageLimit bounds the time from the first byte of a message to its last.
	messageLimit = 10 * time.Second
	// idleLimit ends a connection that others opened and do not use.
	idleLimit = 10 * time.Minute
	// writeLimit bounds one write, writeQueue the messages that wait for it.
	writeLimit = 10 * time.Second
	writeQueue = 64
	// lastWords is how long a connection that takes no data is still read.
	lastWords = 200 * time.Millisecond
)

var (
	errSlow     = errors.New("a message did not arrive whole in time")
	errStuck    = errors.New("the peer takes no more data")
	errNoPong   = errors.New("no answer to a keep-alive")
	errGarbage  = errors.New("not SIP")
	errStranger = errors.New("the peer is no longer known")
)

// A stream is one TCP or TLS connection: a goroutine that reads, one that
// writes, and a queue, so that nobody waits for a peer.
type stream struct {
	w     *Wire
	conn  net.Conn // to read from and write to: raw, or TLS over it
	raw   net.Conn
	local netip.AddrPort
	peer  Peer
	link  *link // nil if another opened it

	out  chan []byte
	done chan struct{}
	once sync.Once
	err  error // why it ended; read after done is closed

	// For watch.
	asked    atomic.Bool   // a ping waits for its pong
	ponged   atomic.Bool   // a pong has come
	arrivals atomic.Uint64 // reads that brought something
	held     atomic.Bool   // what came waits for the Handler
	prompt   atomic.Bool   // a ping is wanted now
	pings    atomic.Uint64 // sent
	lastPing atomic.Int64  // when, in Unix ns
	changed  chan struct{} // what the connection is needed for may have changed
}

// newStream prepares the use of conn.
func (w *Wire) newStream(conn net.Conn, t sip.Transport) *stream {
	return &stream{
		w: w, conn: conn, raw: socketOf(conn), local: addrPortOf(conn.LocalAddr()),
		peer: Peer{Addr: addrPortOf(conn.RemoteAddr()), Transport: t},
		out:  make(chan []byte, writeQueue), done: make(chan struct{}), changed: make(chan struct{}, 1),
	}
}

// start begins to read and write; false if the Wire is closed.
func (s *stream) start() bool {
	if !s.w.spawn(s.write) || !s.w.spawn(s.serve) || s.link != nil && !s.w.spawn(func() { s.w.watch(s) }) {
		s.end(net.ErrClosed)
		return false
	}
	return true
}

// poke makes watch look again.
func (s *stream) poke() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// waiting is what ends a wait for the Handler; nil for UDP, which never waits.
func (s *stream) waiting() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.done
}

// send queues b. A peer that takes nothing for so long is dead.
func (s *stream) send(b []byte) {
	select {
	case s.out <- b:
	default:
		s.end(errStuck)
	}
}

// end closes the connection because of err; the first reason is kept.
func (s *stream) end(err error) {
	s.once.Do(func() {
		if s.link != nil && rejected(err) { // TLS 1.3 tells it after the handshake (RFC 8446 §4.4.2.4)
			err = refusal(err, s.link.server.CertFile != "")
		}
		s.err = err
		close(s.done)
		_ = s.raw.Close() // it is over either way; a close_notify could wait for a dead peer
	})
}

// socketOf is the connection that c runs over.
func socketOf(c net.Conn) net.Conn {
	if tc, ok := c.(*tls.Conn); ok {
		return tc.NetConn()
	}
	return c
}

// write sends what is queued.
func (s *stream) write() {
	for {
		select {
		case b := <-s.out:
			err := s.conn.SetWriteDeadline(time.Now().Add(writeLimit))
			if err == nil {
				_, err = s.conn.Write(b)
			}
			if err != nil {
				// What the peer said before it closed is still to be read.
				select {
				case <-s.done:
				case <-time.After(lastWords):
					s.end(err)
				}
				return
			}
		case <-s.done:
			return
		}
	}
}

// serve reads until the connection ends, then says so.
func (s *stream) serve() {
	s.end(s.read())
	if s.link != nil {
		s.w.lost(s.link, s.err)
		return
	}
	s.w.gone(s)
}

// read handles what arrives; it returns why no more will.
func (s *stream) read() error {
	f := framer{max: s.w.cfg.MaxMessage}
	chunk := make([]byte, 4096)
	var begun time.Time // when the message that is not whole yet began
	for {
		deadline := begun.Add(messageLimit)
		if begun.IsZero() {
			deadline = time.Time{}
			if s.link == nil {
				deadline = time.Now().Add(idleLimit)
			}
		}
		if err := s.conn.SetReadDeadline(deadline); err != nil {
			return err
		}
		n, err := s.conn.Read(chunk)
		if n > 0 {
			f.add(chunk[:n])
			s.arrivals.Add(1)
			s.held.Store(true)
			if err := s.frames(&f); err != nil {
				return err
			}
			s.held.Store(false)
		}
		switch {
		case f.empty():
			begun = time.Time{}
		case begun.IsZero() || n > 0 && len(f.buf) <= n:
			begun = time.Now() // what is left belongs to a message that has just begun
		}
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() && !f.empty() {
				return errSlow
			}
			return err
		}
	}
}

// frames handles every whole message and keep-alive in f.
func (s *stream) frames(f *framer) error {
	for {
		var ok bool
		f.due = s.asked.Load()
		what, msg, err := f.next()
		if err != nil {
			s.w.trouble.say("connection closed", "from", s.peer.Addr, "err", err)
			return err
		}
		switch what {
		case partial:
			return nil
		case ping:
			s.send([]byte("\r\n"))
		case pong:
			if s.asked.Swap(false) && s.link != nil {
				s.w.pong(s)
			}
		case whole:
			if s.peer.Server, ok = s.w.admits(s); !ok {
				return errStranger
			}
			if !s.w.message(msg, s.peer, s) {
				return errGarbage
			}
		}
	}
}
