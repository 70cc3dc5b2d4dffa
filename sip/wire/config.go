package wire

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// Config names the sockets, the limits, and the ways to the network. The zero
// value of every field is usable.
type Config struct {
	Addr           netip.Addr    // local address to listen on; unspecified = every one
	Port           uint16        // SIP port for UDP and TCP; 0 = any free one
	TLSPort        uint16        // port for incoming TLS; 0 = Port + 1
	ConnectTimeout time.Duration // bounds connect plus handshake; 0 = 32 s
	MaxConns       int           // connections others may open to the phone; 0 = 16
	MaxMessage     int           // bytes of one message; 0 = 16384

	// Certificate lets others connect over TLS; nil = only the phone connects.
	Certificate *tls.Certificate
	Log         *slog.Logger // nil = slog.Default()
	// Random spreads keep-alives and reconnects: at least 0, below 1. It is called
	// from any goroutine. nil = math/rand/v2.
	Random func() float64

	// The ways to the network; nil = the real ones. A test puts a network in
	// memory here.
	ListenPacket func(ctx context.Context, network, address string) (net.PacketConn, error)
	Listen       func(ctx context.Context, network, address string) (net.Listener, error)
	DialContext  func(ctx context.Context, network, address string) (net.Conn, error)
	// LookupNetIP resolves a name, as net.Resolver's method of that name.
	LookupNetIP func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// Source tells which local address packets to remote leave from.
	Source func(remote netip.AddrPort) (netip.Addr, error)
}
