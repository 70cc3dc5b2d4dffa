package rtp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Socket is a Conn on a UDP socket of Linux. It does without package net, so
// that it allocates nothing and the thread that polls it needs no runtime.
type Socket struct {
	fd  int
	six bool // AF_INET6, which carries IPv4 as mapped addresses
}

// Bind opens a UDP socket on a port of every address, IPv6 and IPv4 where the
// system has both, whose packets are marked with a DSCP (0-63).
func Bind(port uint16, dscp int) (fd int, err error) {
	fd, six, err := open()
	if err != nil {
		return -1, fmt.Errorf("open a UDP socket: %w", err)
	}
	var addr unix.Sockaddr = &unix.SockaddrInet4{Port: int(port)}
	if six {
		addr = &unix.SockaddrInet6{Port: int(port)}
	}
	if err := unix.Bind(fd, addr); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("bind UDP port %d: %w", port, err)
	}
	// A network that does not let us mark packets still carries them.
	tos := dscp & 63 << 2
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
	if six {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, tos)
	}
	return fd, nil
}

func open() (fd int, six bool, err error) {
	const kind = unix.SOCK_DGRAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	if fd, err = unix.Socket(unix.AF_INET6, kind, 0); err == nil {
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err == nil && usable() {
			return fd, true, nil
		}
		unix.Close(fd)
	}
	fd, err = unix.Socket(unix.AF_INET, kind, 0)
	return fd, false, err
}

// usable says whether a dual socket can send by IPv4: where IPv6 is switched
// off by sysctl, one can be opened but not bound.
func usable() bool {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet6{}) == nil
}

// NewSocket wraps a UDP socket; its owner keeps it open while it is used.
func NewSocket(fd int) (*Socket, error) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, fmt.Errorf("look at a socket: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("make a socket non-blocking: %w", err)
	}
	return &Socket{fd: fd, six: domain == unix.AF_INET6}, nil
}

// FD is the socket's descriptor.
func (s *Socket) FD() int { return s.fd }

// Send implements Conn.
func (s *Socket) Send(b []byte, to netip.AddrPort) error {
	if len(b) == 0 || !to.IsValid() {
		return nil
	}
	var raw unix.RawSockaddrInet6
	var size uintptr
	if s.six {
		raw.Family = unix.AF_INET6
		raw.Addr = to.Addr().As16()
		size = unix.SizeofSockaddrInet6
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:], to.Port())
	} else {
		a := to.Addr().Unmap()
		if !a.Is4() {
			return unix.EAFNOSUPPORT
		}
		r4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&raw))
		r4.Family = unix.AF_INET
		r4.Addr = a.As4()
		size = unix.SizeofSockaddrInet4
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&r4.Port))[:], to.Port())
	}
	_, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&raw)), size)
	if e != 0 {
		return e
	}
	return nil
}

// Receive implements Conn. An error that the network left on the socket (an
// ICMP message) is skipped: the far side may answer yet.
func (s *Socket) Receive(b []byte) (int, netip.AddrPort, error) {
	var raw unix.RawSockaddrInet6
	for range 4 {
		size := uint32(unix.SizeofSockaddrInet6)
		n, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
			unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&size)))
		switch e {
		case 0:
			return int(n), address(&raw), nil
		case unix.EAGAIN:
			return 0, netip.AddrPort{}, ErrEmpty
		case unix.EBADF, unix.ENOTSOCK:
			return 0, netip.AddrPort{}, e
		}
	}
	return 0, netip.AddrPort{}, ErrEmpty
}

func address(raw *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:])
	switch raw.Family {
	case unix.AF_INET:
		r4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(raw))
		return netip.AddrPortFrom(netip.AddrFrom4(r4.Addr), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(raw.Addr).Unmap(), port)
	}
	return netip.AddrPort{}
}
