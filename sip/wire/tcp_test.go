package wire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// tcpServer is the far end of a connection test.
type tcpServer struct {
	net.Listener
	Server
}

func newTCPServer(t *testing.T) tcpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return tcpServer{l, Server{Host: "127.0.0.1", Port: addrPortOf(l.Addr()).Port(), Transport: sip.TCP}}
}

// A farConn is one connection seen from the far end.
type farConn struct {
	net.Conn
	r *bufio.Reader
}

func far(c net.Conn) farConn { return farConn{c, bufio.NewReader(c)} }

func (s tcpServer) accept(t *testing.T) farConn {
	t.Helper()
	_ = s.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second))
	c, err := s.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return far(c)
}

// read is the next message, which has no body.
func (c farConn) read(t *testing.T) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	var b strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after %q", err, b.String())
		}
		b.WriteString(line)
		if line == "\r\n" {
			return b.String()
		}
	}
}

func (c farConn) write(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// reset ends the connection with RST.
func (c farConn) reset() {
	_ = c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// ended waits until the phone has closed the connection.
func (c farConn) ended(t *testing.T) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := io.Copy(io.Discard, c.r); n != 0 || errors.Is(err, syscall.ETIMEDOUT) {
		t.Fatalf("%d bytes, %v; want the end", n, err)
	}
}

// Requests to one server share a connection; Via names the port where the phone
// listens, Contact the connection; nothing is repeated, and answers arrive however the stream is cut.
func TestFlightOverTCP(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	f, g := flight(server.Server, "REGISTER"), flight(server.Server, "OPTIONS")
	w.Start(f)
	w.Start(g)
	c := server.accept(t)
	first, second := c.read(t), c.read(t)
	w.Resend(f)
	req := parsed(t, first).(*gosip.Request)
	here := addrPortOf(c.RemoteAddr())
	if via := req.Via(); via.Transport != "TCP" || via.Port != int(w.Port()) {
		t.Errorf("Via %s, want port %d", via.Value(), w.Port())
	}
	if contact := req.Contact().Value(); !strings.Contains(contact, here.String()+";transport=tcp") {
		t.Errorf("Contact %s", contact)
	}
	if r, ok := f.Route(); !ok || r.Local != here || r.Listen != w.Port() {
		t.Errorf("route %+v", r)
	}
	if a, ok := w.Local(server.Server); !ok || a != here {
		t.Errorf("local address %v %v", a, ok)
	}
	both := reply(t, first, 100) + "\r\n\r\n" + reply(t, second, 200) + reply(t, first, 200)
	for _, b := range []byte(both) {
		c.write(t, string(b))
	}
	for _, want := range []*Flight{f, g, f} {
		if got := next[response](t, h); got.f != want || got.from.Transport != sip.TCP || !got.from.Server {
			t.Errorf("told %+v", got)
		}
	}
	if pong := make([]byte, 2); true {
		if _, err := io.ReadFull(c.r, pong); err != nil || string(pong) != "\r\n" { // and no second copy of f before it
			t.Errorf("%q %v; want the answer to the keep-alive", pong, err)
		}
	}
	c.Close()
	if got := next[lost](t, h); got.s != server.Server {
		t.Errorf("lost %+v", got)
	}
}

func TestRefused(t *testing.T) {
	server := newTCPServer(t)
	server.Close()
	w, h := serve(t, Config{}, server.Server)
	f := flight(server.Server, "REGISTER")
	w.Start(f)
	if got := next[unreachable](t, h); got.f != f || got.fault != Refused || !errors.Is(got.err, syscall.ECONNREFUSED) {
		t.Errorf("told %+v", got)
	}
}

// A server that has lost the connection opens one to the Via (RFC 3261 §18.2.2),
// and its answer is taken there.
func TestAnAnswerOverTheServersOwnConnection(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	f := flight(server.Server, "INVITE")
	w.Start(f)
	c := server.accept(t)
	text := c.read(t)
	via := parsed(t, text).Via()
	back, err := net.Dial("tcp", net.JoinHostPort(via.Host, strconv.Itoa(via.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if _, err := back.Write([]byte(reply(t, text, 200))); err != nil {
		t.Fatal(err)
	}
	if got := next[response](t, h); got.f != f || got.from.Transport != sip.TCP {
		t.Errorf("told %+v", got)
	}
}

// An ACK has no answer that would tell whether it arrived: with its connection
// it may be lost, so it goes again over the next one, once.
func TestAnAckIsLostWithItsConnection(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	f := flight(server.Server, "INVITE")
	w.Start(f)
	c := server.accept(t)
	c.write(t, reply(t, c.read(t), 200))
	next[response](t, h)

	ack := flight(server.Server, "ACK")
	w.Ack(server.Server, f, ack.Build)
	before := c.read(t)
	c.reset()
	next[lost](t, h)
	d := server.accept(t)
	after := d.read(t)
	if !strings.HasPrefix(after, "ACK ") || parsed(t, before).Via().Params.GetOr("branch", "") != parsed(t, after).Via().Params.GetOr("branch", "") {
		t.Errorf("after the reset:\n%s\nbefore:\n%s", after, before)
	}
	d.reset()
	next[lost](t, h)

	// Not a third time: what comes next is something else.
	w.Start(flight(server.Server, "OPTIONS"))
	if text := server.accept(t).read(t); !strings.HasPrefix(text, "OPTIONS ") {
		t.Errorf("after the second reset:\n%s", text)
	}
}

// A connection that an idle time has ended is opened again without a word about
// the server; a loss on the new one counts.
func TestResetOfAReusedConnection(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	first := flight(server.Server, "REGISTER")
	w.Start(first)
	c := server.accept(t)
	c.write(t, reply(t, c.read(t), 200))
	next[response](t, h)

	second := flight(server.Server, "INVITE")
	w.Start(second)
	before := c.read(t)
	c.reset()
	if got := next[lost](t, h); got.s != server.Server {
		t.Errorf("lost %+v", got)
	}
	d := server.accept(t)
	after := d.read(t)
	was, is := parsed(t, before).Via(), parsed(t, after).Via()
	if was.Params.GetOr("branch", "") != is.Params.GetOr("branch", "") || was.Port != int(w.Port()) || is.Port != int(addrPortOf(d.RemoteAddr()).Port()) {
		t.Errorf("sent again as %s after %s", is.Value(), was.Value())
	}
	d.reset()
	if got := next[unreachable](t, h); got.f != second || got.fault != Refused {
		t.Errorf("told %+v", got)
	}
	next[lost](t, h)

	third := flight(server.Server, "BYE") // on a connection of its own: the reset counts
	w.Start(third)
	e := server.accept(t)
	e.read(t)
	e.reset()
	if got := next[unreachable](t, h); got.f != third || got.fault != Refused {
		t.Errorf("told %+v", got)
	}
}

// A server that has lost power: the connection stands, nothing comes. The owner
// gives up and the next request has a new connection; one that waited on the
// dead one too is sent again.
func TestHalfOpen(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	first := flight(server.Server, "REGISTER")
	w.Start(first)
	c := server.accept(t)
	c.write(t, reply(t, c.read(t), 200))
	next[response](t, h)
	silent, other := flight(server.Server, "INVITE"), flight(server.Server, "OPTIONS")
	w.Start(silent)
	w.Start(other)
	c.read(t)
	c.read(t)
	w.Abandon(silent, true)
	next[lost](t, h)
	d := server.accept(t)
	if text := d.read(t); !strings.HasPrefix(text, "OPTIONS ") {
		t.Errorf("sent again: %q", text)
	}
	w.Forget(silent)
	c.ended(t)
}

// The answer to an INVITE that was given up comes over the connection that it
// went over, and so does the CANCEL go; all else is over a new one.
func TestALateAnswerOverAConnectionThatWasGivenUp(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	invite := flight(server.Server, "INVITE")
	w.Start(invite)
	c := server.accept(t)
	text := c.read(t)
	w.Abandon(invite, true)
	if got := next[lost](t, h); got.s != server.Server {
		t.Errorf("lost %+v", got)
	}
	c.write(t, reply(t, text, 180))
	if got := next[response](t, h); got.f != invite || got.res.StatusCode != 180 {
		t.Errorf("told %+v", got)
	}
	cancel := flight(server.Server, "CANCEL")
	cancel.Along = invite
	w.Start(cancel)
	if text := c.read(t); !strings.HasPrefix(text, "CANCEL ") {
		t.Errorf("over the old connection: %q", text)
	}
	other := flight(server.Server, "REGISTER")
	w.Start(other)
	d := server.accept(t)
	if text := d.read(t); !strings.HasPrefix(text, "REGISTER ") {
		t.Errorf("over the new connection: %q", text)
	}
	w.Abandon(cancel, true) // nothing more is lost by that
	none(t, h, 20*time.Millisecond)
	w.Forget(invite)
	c.ended(t)
	none(t, h, 20*time.Millisecond)
}

// A connect that nobody waits for any more is given up, and what waited for it
// never leaves.
func TestAbandonedWhileConnecting(t *testing.T) {
	dialled := make(chan context.Context, 2)
	cfg := Config{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialled <- ctx
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	s := Server{Host: "127.0.0.1", Port: 5060, Transport: sip.TCP}
	w, h := serve(t, cfg, s)
	f, g := flight(s, "REGISTER"), flight(s, "OPTIONS")
	w.Start(f)
	ctx := <-dialled
	w.Start(g)
	w.Abandon(f, true)
	if ctx.Err() != nil {
		t.Error("given up though another waits")
	}
	w.Abandon(g, true)
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("the connect ended by itself: %v", ctx.Err())
	}
	none(t, h, 20*time.Millisecond)
	if f.Request() != nil || g.Request() != nil {
		t.Error("built though given up")
	}
}

// A server that takes TCP but no data must not hold anyone up.
func TestStuckPeer(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	body := make([]byte, 60_000)
	huge := func(r Route) (*gosip.Request, error) {
		req, err := build("INFO", newBranch())(r)
		req.SetBody(body)
		return req, err
	}
	w.Start(flight(server.Server, "REGISTER"))
	c := server.accept(t)
	c.read(t)
	begin := time.Now()
	for range 400 {
		w.Start(&Flight{Server: server.Server, Build: huge})
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("held up for %v", took)
	}
	next[unreachable](t, h) // the first: its connection was new
}

// RFC 5626 §4.4.1: a server that has answered a keep-alive and does not any
// more is dead; one that never did is not asked to.
func TestPingOverTCP(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	w.Ping(server.Server) // no connection: nothing to keep alive
	w.Start(flight(server.Server, "REGISTER"))
	c := server.accept(t)
	text := c.read(t)
	w.Ping(server.Server)
	ping := make([]byte, 4)
	if _, err := io.ReadFull(c.r, ping); err != nil || string(ping) != "\r\n\r\n" {
		t.Fatalf("%q %v", ping, err)
	}
	c.write(t, "\r\n"+reply(t, text, 200))
	next[response](t, h) // the pong before it is seen
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ponging[server.Server] {
		t.Error("the pong was not seen")
	}
}

// One address, two transports, two names: never each other's connection.
func TestConnectionsAreNotMixedUp(t *testing.T) {
	server := newTCPServer(t)
	a, b := server.Server, server.Server
	a.Host, b.Host = "a.example", "b.example"
	cfg := Config{LookupNetIP: func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{loopback}, nil
	}}
	w, _ := serve(t, cfg, a, b)
	w.Start(flight(a, "REGISTER"))
	first := server.accept(t)
	first.read(t)
	w.Start(flight(b, "OPTIONS"))
	second := server.accept(t)
	if text := second.read(t); !strings.HasPrefix(text, "OPTIONS") {
		t.Errorf("got %q", text)
	}
}

// CANCEL and ACK go over the connection of their INVITE; when that is gone, over
// a new one to their server.
func TestAlongOverTCP(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	branch := newBranch()
	invite := &Flight{Server: server.Server, Build: build("INVITE", branch)}
	w.Start(invite)
	c := server.accept(t)
	text := c.read(t)
	c.write(t, reply(t, text, 180))
	next[response](t, h)
	w.Start(&Flight{Server: server.Server, Along: invite, Build: build("CANCEL", branch)})
	if got := c.read(t); !strings.HasPrefix(got, "CANCEL") {
		t.Errorf("got %q", got)
	}
	c.write(t, reply(t, text, 487))
	next[response](t, h)
	w.Ack(server.Server, invite, build("ACK", branch))
	if got := c.read(t); !strings.HasPrefix(got, "ACK") {
		t.Errorf("got %q", got)
	}
	c.Close()
	d := server.accept(t) // the CANCEL had no answer yet, the ACK may not have arrived
	for _, want := range []string{"ACK", "CANCEL"} {
		if got := d.read(t); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %s again", got, want)
		}
	}
	next[lost](t, h)
	w.Ack(server.Server, invite, build("ACK", branch))
	if got := d.read(t); !strings.HasPrefix(got, "ACK") {
		t.Errorf("over a new connection: %q", got)
	}
}
