//go:build !linux

package wire

import (
	"net"
	"net/netip"
	"syscall"
)

type icmpFunc func(dst netip.AddrPort, errno syscall.Errno, datagram []byte)

// withErrorQueue has no effect: only Linux tells which datagram an ICMP error
// is about. There a dead server is noticed by its silence.
func withErrorQueue(c *net.UDPConn, _ icmpFunc) (net.PacketConn, error) { return c, nil }

func tcpControl(_, _ string, _ syscall.RawConn) error { return nil }
