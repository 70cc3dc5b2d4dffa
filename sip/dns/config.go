package dns

import (
	"context"
	"net/netip"
)

// Config names the files and the ways to the network. The zero value of every
// field is usable.
type Config struct {
	// Network is "ip", "ip4" or "ip6": the addresses that the SIP socket can
	// reach. Records of the other family are not asked for. Empty = "ip".
	Network string
	// Servers are the name servers; empty = those of ResolvConf, which is read
	// again when it has changed.
	Servers    []netip.AddrPort
	ResolvConf string // empty = /etc/resolv.conf
	Hosts      string // empty = /etc/hosts; what it says of a name goes before DNS
	// Seed draws the order of targets of one priority (RFC 2782) and of one
	// name's addresses. One for each phone spreads the phones; the same one after
	// a restart keeps a phone at its server.
	Seed uint64
	// OnChange is called, from one goroutine at a time, when a watched Query has
	// its first answer, other targets, or another state (fresh, stale, failed). It
	// must not block and may call Known.
	OnChange func(Query, Answer)

	// The ways to the network; nil = the real ones.

	// Exchange sends a query to a server over "udp" or "tcp" (message without the
	// length prefix) and returns its answer. It has one second.
	Exchange func(ctx context.Context, network string, server netip.AddrPort, query []byte) ([]byte, error)
	// Source tells which local address packets to remote leave from. An error
	// says that there is no route: where a Query has addresses of both families,
	// such targets come last (RFC 6724 §6 rule 1). It must not wait.
	Source func(remote netip.AddrPort) (netip.Addr, error)
}
