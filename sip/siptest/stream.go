package siptest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// A listener accepts stream connections on a Net.
type listener struct {
	net   *Net
	local netip.AddrPort
	in    chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// Listen opens a listener for stream connections.
func (n *Net) Listen(local netip.AddrPort) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if local.Port() == 0 {
		local = netip.AddrPortFrom(local.Addr(), n.freePort())
	}
	if _, taken := n.listeners[local]; taken {
		return nil, fmt.Errorf("siptest: listen tcp %s: %w", local, syscall.EADDRINUSE)
	}
	l := &listener{net: n, local: local, in: make(chan net.Conn, 64), done: make(chan struct{})}
	n.listeners[local] = l
	return l, nil
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		if l.net.listeners[l.local] == l {
			delete(l.net.listeners, l.local)
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

// Dial opens a stream connection. An address where nobody listens refuses, a
// silent one lets the caller wait until ctx ends.
func (n *Net) Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	if local.Port() == 0 {
		local = netip.AddrPortFrom(local.Addr(), n.freePort())
	}
	silent := n.state(local) == Silent || n.state(remote) == Silent
	if l := n.listeners[remote]; !silent && l == nil && !n.refusesStream(remote) {
		silent = true // no such machine
	}
	d := n.delay(n.linkOf(local, remote)) + n.delay(n.linkOf(remote, local))
	n.mu.Unlock()

	if silent {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(remote), Err: ctx.Err()}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(remote), Err: ctx.Err()}
	}
	refused := &net.OpError{
		Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(remote),
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
	n.mu.Lock()
	l := n.listeners[remote]
	if l == nil || n.state(remote) == Unreachable {
		n.mu.Unlock()
		return nil, refused
	}
	here, there := newStreams(n, local, remote)
	n.streams[here], n.streams[there] = struct{}{}, struct{}{}
	n.mu.Unlock()
	select {
	case l.in <- there:
		return here, nil
	case <-l.done:
		here.abort(syscall.ECONNRESET)
		return nil, refused
	}
}

// refusesStream tells whether the machine is there to refuse; the caller holds
// n.mu.
func (n *Net) refusesStream(a netip.AddrPort) bool {
	if n.state(a) == Unreachable {
		return true
	}
	for other := range n.listeners {
		if other.Addr() == a.Addr() {
			return true
		}
	}
	for other := range n.sockets {
		if other.Addr() == a.Addr() {
			return true
		}
	}
	return false
}

// A stream is one end of a connection on a Net.
type stream struct {
	net           *Net
	local, remote netip.AddrPort
	peer          *stream
	read          *deadline

	mu      sync.Mutex
	arrived []byte
	failed  error         // what Read says once arrived is empty
	wake    chan struct{} // closed and replaced on every change
}

func newStreams(n *Net, from, to netip.AddrPort) (*stream, *stream) {
	a := &stream{net: n, local: from, remote: to, read: newDeadline(), wake: make(chan struct{})}
	b := &stream{net: n, local: to, remote: from, read: newDeadline(), wake: make(chan struct{})}
	a.peer, b.peer = b, a
	return a, b
}

// change alters the stream under its lock and wakes its reader.
func (s *stream) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.wake)
	s.wake = make(chan struct{})
}

// Read implements net.Conn.
func (s *stream) Read(b []byte) (int, error) {
	for {
		s.mu.Lock()
		if len(s.arrived) > 0 {
			k := copy(b, s.arrived)
			s.arrived = s.arrived[k:]
			s.mu.Unlock()
			return k, nil
		}
		err, wake := s.failed, s.wake
		s.mu.Unlock()
		if err != nil {
			return 0, err
		}
		select {
		case <-wake:
		case <-s.read.expired():
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// Write implements net.Conn. To a silent address it succeeds, as a real one
// does until its buffer is full, and the bytes are lost.
func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	err := s.failed
	s.mu.Unlock()
	if err != nil && err != io.EOF {
		return 0, err
	}
	s.net.mu.Lock()
	silent := s.net.state(s.local) == Silent || s.net.state(s.remote) == Silent
	d := s.net.linkOf(s.local, s.remote).Delay
	s.net.mu.Unlock()
	if silent {
		return len(b), nil
	}
	raw := append([]byte(nil), b...)
	s.net.later.after(d, func() { s.peer.change(func() { s.peer.arrived = append(s.peer.arrived, raw...) }) })
	return len(b), nil
}

// Close implements net.Conn: the peer reads what is under way, then EOF.
func (s *stream) Close() error {
	s.change(func() { s.failed = net.ErrClosed })
	s.net.mu.Lock()
	delete(s.net.streams, s)
	silent := s.net.state(s.local) == Silent || s.net.state(s.remote) == Silent
	d := s.net.linkOf(s.local, s.remote).Delay
	s.net.mu.Unlock()
	if !silent {
		s.net.later.after(d, func() { s.peer.end(io.EOF) })
	}
	return nil
}

// abort resets both ends.
func (s *stream) abort(err error) {
	s.net.mu.Lock()
	delete(s.net.streams, s)
	delete(s.net.streams, s.peer)
	s.net.mu.Unlock()
	reset := &net.OpError{Op: "read", Net: "tcp", Addr: s.RemoteAddr(), Err: err}
	s.end(reset)
	s.peer.end(reset)
}

func (s *stream) end(err error) {
	s.change(func() {
		if s.failed == nil {
			s.failed = err
		}
	})
}

// LocalAddr implements net.Conn.
func (s *stream) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(s.local) }

// RemoteAddr implements net.Conn.
func (s *stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.remote) }

// SetDeadline implements net.Conn; writing never waits.
func (s *stream) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline implements net.Conn.
func (s *stream) SetReadDeadline(t time.Time) error {
	s.read.set(t)
	return nil
}

// SetWriteDeadline implements net.Conn; writing never waits.
func (s *stream) SetWriteDeadline(time.Time) error { return nil }
