package siptest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// A Host opens sockets. OS and *Net are hosts.
type Host interface {
	// ListenPacket opens a datagram socket; port 0 is any free one.
	ListenPacket(local netip.AddrPort) (net.PacketConn, error)
	// Listen opens a listener for stream connections; port 0 is any free one.
	Listen(local netip.AddrPort) (net.Listener, error)
	// Dial opens a stream connection from an address (port 0 is any free one).
	Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error)
}

// OS is the machine's own network.
var OS Host = osHost{}

type osHost struct{}

func (osHost) ListenPacket(local netip.AddrPort) (net.PacketConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
}

func (osHost) Listen(local netip.AddrPort) (net.Listener, error) {
	return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(local))
}

func (osHost) Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{}
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(local)
	}
	return d.DialContext(ctx, "tcp", remote.String())
}

// addrPort reads the address of a socket of either kind.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	case nil:
		return netip.AddrPort{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return unmap(ap)
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// parseHostPort reads "ip:port"; siptest resolves no names.
func parseHostPort(host string, port int) (netip.AddrPort, error) {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("siptest: %q is not an IP address: %w", host, err)
	}
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}
