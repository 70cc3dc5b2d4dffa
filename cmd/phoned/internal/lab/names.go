//go:build linux

package lab

import (
	"strings"
	"time"
)

// A NameServer is a dnsmasq on a node.
type NameServer struct {
	*Process
	Node *Node

	records []string
}

// NameServer starts a dnsmasq on the node and waits until it listens. Records
// are dnsmasq's options, "srv-host=_sip._udp.one.test,a.one.test,5060,10"; they
// live for 5 s. What it does not know does not exist.
func (n *Node) NameServer(records ...string) *NameServer {
	n.lab.T.Helper()
	s := &NameServer{Node: n, records: records}
	s.Start()
	return s
}

// Start starts dnsmasq again after End or Kill.
func (s *NameServer) Start() {
	n := s.Node
	n.lab.T.Helper()
	args := []string{
		"--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--log-facility=-",
		"--no-resolv", "--no-hosts", "--local=//", "--local-ttl=5", "--cache-size=0",
		"--listen-address=" + n.Addr.String(), "--bind-interfaces",
	}
	for _, r := range s.records {
		args = append(args, "--"+r)
	}
	s.Process = n.Run("dnsmasq", args...)
	n.lab.Until(10*time.Second, "dnsmasq listens on "+n.Name, func() bool { return n.listens(53) })
}

// Ask gives the node name servers: programs that are started on it later find
// them in their /etc/resolv.conf. Without, they have those of this machine.
func (n *Node) Ask(servers ...*Node) {
	n.lab.T.Helper()
	var text strings.Builder
	for _, s := range servers {
		text.WriteString("nameserver " + s.Addr.String() + "\n")
	}
	n.resolver = n.lab.File("resolv-"+n.Name+".conf", text.String())
}
