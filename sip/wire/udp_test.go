package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// A request leaves from the listener's port and says so, each copy is the same,
// and every answer reaches its flight, until it is forgotten.
func TestFlightOverUDP(t *testing.T) {
	server := newUDPServer(t)
	w, h := serve(t, Config{}, server.Server)
	f := flight(server.Server, "REGISTER")
	w.Start(f)
	first, from := server.read(t)
	w.Resend(f)
	second, _ := server.read(t)
	if first != second || from != local(w) {
		t.Errorf("from %s, want %s; copies differ: %v", from, local(w), first != second)
	}
	req := parsed(t, first).(*gosip.Request)
	if via := req.Via(); via.Host != "127.0.0.1" || via.Port != int(w.Port()) || via.Transport != "UDP" || !via.Params.Has("rport") {
		t.Errorf("Via: %s", via.Value())
	}
	if c := req.Contact().Address; c.Host != "127.0.0.1" || c.Port != int(w.Port()) || req.MaxForwards() == nil || req.ContentLength() == nil {
		t.Errorf("incomplete: %s", first)
	}
	if r, ok := f.Route(); !ok || r.Local != local(w) || r.Remote.Port() != server.Port || f.Request() == nil {
		t.Errorf("route %+v %v", r, ok)
	}

	for _, status := range []int{100, 200, 200} {
		server.write(t, reply(t, first, status), from)
		if got := next[response](t, h); got.f != f || got.res.StatusCode != status || !got.from.Server || got.from.Addr.Port() != server.Port {
			t.Errorf("told %+v", got)
		}
	}
	w.Abandon(f, false)
	w.Resend(f)
	server.write(t, reply(t, first, 200), from)
	next[response](t, h) // late, but told
	w.Forget(f)
	server.write(t, reply(t, first, 200), from)
	none(t, h, 50*time.Millisecond)
	server.silent(t, 50*time.Millisecond) // nothing left after Abandon
}

// CANCEL has the branch of its INVITE and goes where that went; each is
// answered by its own answers.
func TestCancelGoesAlong(t *testing.T) {
	server := newUDPServer(t)
	w, h := serve(t, Config{}, server.Server)
	branch := newBranch()
	invite := &Flight{Server: server.Server, Build: build("INVITE", branch)}
	w.Start(invite)
	asked, from := server.read(t)
	cancel := &Flight{Server: Server{Host: "does.not.matter", Port: 1}, Along: invite, Build: build("CANCEL", branch)}
	w.Start(cancel)
	text, _ := server.read(t)
	server.write(t, reply(t, text, 200), from)
	server.write(t, reply(t, asked, 487), from)
	if got := next[response](t, h); got.f != cancel {
		t.Errorf("the answer to CANCEL went to %v", got.f.Request().Method)
	}
	if got := next[response](t, h); got.f != invite || got.res.StatusCode != 487 {
		t.Errorf("the answer to INVITE went to %v", got.f.Request().Method)
	}
	w.Ack(server.Server, invite, build("ACK", branch))
	if text, _ := server.read(t); !strings.HasPrefix(text, "ACK ") {
		t.Errorf("got %q", text)
	}
}

// A closed port answers with ICMP, and the flight hears of it in milliseconds.
// The socket goes on as if nothing had happened.
func TestClosedPort(t *testing.T) {
	for _, addr := range []netip.Addr{loopback, netip.IPv6Unspecified(), netip.IPv4Unspecified()} { // one family, or both on one socket
		server, dead := newUDPServer(t), newUDPServer(t)
		dead.Close()
		w, h := serve(t, Config{Addr: addr}, server.Server, dead.Server)
		best := time.Hour // of 20: the machine may be busy
		for range 20 {
			f := flight(dead.Server, "REGISTER")
			begin := time.Now()
			w.Start(f)
			got := next[unreachable](t, h)
			if got.f != f || got.fault != ICMP || !errors.Is(got.err, syscall.ECONNREFUSED) {
				t.Fatalf("told %+v", got)
			}
			best = min(best, time.Since(begin))
			w.Resend(f) // its ICMP error is told no second time
			w.Forget(f)
		}
		if best > 20*time.Millisecond {
			t.Errorf("told after %v at best", best)
		}
		f := flight(server.Server, "REGISTER")
		w.Start(f)
		text, from := server.read(t)
		server.write(t, reply(t, text, 200), netip.AddrPortFrom(loopback, from.Port()))
		if got := next[response](t, h); got.f != f || !got.from.Addr.Addr().Is4() {
			t.Errorf("told %+v", got)
		}
	}
}

// The same over IPv6 (ICMPv6 type 1), on a socket of both families and of one.
func TestClosedPortIPv6(t *testing.T) {
	six := netip.IPv6Loopback()
	probe, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.AddrPortFrom(six, 0)))
	if err != nil {
		t.Skipf("SKIPPED: no IPv6 on this machine: %v", err)
	}
	dead := Server{Host: "::1", Port: addrPortOf(probe.LocalAddr()).Port(), Transport: sip.UDP}
	probe.Close()
	for _, addr := range []netip.Addr{six, netip.IPv6Unspecified()} {
		w, h := serve(t, Config{Addr: addr}, dead)
		f := flight(dead, "REGISTER")
		w.Start(f)
		stop := make(chan struct{})
		go func() { // the kernel sends one ICMPv6 error each 100 ms
			for tick := time.NewTicker(60 * time.Millisecond); ; w.Resend(f) {
				select {
				case <-tick.C:
				case <-stop:
					tick.Stop()
					return
				}
			}
		}()
		if got := next[unreachable](t, h); got.f != f || got.fault != ICMP {
			t.Errorf("told %+v", got)
		}
		close(stop)
		if text := f.Request().String(); !strings.Contains(text, "SIP/2.0/UDP [::1]:") || !strings.Contains(text, "<sip:alice@[::1]:") {
			t.Errorf("sent %q", text)
		}
	}
}

// An ICMP error counts only if it quotes an unanswered request of ours that
// went there.
func TestForeignICMP(t *testing.T) {
	server := newUDPServer(t)
	w, h := serve(t, Config{}, server.Server)
	f := flight(server.Server, "INVITE")
	w.Start(f)
	text, from := server.read(t)
	there := netip.AddrPortFrom(loopback, server.Port)
	branch := f.sent.Load().key.branch
	for what, payload := range map[string]string{
		"nothing":           "",
		"another's":         strings.Replace(text, branch, branchCookie+"-other", 1),
		"another method":    strings.Replace(text, "INVITE", "OPTIONS", 1),
		"a response":        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=" + branch + "\r\n",
		"half a branch":     text[:strings.Index(text, branch)+len(branch)-3],
		"all but its end":   text[:strings.Index(text, branch)+len(branch)],
		"branch in a value": "INVITE sip:a;branch=" + branch + " SIP/2.0\r\nVia: x",
	} {
		w.onICMP(there, syscall.ECONNREFUSED, []byte(payload))
		if len(h.events) > 0 {
			t.Errorf("%s counts", what)
		}
	}
	w.onICMP(netip.AddrPortFrom(loopback, 1), syscall.ECONNREFUSED, []byte(text))
	none(t, h, 20*time.Millisecond)
	server.write(t, reply(t, text, 100), from)
	next[response](t, h)
	w.onICMP(there, syscall.ECONNREFUSED, []byte(text)) // an older copy: the server lives
	none(t, h, 20*time.Millisecond)

	g := flight(server.Server, "INVITE")
	w.Start(g)
	text, _ = server.read(t)
	w.onICMP(there, syscall.EHOSTUNREACH, []byte(text[:250])) // routers quote the first bytes
	if got := next[unreachable](t, h); got.f != g || got.fault != ICMP {
		t.Errorf("told %+v", got)
	}
}

// RFC 3261 §18.1.1 would have it sent over TCP; the server has UDP.
func TestLargeMessageGoesOut(t *testing.T) {
	server := newUDPServer(t)
	w, _ := serve(t, Config{}, server.Server)
	body := bytes.Repeat([]byte("a=candidate\r\n"), 300)
	f := &Flight{Server: server.Server, Build: func(r Route) (*gosip.Request, error) {
		req, err := build("INVITE", newBranch())(r)
		req.SetBody(body)
		return req, err
	}}
	w.Start(f)
	if text, _ := server.read(t); len(text) < 3900 || parsed(t, text).ContentLength().Value() != "3900" {
		t.Errorf("%d bytes arrived", len(text))
	}
}

// What would forge header fields or a second message never leaves.
func TestInjectionIsRefused(t *testing.T) {
	server := newUDPServer(t)
	w, h := serve(t, Config{}, server.Server)
	for what, extra := range map[string]gosip.Header{
		"a header value": gosip.NewHeader("Subject", "x\r\nEvil: 1"),
		"a header name":  gosip.NewHeader("A: b\r\nEvil", "1"),
		"a display name": &gosip.FromHeader{DisplayName: "x\r\nEvil: 1"},
		"a URI":          &gosip.RouteHeader{Address: gosip.Uri{Host: "h\r\n\r\nINVITE"}},
		"a lone CR":      gosip.NewHeader("Subject", "x\rEvil: 1"),
		"a lone LF":      gosip.NewHeader("Subject", "x\nEvil: 1"),
		"a NUL":          gosip.NewHeader("Subject", "x\x00"),
	} {
		w.Start(&Flight{Server: server.Server, Build: build("INVITE", newBranch(), extra)})
		if got := next[unreachable](t, h); got.fault != Invalid {
			t.Errorf("%s: %v", what, got.fault)
		}
	}
	w.Start(&Flight{Server: server.Server, Build: build("INVITE", "")}) // no branch
	if got := next[unreachable](t, h); got.fault != Invalid {
		t.Error(got.fault)
	}
	broken := errors.New("can not be built")
	w.Start(&Flight{Server: server.Server, Build: func(Route) (*gosip.Request, error) { return nil, broken }})
	if got := next[unreachable](t, h); got.fault != Invalid || !errors.Is(got.err, broken) {
		t.Error(got)
	}
	server.silent(t, 30*time.Millisecond)
}

// The local address is the one of the route, and no route at all is the phone's
// own trouble; a missing route to one of two servers is that server's.
func TestNoRoute(t *testing.T) {
	server := newUDPServer(t)
	far := Server{Host: "203.0.113.9", Port: 5060, Transport: sip.UDP}
	cfg := Config{Addr: netip.IPv4Unspecified(), Source: func(remote netip.AddrPort) (netip.Addr, error) {
		if remote.Addr() == netip.MustParseAddr(far.Host) {
			return netip.Addr{}, syscall.ENETUNREACH
		}
		return sourceTo(remote)
	}}
	w, h := serve(t, cfg, far)
	w.Start(flight(far, "REGISTER"))
	if got := next[unreachable](t, h); got.fault != NoNetwork {
		t.Errorf("with no other server: %v", got.fault)
	}
	fixed := cfg
	fixed.Addr = loopback
	fixed.ListenPacket = func(context.Context, string, string) (net.PacketConn, error) { return noRoutes{}, nil }
	v, g := serve(t, fixed, far)
	v.Start(flight(far, "REGISTER"))
	if got := next[unreachable](t, g); got.fault != NoNetwork {
		t.Errorf("when sending fails: %v", got.fault)
	}
	w.SetServers([]Server{far, server.Server})
	w.Start(flight(far, "REGISTER"))
	if got := next[unreachable](t, h); got.fault != ICMP {
		t.Errorf("with a server that can be reached: %v", got.fault)
	}
	if a, ok := w.Local(server.Server); !ok || a != local(w) {
		t.Errorf("local address %v %v", a, ok)
	}
	if a, ok := w.Local(far); ok {
		t.Errorf("a local address without a route: %v", a)
	}
}

// noRoutes is a socket without a network.
type noRoutes struct{ net.PacketConn }

func (noRoutes) WriteTo([]byte, net.Addr) (int, error)  { return 0, syscall.ENETUNREACH }
func (noRoutes) ReadFrom([]byte) (int, net.Addr, error) { return 0, nil, syscall.EIO }
func (noRoutes) LocalAddr() net.Addr                    { return &net.UDPAddr{Port: 5060} }
func (noRoutes) Close() error                           { return nil }

// A stranger gets nothing and costs nothing; a peer of a dialog is heard, and
// known to be no server.
func TestStrangers(t *testing.T) {
	stranger := newUDPServer(t)
	server := Server{Host: "127.0.0.2", Port: 5060, Transport: sip.UDP}
	w, h := serve(t, Config{}, server)
	for _, text := range []string{
		arriving("OPTIONS", newBranch(), "UDP 127.0.0.1:9", ""), arriving("INVITE", newBranch(), "UDP 127.0.0.2:9", ""),
		"SIP/2.0 200 OK\r\n\r\n", "\r\n\r\n", "x",
	} {
		stranger.write(t, text, local(w))
	}
	stranger.silent(t, 400*time.Millisecond) // longer than an automatic 100 would take
	none(t, h, time.Millisecond)
	if n := w.transactions(); n != 0 || w.strangers.Load() != 5 {
		t.Errorf("%d transactions, %d dropped", n, w.strangers.Load())
	}
	w.SetPeers([]netip.Addr{loopback})
	stranger.write(t, arriving("BYE", newBranch(), "UDP 127.0.0.1:9;rport", ""), local(w))
	if got := next[request](t, h); got.from.Server {
		t.Error("a dialog's peer passes for a server")
	}
	w.SetPeers(nil)
	stranger.write(t, arriving("BYE", newBranch(), "UDP 127.0.0.1:9;rport", ""), local(w))
	none(t, h, 50*time.Millisecond)
}

// A CRLF keep-alive is two bytes and asks for nothing.
func TestPingOverUDP(t *testing.T) {
	server := newUDPServer(t)
	w, h := serve(t, Config{}, server.Server)
	w.Ping(server.Server)
	if text, from := server.read(t); text != "\r\n" || from != local(w) {
		t.Errorf("%q from %s", text, from)
	}
	server.write(t, "\x00\x00\x00\x00", local(w)) // Kamailio's way
	none(t, h, 20*time.Millisecond)
}

// 100,000 datagrams of noise from the server's own address, many of them nearly
// SIP: nothing breaks, nothing is kept, and the next call comes through.
func TestRandomDatagrams(t *testing.T) {
	server := Server{Host: "127.0.0.1", Port: 9, Transport: sip.UDP}
	h := newTold()
	w, err := New(Config{Addr: loopback, Log: quiet}, h)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.SetServers([]Server{server})
	seed := []byte(arriving("INVITE", newBranch(), "UDP 127.0.0.1:9;rport", "Record-Route: <sip:a;lr>\r\n"))
	state := uint64(1)
	random := func() uint64 { // splitmix64
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		return z ^ z>>27
	}
	from := netip.MustParseAddrPort("127.0.0.1:9")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 100_000 {
		b := bytes.Clone(seed)
		switch {
		case i%4 == 0:
			b = b[:random()%64+1]
			for j := range b {
				b[j] = byte(random())
			}
		default:
			for range random()%6 + 1 {
				b[random()%uint64(len(b))] = byte(random())
			}
			binary.LittleEndian.PutUint32(b[bytes.Index(seed, []byte("test-")):], uint32(i)|0x41414141)
		}
		w.datagram(b, from)
	}
	for i := range 100_000 { // from as many strangers
		stranger := netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 9})
		w.datagram(seed, netip.AddrPortFrom(stranger, uint16(i)))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d KB more in use", grown>>10)
	}
	w.mu.Lock()
	txs, flights, waiting := len(w.txs), len(w.flights), len(w.news.queue)
	w.mu.Unlock()
	if txs > maxServerTx || flights != 0 || waiting > maxNews+1 {
		t.Errorf("%d transactions, %d flights, %d waiting", txs, flights, waiting)
	}
}
