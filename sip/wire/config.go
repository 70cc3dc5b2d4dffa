package wire

import (
	"net/netip"
	"time"
)

// Config names the sockets.
type Config struct {
	Addr           netip.Addr    // local address to listen on; unspecified = every one
	Port           uint16        // SIP port for UDP and TCP; 0 = any free one
	ConnectTimeout time.Duration // bounds connect plus handshake; 0 = 32 s
	MaxConns       int           // connections others may open to the phone; 0 = 16
}
