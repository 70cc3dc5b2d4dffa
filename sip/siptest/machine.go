package siptest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// A Machine is one address of a Net seen through the functions of package net,
// for code that takes such functions as its way to the network.
type Machine struct {
	net  *Net
	addr netip.Addr
}

// Machine is the machine with that address.
func (n *Net) Machine(addr netip.Addr) Machine { return Machine{n, addr} }

// ListenPacket is as net.ListenConfig's. An address without a host or with the
// unspecified one is the machine's.
func (m Machine) ListenPacket(_ context.Context, _, address string) (net.PacketConn, error) {
	a, err := m.local(address)
	if err != nil {
		return nil, err
	}
	return m.net.ListenPacket(a)
}

// Listen is as net.ListenConfig's.
func (m Machine) Listen(_ context.Context, _, address string) (net.Listener, error) {
	a, err := m.local(address)
	if err != nil {
		return nil, err
	}
	return m.net.Listen(a)
}

// DialContext is as net.Dialer's.
func (m Machine) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	remote, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("siptest: dial %s: %w", address, err)
	}
	return m.net.Dial(ctx, netip.AddrPortFrom(m.addr, 0), remote)
}

// Source is the address from which the machine sends to any other one.
func (m Machine) Source(netip.AddrPort) (netip.Addr, error) { return m.addr, nil }

func (m Machine) local(address string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("siptest: listen on %q: %w", address, err)
	}
	if host == "" {
		host = m.addr.String()
	}
	a, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("siptest: listen on %q: %w", address, err)
	}
	if a.Addr().IsUnspecified() {
		a = netip.AddrPortFrom(m.addr, a.Port())
	}
	return a, nil
}
