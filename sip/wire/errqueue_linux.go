package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An icmpFunc is told that a datagram to dst did not arrive: the datagram, as
// far as the ICMP message quotes it. Another errno than ECONNREFUSED,
// EHOSTUNREACH and the like is not told.
type icmpFunc func(dst netip.AddrPort, errno syscall.Errno, datagram []byte)

// errConn is a UDP socket that takes ICMP errors from the socket's error queue
// (IP_RECVERR, ip(7)) and tells them to icmp. They never surface from ReadFrom,
// and from WriteTo only what concerns the datagram being written.
type errConn struct {
	*net.UDPConn
	raw  syscall.RawConn
	icmp icmpFunc
}

// withErrorQueue turns the error queue of c on.
func withErrorQueue(c *net.UDPConn, icmp icmpFunc) (net.PacketConn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("wire: socket of %s: %w", c.LocalAddr(), err)
	}
	var e4, e6 error
	err = raw.Control(func(fd uintptr) {
		e4 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		e6 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
	})
	if err == nil && e4 != nil && e6 != nil { // a socket of one family refuses the other's
		err = errors.Join(e4, e6)
	}
	if err != nil {
		return nil, fmt.Errorf("wire: turn on the error queue of %s: %w", c.LocalAddr(), err)
	}
	return &errConn{UDPConn: c, raw: raw, icmp: icmp}, nil
}

// queued tells whether err can be the pending error of an earlier datagram.
func queued(err error) bool {
	for _, e := range [...]syscall.Errno{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EMSGSIZE,
		syscall.EPROTO, syscall.EACCES, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP, syscall.ENONET,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ReadFrom reads one datagram.
func (c *errConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err == nil || !queued(err) {
			return n, from, err
		}
		c.drain()
	}
}

// WriteTo sends one datagram. The error a send meets may be the pending one of
// an earlier datagram; only one that comes back is this datagram's own.
func (c *errConn) WriteTo(b []byte, to net.Addr) (n int, err error) {
	for range 4 {
		n, err = c.UDPConn.WriteTo(b, to)
		if err == nil || !queued(err) {
			break
		}
		c.drain()
	}
	return n, err
}

// drain empties the error queue.
func (c *errConn) drain() {
	var (
		payload [2048]byte
		control [512]byte
	)
	for {
		var (
			n, nc int
			dst   unix.Sockaddr
			err   error
		)
		// Control, not Read: it must not wait until there is something.
		cerr := c.raw.Control(func(fd uintptr) {
			n, nc, _, dst, err = unix.Recvmsg(int(fd), payload[:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		})
		if cerr != nil || err != nil {
			return
		}
		if ee, ok := extendedError(control[:nc]); ok && counts(ee) {
			c.icmp(sockaddr(dst), syscall.Errno(ee.Errno), payload[:n])
		}
	}
}

// extendedError finds the kernel's description of the error.
func extendedError(control []byte) (ee unix.SockExtendedErr, ok bool) {
	msgs, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return ee, false
	}
	for _, m := range msgs {
		v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if (v4 || v6) && len(m.Data) >= int(unsafe.Sizeof(ee)) {
			return *(*unix.SockExtendedErr)(unsafe.Pointer(&m.Data[0])), true
		}
	}
	return ee, false
}

// counts tells whether an error is a destination unreachable: ICMP type 3 (RFC
// 792) but code 4, which is about the size, and ICMPv6 type 1 (RFC 4443 §3.1).
func counts(ee unix.SockExtendedErr) bool {
	switch ee.Origin {
	case unix.SO_EE_ORIGIN_ICMP:
		return ee.Type == 3 && ee.Code != 4
	case unix.SO_EE_ORIGIN_ICMP6:
		return ee.Type == 1
	default:
		return false
	}
}

func sockaddr(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		a := netip.AddrFrom16(sa.Addr)
		if a.Is4In6() {
			a = a.Unmap()
		} else if sa.ZoneId != 0 {
			if ifi, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				a = a.WithZone(ifi.Name)
			}
		}
		return netip.AddrPortFrom(a, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// tcpControl sets what notices a peer that has died: the kernel gives up what
// is not acknowledged, and probes an idle connection.
func tcpControl(_, _ string, c syscall.RawConn) error {
	var err error
	cerr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
	})
	return errors.Join(cerr, err)
}
