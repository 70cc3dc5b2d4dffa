package wire

import (
	"context"
	"net/netip"
)

// Wire is the phone's connection to the SIP network.
type Wire struct{}

// New binds the UDP socket. Nothing is read before Run.
func New(cfg Config, h Handler) (*Wire, error) { return nil, nil }

// Run serves until ctx ends or Close is called, then closes everything and
// waits for every goroutine. It returns nil then, or why it could not go on.
func (w *Wire) Run(ctx context.Context) error { return nil }

// Close ends Run and closes everything.
func (w *Wire) Close() {}

// SetServers tells the servers of all lines: their names are resolved, messages
// from all their addresses are taken, and the phone listens on TCP (and TLS, if
// it has a certificate) while one of them uses it. Connections to servers that
// are gone are closed when nothing waits on them.
func (w *Wire) SetServers(servers []Server) {}

// SetPeers replaces the set of other addresses messages are taken from: routes
// and remote targets of the dialogs that are up.
func (w *Wire) SetPeers(addrs []netip.Addr) {}

// At tells whether addr is one of the addresses of s that are known.
func (w *Wire) At(s Server, addr netip.Addr) bool { return false }

// Local is the local address and port towards s as a Route would have it. ok is
// false while that is not known: no address, no route, no connection.
func (w *Wire) Local(s Server) (local netip.AddrPort, ok bool) { return netip.AddrPort{}, false }

// Port is the port of the UDP socket.
func (w *Wire) Port() uint16 { return 0 }
