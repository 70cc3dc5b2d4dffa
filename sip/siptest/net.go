package siptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// A Link is the quality of a way through the network. The zero value delivers
// at once and everything.
type Link struct {
	Delay   time.Duration // of each datagram
	Jitter  time.Duration // up to this much more, uniform
	Loss    float64       // probability that a datagram is lost, 0 to 1
	Double  float64       // probability that a datagram arrives twice
	Reorder float64       // probability that a datagram is overtaken: Late more of delay
	Late    time.Duration // how much a datagram that is overtaken comes late; 20 ms if 0
}

// A State is what an address does with what is sent to it.
type State uint8

// The states of an address.
const (
	// Reachable delivers to whoever listens. Where nobody listens on the port but
	// somebody on another port of the address, the sender hears port
	// unreachable, as from a real machine.
	Reachable State = iota
	// Silent loses everything to and from the address, connections included.
	Silent
	// Unreachable answers every datagram with ICMP, every connect with a reset.
	Unreachable
)

// A Net is a network in memory: datagrams and stream connections between
// addresses, with delay, loss and dead ends by a seed. It works inside a
// testing/synctest bubble if it was made there. It is a Host.
type Net struct {
	Record Record // every datagram, as sent

	mu        sync.Mutex
	rng       *rand.Rand
	link      Link
	paths     map[path]Link
	states    map[netip.AddrPort]State // port 0 = the whole address
	sockets   map[netip.AddrPort]*PacketConn
	listeners map[netip.AddrPort]*listener
	streams   map[*stream]struct{}
	nextPort  uint16

	later queue
}

type path struct{ from, to netip.Addr }

// NewNet makes a network; the seed decides every loss.
func NewNet(seed uint64) *Net {
	return &Net{
		rng:       rand.New(rand.NewPCG(seed, 0x5ee0_5ee0)),
		paths:     map[path]Link{},
		states:    map[netip.AddrPort]State{},
		sockets:   map[netip.AddrPort]*PacketConn{},
		listeners: map[netip.AddrPort]*listener{},
		streams:   map[*stream]struct{}{},
		nextPort:  49152,
	}
}

// SetLink sets the quality of every way that SetPath does not name.
func (n *Net) SetLink(l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link = l
}

// SetPath sets the quality of the way from one address to another.
func (n *Net) SetPath(from, to netip.Addr, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paths[path{from, to}] = l
}

// SetState sets what an address does; port 0 is the whole address. Connections
// of an address that turns Unreachable are reset.
func (n *Net) SetState(a netip.AddrPort, s State) {
	n.mu.Lock()
	n.states[a] = s
	var reset []*stream
	if s == Unreachable {
		for st := range n.streams {
			if sameAddr(a, st.local) || sameAddr(a, st.remote) {
				reset = append(reset, st)
			}
		}
	}
	n.mu.Unlock()
	for _, st := range reset {
		st.abort(syscall.ECONNRESET)
	}
}

// state is what a does; the caller holds n.mu.
func (n *Net) state(a netip.AddrPort) State {
	if s := n.states[netip.AddrPortFrom(a.Addr(), 0)]; s != Reachable {
		return s
	}
	return n.states[a]
}

// ListenPacket opens a datagram socket.
func (n *Net) ListenPacket(local netip.AddrPort) (net.PacketConn, error) {
	return n.Socket(local)
}

// Socket is ListenPacket with the socket's own type.
func (n *Net) Socket(local netip.AddrPort) (*PacketConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if local.Port() == 0 {
		local = netip.AddrPortFrom(local.Addr(), n.freePort())
	}
	if _, taken := n.sockets[local]; taken {
		return nil, fmt.Errorf("siptest: listen udp %s: %w", local, syscall.EADDRINUSE)
	}
	c := newPacketConn(n, local)
	n.sockets[local] = c
	return c, nil
}

// freePort is a port nobody has had yet; the caller holds n.mu.
func (n *Net) freePort() uint16 {
	n.nextPort++
	return n.nextPort
}

func (n *Net) closeSocket(c *PacketConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sockets[c.local] == c {
		delete(n.sockets, c.local)
	}
}

// linkOf is the quality of a way; the caller holds n.mu.
func (n *Net) linkOf(from, to netip.AddrPort) Link {
	if l, ok := n.paths[path{from.Addr(), to.Addr()}]; ok {
		return l
	}
	return n.link
}

// delay draws the time one datagram takes; the caller holds n.mu.
func (n *Net) delay(l Link) time.Duration {
	d := l.Delay
	if l.Jitter > 0 {
		d += time.Duration(n.rng.Int64N(int64(l.Jitter)))
	}
	if l.Reorder > 0 && n.rng.Float64() < l.Reorder {
		if l.Late == 0 {
			l.Late = 20 * time.Millisecond
		}
		d += l.Late
	}
	return d
}

// send puts one datagram on its way.
func (n *Net) send(from *PacketConn, b []byte, to netip.AddrPort) {
	raw := append([]byte(nil), b...)
	n.mu.Lock()
	l := n.linkOf(from.local, to)
	fate, copies := Delivered, 1
	switch {
	case n.state(from.local) == Silent || n.state(to) == Silent:
		fate = Silenced
	case l.Loss > 0 && n.rng.Float64() < l.Loss:
		fate = Lost
	case n.refuses(to):
		fate = Refused
	case n.sockets[to] == nil:
		fate = Silenced // no such machine
	case l.Double > 0 && n.rng.Float64() < l.Double:
		copies = 2
	}
	delays := make([]time.Duration, copies)
	for i := range delays {
		delays[i] = n.delay(l)
	}
	n.mu.Unlock()

	e := Entry{At: time.Now(), From: from.local, To: to, Transport: "UDP", Sent: true, Fate: fate, Message: Parse(raw)}
	n.Record.Add(e)
	switch fate {
	case Delivered:
		for i, d := range delays {
			if i > 0 {
				e.Fate = Duplicated
				n.Record.Add(e)
			}
			n.later.after(d, func() { n.arrive(from, raw, to) })
		}
	case Refused:
		// The error comes back over the same way, and never inside WriteTo.
		n.later.after(max(delays[0], 1), func() { from.unreached(to, raw) })
	}
}

// refuses tells whether a datagram to a meets ICMP; the caller holds n.mu.
func (n *Net) refuses(a netip.AddrPort) bool {
	if n.state(a) == Unreachable {
		return true
	}
	if n.sockets[a] != nil {
		return false
	}
	for other := range n.sockets {
		if other.Addr() == a.Addr() {
			return true
		}
	}
	for other := range n.listeners {
		if other.Addr() == a.Addr() {
			return true
		}
	}
	return false
}

// arrive hands a datagram to whoever listens there by now.
func (n *Net) arrive(from *PacketConn, raw []byte, to netip.AddrPort) {
	n.mu.Lock()
	c := n.sockets[to]
	silent := n.state(to) == Silent
	refused := c == nil && n.refuses(to)
	n.mu.Unlock()
	switch {
	case silent:
	case c != nil:
		c.deliver(packet{raw, from.local})
	case refused:
		from.unreached(to, raw)
	}
}
