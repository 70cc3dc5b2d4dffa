package rtp

import (
	"errors"
	"net/netip"
)

// ErrEmpty says that no datagram waits.
var ErrEmpty = errors.New("no datagram waits")

// A Conn is a datagram socket that never blocks.
type Conn interface {
	// Send sends one datagram. What the network says of it is of no interest.
	Send(b []byte, to netip.AddrPort) error
	// Receive takes one datagram; ErrEmpty if none waits.
	Receive(b []byte) (n int, from netip.AddrPort, err error)
}
