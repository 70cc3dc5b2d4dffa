package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// A Flight is one client transaction on the network: a request on its way to
// one server. The exported fields are set before Start and not changed then.
type Flight struct {
	Server Server
	// Along sends the request the way another flight went: same address, same
	// connection while it lasts. CANCEL goes along its INVITE.
	Along *Flight
	// Build makes the request when its way is known. It puts Route.Via on top,
	// with a branch of its own. It is called again, with the same branch, for each
	// other way the request turns out to need: another connection where the first
	// was dead, or another transport (PreferTCP). It may run on the goroutine that
	// calls Start or on another one, so it reads only what it has captured.
	Build func(Route) (*gosip.Request, error)
	// PreferTCP sends a request of more than 1300 bytes to a UDP server over TCP
	// if the server has TCP at the same address and port (RFC 3261 §18.1.1), else
	// over UDP after all. Route tells which it was; Resend repeats only the latter.
	PreferTCP bool
	// Owner is the caller's own.
	Owner any

	sent atomic.Pointer[departure]
	once bool // an ACK: no answer, no faults, not remembered

	// Guarded by Wire.mu.
	started  bool
	over     bool  // abandoned or forgotten: nothing of it leaves any more
	answered bool  // any response has come
	faulted  bool  // OnUnreachable is on its way
	reused   bool  // it went over a connection that had been up before
	retried  bool  // it has had its second connection
	aimed    bool  // its target is counted in Wire.targets
	small    bool  // it goes over UDP whatever its size
	link     *link // the connection it waits on, nil for UDP
	late     *link // given up, and read on for its answer
}

// A flightKey tells client transactions apart (RFC 3261 §17.1.3).
type flightKey struct {
	branch string
	method gosip.RequestMethod
}

// A departure is a message as it was sent.
type departure struct {
	req   *gosip.Request
	raw   []byte
	route Route
	key   flightKey
	link  *link
}

var (
	errClosed    = errors.New("the wire is closed")
	errNotWanted = errors.New("no longer used")
	errSilent    = errors.New("no answer in time")
)

// Start resolves, connects and builds as needed, and sends the first copy.
// Where nothing is to be waited for, it has left when Start returns.
func (w *Wire) Start(f *Flight) {
	w.mu.Lock()
	if w.closed || f.started || f.over {
		w.mu.Unlock()
		return
	}
	f.started = true
	w.mu.Unlock()
	if f.Along != nil && w.follow(f, f.Along.sent.Load()) {
		return
	}
	if f.Server.Transport.Reliable() {
		w.board(f)
		return
	}
	w.resolver.find(f.Server.Host, func(addrs []netip.Addr, err error) {
		if err != nil {
			w.fault(f, NoName, err)
			return
		}
		w.launch(f, addrs)
	})
}

// follow sends f the way d went; false if there is no such way any more.
func (w *Wire) follow(f *Flight, d *departure) bool {
	if d == nil {
		return false
	}
	if d.link == nil {
		w.depart(f, d.route, nil)
		return true
	}
	w.mu.Lock()
	up := w.carries(d.link)
	if up {
		f.reused = true
	}
	w.mu.Unlock()
	if up {
		w.depart(f, d.route, d.link)
	}
	return up
}

// launch sends f over UDP to the first address there is a route to.
func (w *Wire) launch(f *Flight, addrs []netip.Addr) {
	err := errNoName
	for _, a := range addrs {
		remote := netip.AddrPortFrom(a, f.Server.Port)
		var local netip.Addr
		if local, err = w.source(remote); err == nil {
			w.depart(f, w.udpRoute(local, remote), nil)
			return
		}
	}
	fault := ICMP
	if noRoute(err) && len(addrs) > 0 {
		fault = w.blame(addrs[0], ICMP)
	}
	w.fault(f, fault, fmt.Errorf("route to %s: %w", f.Server.Host, err))
}

func (w *Wire) udpRoute(local netip.Addr, remote netip.AddrPort) Route {
	return Route{Local: netip.AddrPortFrom(local, w.port), Remote: remote, Transport: sip.UDP, Listen: w.port}
}

// depart builds f for its way and sends it.
func (w *Wire) depart(f *Flight, r Route, l *link) {
	w.mu.Lock()
	over := f.over
	r.Anew = r.Anew || f.retried && l != nil && f.Along == nil
	w.mu.Unlock()
	if over {
		return // given up while its way was looked for: nothing is built
	}
	req, err := f.Build(r)
	var raw []byte
	var key flightKey
	if err == nil {
		raw, key, err = encodeRequest(req)
	}
	if err != nil {
		w.fault(f, Invalid, err)
		return
	}
	if l == nil && f.PreferTCP && len(raw) > largest && w.enlarge(f, r.Remote) {
		return
	}
	newTarget := false
	w.mu.Lock()
	if f.over || w.closed {
		w.mu.Unlock()
		return
	}
	if !f.once {
		if other := w.flights[key]; other != nil && other != f {
			w.mu.Unlock()
			w.fault(f, Invalid, fmt.Errorf("%s: the branch is in use", key.method))
			return
		}
		w.flights[key] = f
		if !f.aimed {
			f.aimed = true
			newTarget = w.aim(r.Remote.Addr(), 1)
		}
	}
	f.sent.Store(&departure{req, raw, r, key, l})
	lost := false
	if l != nil {
		switch lost = !w.carries(l); {
		case lost:
		case f.once:
			l.acked(f)
		default:
			f.link = l
			l.flights[f] = struct{}{}
		}
	}
	w.mu.Unlock()
	if newTarget {
		w.openGate()
	}
	switch {
	case l == nil:
		if fault, err := w.sendUDP(raw, r.Remote); fault != 0 {
			w.fault(f, fault, err)
		}
	case lost:
		<-l.stream.done // it was the reason
		if anew := w.again(f, l, false, l.stream.err); anew != nil {
			anew()
		}
	default:
		l.stream.send(raw)
	}
}

// Resend sends one more copy, the same bytes. It does nothing on TCP and TLS,
// before the first copy has left, and after Abandon.
func (w *Wire) Resend(f *Flight) {
	d := f.sent.Load()
	if d == nil || d.link != nil {
		return // RFC 3261 §17.1.1.2: no retransmission over a reliable transport
	}
	w.mu.Lock()
	over := f.over || w.closed
	w.mu.Unlock()
	if over {
		return
	}
	if fault, err := w.sendUDP(d.raw, d.route.Remote); fault != 0 {
		w.fault(f, fault, err)
	}
}

// Abandon ends the sending: what has not left never will. Late responses are
// told until Forget. dead says that the server gave no answer in time: a TCP or
// TLS connection the flight went over is lost, and the next flight to a name
// with several addresses goes to another one. One that an INVITE went over is read on
// until that is forgotten: a server that stood still takes the INVITE up when it
// goes on, and only over that connection can its answer come, and the CANCEL go.
func (w *Wire) Abandon(f *Flight, dead bool) {
	w.mu.Lock()
	f.over = true
	l := f.link
	dead = dead && !f.answered
	var silent *stream
	retires := false
	if dead && l != nil && l.stream != nil && !l.retired {
		silent = l.stream
		retires = w.readOn(l)
	}
	w.leave(f)
	w.mu.Unlock()
	if !dead {
		return
	}
	if d := f.sent.Load(); d != nil {
		w.resolver.demote(d.route.Remote.Addr())
	}
	switch {
	case retires:
		w.lost(l, errSilent)
	case silent != nil:
		silent.end(errSilent)
	}
}

// readOn keeps l, which is given up, for the answers to the INVITEs that went
// over it, until they are forgotten; false if there are none. The caller holds
// mu.
func (w *Wire) readOn(l *link) bool {
	for key, f := range w.flights {
		if d := f.sent.Load(); key.method == gosip.INVITE && d.link == l && f.late == nil {
			f.late = l
			l.late++
		}
	}
	return l.late > 0
}

// carries tells whether something may be sent over l; the caller holds mu.
func (w *Wire) carries(l *link) bool {
	return l.stream != nil && (w.links[l.server] == l || w.retired[l])
}

// Forget releases the flight; responses to it are dropped from now on.
func (w *Wire) Forget(f *Flight) {
	newTarget := false
	w.mu.Lock()
	f.over = true
	if d := f.sent.Load(); d != nil {
		if w.flights[d.key] == f {
			delete(w.flights, d.key)
		}
		if f.aimed {
			f.aimed = false
			newTarget = w.aim(d.route.Remote.Addr(), -1)
		}
	}
	unused := w.leave(f)
	if l := f.late; l != nil {
		f.late = nil
		if l.late--; l.late == 0 {
			unused = l.stream
		}
	}
	w.mu.Unlock()
	if newTarget {
		w.openGate()
	}
	if unused != nil {
		unused.end(errNotWanted)
	}
}

// Ack sends a request that has no answer and no transaction: the ACK. It goes
// the way of along if that is not nil, else to s.
func (w *Wire) Ack(s Server, along *Flight, build func(Route) (*gosip.Request, error)) {
	w.Start(&Flight{Server: s, Along: along, Build: build, once: true})
}

// fault tells the owner of f, once, that it did not reach its server.
func (w *Wire) fault(f *Flight, fault Fault, err error) {
	w.mu.Lock()
	mute := f.over || f.faulted || f.once
	f.faulted = true
	w.mu.Unlock()
	if f.once {
		w.trouble.say("ACK not sent", "server", f.Server.Host, "err", err)
	}
	if mute {
		return
	}
	if d := f.sent.Load(); d != nil && fault == ICMP {
		w.resolver.demote(d.route.Remote.Addr())
	}
	w.news.push(false, func() {
		w.mu.Lock()
		over := f.over
		w.mu.Unlock()
		if !over {
			w.handler.OnUnreachable(f, fault, err)
		}
	})
}

// remembers tells whether f is not forgotten.
func (w *Wire) remembers(f *Flight) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := f.sent.Load()
	return d != nil && w.flights[d.key] == f
}

// Request is the message as it was sent last, or nil. It must not be changed.
func (f *Flight) Request() *gosip.Request {
	if d := f.sent.Load(); d != nil {
		return d.req
	}
	return nil
}

// Route is the way of the message as it was sent last; ok is false before.
func (f *Flight) Route() (r Route, ok bool) {
	if d := f.sent.Load(); d != nil {
		return d.route, true
	}
	return Route{}, false
}

// Local is the local address and port towards s as a Route would have it. ok is
// false while that is not known: no address, no route, no connection.
func (w *Wire) Local(s Server) (local netip.AddrPort, ok bool) {
	if s.Transport.Reliable() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if l := w.links[s]; l != nil && l.stream != nil {
			return l.stream.local, true
		}
		return local, false
	}
	for _, a := range w.resolver.known(s.Host) {
		if a, err := w.source(netip.AddrPortFrom(a, s.Port)); err == nil {
			return netip.AddrPortFrom(a, w.port), true
		}
	}
	return local, false
}
