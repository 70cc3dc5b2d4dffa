//go:build !linux

package wire

import (
	"net"
	"time"
)

// A socket is told nothing where the kernel's limits are not known.
type socket struct{}

func socketOptions(net.Conn) *socket { return &socket{} }

func (*socket) set(pace) {}

// unacknowledged knows nothing: a dead server is noticed by its pongs only.
func unacknowledged(net.Conn, time.Duration) bool { return false }
