package siptest

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// A PacketConn is a datagram socket on a Net. It is a net.PacketConn.
type PacketConn struct {
	net   *Net
	local netip.AddrPort
	in    chan packet
	done  chan struct{}
	once  sync.Once
	read  *deadline

	mu          sync.Mutex
	unreachable func(netip.AddrPort, syscall.Errno, []byte)
}

type packet struct {
	raw  []byte
	from netip.AddrPort
}

func newPacketConn(n *Net, local netip.AddrPort) *PacketConn {
	return &PacketConn{net: n, local: local, in: make(chan packet, 1024), done: make(chan struct{}), read: newDeadline()}
}

// OnICMP sets what is called for each datagram of this socket that met
// ICMP destination unreachable: where it went, ECONNREFUSED, and the datagram
// itself. Without it nobody hears of it.
func (c *PacketConn) OnICMP(f func(to netip.AddrPort, errno syscall.Errno, datagram []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unreachable = f
}

func (c *PacketConn) unreached(to netip.AddrPort, datagram []byte) {
	c.mu.Lock()
	f := c.unreachable
	c.mu.Unlock()
	select {
	case <-c.done:
		return
	default:
	}
	if f != nil {
		f(to, syscall.ECONNREFUSED, datagram)
	}
}

// deliver queues a datagram; a full socket loses it, as a real one does.
func (c *PacketConn) deliver(p packet) {
	select {
	case <-c.done:
	case c.in <- p:
	default:
	}
}

// ReadFrom implements net.PacketConn.
func (c *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-c.done:
		return 0, nil, net.ErrClosed
	default:
	}
	select {
	case p := <-c.in:
		return copy(b, p.raw), net.UDPAddrFromAddrPort(p.from), nil
	case <-c.read.expired():
		return 0, nil, os.ErrDeadlineExceeded
	case <-c.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn.
func (c *PacketConn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	c.net.send(c, b, addrPort(to))
	return len(b), nil
}

// Close implements net.PacketConn.
func (c *PacketConn) Close() error {
	c.once.Do(func() {
		close(c.done)
		c.net.closeSocket(c)
	})
	return nil
}

// LocalAddr implements net.PacketConn.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }

// SetDeadline implements net.PacketConn; writing never waits.
func (c *PacketConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	c.read.set(t)
	return nil
}

// SetWriteDeadline implements net.PacketConn; writing never waits.
func (c *PacketConn) SetWriteDeadline(time.Time) error { return nil }
