package wire

import (
	"net"
	"net/netip"
	"time"
)

// userTimeout is how long data may stay unacknowledged before the kernel ends a
// connection (TCP_USER_TIMEOUT, tcp(7)): a server that lost power says nothing.
const userTimeout = 10 * time.Second

// keepAlive finds a dead peer on an idle connection that is not pinged, in 15 s.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 9 * time.Second, Interval: 2 * time.Second, Count: 3}

// dialer opens the connections to servers, from local if that is an address.
func dialer(local netip.Addr) *net.Dialer {
	d := &net.Dialer{Control: tcpControl, KeepAliveConfig: keepAlive}
	if local.IsValid() && !local.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return d
}
