package sip

import (
	"net"
	"strconv"
	"time"
)

// A Transport carries SIP messages. The numbers are those of the settings
// `SIPN Transport` and `SIPN Backup Transport`.
type Transport uint8

// The transports of the settings; 2 is not used there.
const (
	UDP Transport = 0
	TCP Transport = 1
	TLS Transport = 3
)

// String is the transport as a Via header names it.
func (t Transport) String() string {
	switch t {
	case TCP:
		return "TCP"
	case TLS:
		return "TLS"
	default:
		return "UDP"
	}
}

// Port is the port of the transport where none is given (RFC 3261 §19.1.2).
func (t Transport) Port() uint16 {
	if t == TLS {
		return 5061
	}
	return 5060
}

// Reliable tells whether the transport delivers or fails: requests over it
// are never retransmitted (RFC 3261 §17.1.1.1).
func (t Transport) Reliable() bool { return t != UDP }

// A Server is one configured SIP server of a line.
type Server struct {
	Host      string // IP address or domain, never empty
	Port      uint16
	Transport Transport
	TTL       time.Duration // registration interval that is asked for
}

// String is "host:port", with brackets around an IPv6 address.
func (s Server) String() string {
	return net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port)))
}
