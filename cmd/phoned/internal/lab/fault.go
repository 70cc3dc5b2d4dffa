//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
)

// The faults of a node's network. Each replaces the one before; Heal ends it.
// What they keep away is still captured.

// Silence loses everything to and from the node.
func (n *Node) Silence() {
	n.lab.T.Helper()
	n.rules("drop", "drop")
}

// Unreachable answers every datagram with ICMP port unreachable and every
// connection attempt, and every segment of a connection, with a reset.
func (n *Node) Unreachable() {
	n.lab.T.Helper()
	icmp := "icmp type port-unreachable"
	if n.Addr.Is6() {
		icmp = "icmpv6 type port-unreachable"
	}
	n.rules("meta l4proto udp reject with "+icmp+"; meta l4proto tcp reject with tcp reset", "")
}

// UnreachableHost answers with ICMP host unreachable, of IPv6: address
// unreachable.
func (n *Node) UnreachableHost() {
	n.lab.T.Helper()
	icmp := "icmp type host-unreachable"
	if n.Addr.Is6() {
		icmp = "icmpv6 type addr-unreachable"
	}
	n.rules("reject with "+icmp, "")
}

// DropSYN loses connection attempts; connections that are up live on.
func (n *Node) DropSYN() {
	n.lab.T.Helper()
	n.rules("tcp flags syn / syn,ack drop", "")
}

// ResetTCP resets every connection at its next segment, and refuses new ones.
func (n *Node) ResetTCP() {
	n.lab.T.Helper()
	n.rules("meta l4proto tcp reject with tcp reset", "")
}

// Lose loses a part of the datagrams to and from the node: percent of each way.
func (n *Node) Lose(percent int) {
	n.lab.T.Helper()
	rule := fmt.Sprintf("meta l4proto udp numgen random mod 100 < %d drop", percent)
	n.rules(rule, rule)
}

// Heal ends the fault.
func (n *Node) Heal() {
	n.lab.T.Helper()
	n.rules("", "")
}

// LinkDown pulls the node's cable; LinkUp plugs it in.
func (n *Node) LinkDown() {
	n.lab.T.Helper()
	n.lab.must(n.lab.ip("-n", n.space, "link", "set", "eth0", "down"))
}

// LinkUp plugs the cable in again.
func (n *Node) LinkUp() {
	n.lab.T.Helper()
	n.lab.must(n.lab.ip("-n", n.space, "link", "set", "eth0", "up"))
}

// rules replaces the node's faults, in one transaction. Loopback stays whole,
// and so does what tells the neighbours the node's link address: in IPv4 that is
// no IP packet, in IPv6 it is.
func (n *Node) rules(in, out string) {
	n.lab.T.Helper()
	family, neighbours := "ip", ""
	if n.Addr.Is6() {
		family, neighbours = "ip6", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept;"
	}
	text := fmt.Sprintf(`table %[1]s fault
delete table %[1]s fault
table %[1]s fault {
	chain in { type filter hook input priority 0; policy accept; iif lo accept; %[2]s %[3]s; }
	chain out { type filter hook output priority 0; policy accept; oif lo accept; %[2]s %[4]s; }
}
`, family, neighbours, in, out)
	path := filepath.Join(n.lab.Dir, "fault-"+n.Name+".nft")
	n.lab.must(os.WriteFile(path, []byte(text), 0o600))
	_, err := n.Call("nft", "-f", path)
	n.lab.must(err)
}
