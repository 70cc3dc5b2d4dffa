//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"
)

// A Plug is where a machine that is no namespace is plugged in: an emulator.
type Plug struct {
	Space string // network namespace in which the device is
	Tap   string // the tap device
	MAC   net.HardwareAddr
	Addr  netip.Addr // what Leases gives to that MAC
}

// Plug adds a tap device to the network. There may be up to 50.
func (l *Lab) Plug() Plug {
	l.T.Helper()
	l.plugs++
	p := Plug{
		Space: l.hub, Tap: fmt.Sprintf("tap%d", l.plugs),
		MAC:  net.HardwareAddr{2, 0, 0, 0, 0, byte(l.plugs)},
		Addr: netip.AddrFrom4([4]byte{10, 77, 0, byte(200 + l.plugs)}),
	}
	l.must(l.ip("-n", l.hub, "tuntap", "add", p.Tap, "mode", "tap"))
	l.must(l.ip("-n", l.hub, "link", "set", p.Tap, "master", "hub", "up"))
	return p
}

// Leases are the options with which a NameServer is also the DHCP server of the
// plugs, and gives each its address at once.
func (l *Lab) Leases(plugs ...Plug) []string {
	records := []string{
		"dhcp-range=10.77.0.200,10.77.0.254,255.255.255.0,1h", "dhcp-authoritative", "no-ping",
		"dhcp-leasefile=" + l.Dir + "/leases",
	}
	for _, p := range plugs {
		records = append(records, fmt.Sprintf("dhcp-host=%s,%s", p.MAC, p.Addr))
	}
	return records
}

// Node is the plugged machine as the far end of what other nodes have captured;
// nothing can be started on it.
func (p Plug) Node() *Node { return &Node{Name: p.Tap, Addr: p.Addr} }
