package wire

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	quiet    = slog.New(slog.NewTextHandler(io.Discard, nil))
)

// What a Handler was told.
type (
	response struct {
		f    *Flight
		res  *gosip.Response
		from Peer
	}
	unreachable struct {
		f     *Flight
		fault Fault
		err   error
	}
	request struct {
		req  *gosip.Request
		tx   *ServerTx
		from Peer
	}
	cancelled struct{ tx *ServerTx }
	lost      struct {
		s   Server
		why Fault
		err error
	}
)

// told is a Handler that keeps what it is told, in order.
type told struct{ events chan any }

func newTold() *told { return &told{make(chan any, 1000)} }

func (h *told) OnResponse(f *Flight, res *gosip.Response, from Peer) {
	h.events <- response{f, res, from}
}

func (h *told) OnUnreachable(f *Flight, fault Fault, err error) {
	h.events <- unreachable{f, fault, err}
}

func (h *told) OnRequest(req *gosip.Request, tx *ServerTx, from Peer) {
	h.events <- request{req, tx, from}
}
func (h *told) OnCancel(tx *ServerTx) { h.events <- cancelled{tx} }
func (h *told) OnConnectionLost(s Server, why Fault, err error) {
	h.events <- lost{s, why, err}
}

// next is the next event, which must be an E.
func next[E any](t *testing.T, h *told) E {
	t.Helper()
	select {
	case e := <-h.events:
		if want, ok := e.(E); ok {
			return want
		}
		t.Fatalf("told %T %+v, want %T", e, e, *new(E))
	case <-time.After(time.Minute):
		t.Fatalf("told nothing, want %T", *new(E))
	}
	panic("unreachable")
}

// none asserts that the Handler is told nothing for a while.
func none(t *testing.T, h *told, d time.Duration) {
	t.Helper()
	select {
	case e := <-h.events:
		t.Fatalf("told %T %+v, want nothing", e, e)
	case <-time.After(d):
	}
}

// serve makes a Wire on loopback that knows these servers, and runs it until
// the test ends.
func serve(t *testing.T, cfg Config, servers ...Server) (*Wire, *told) {
	t.Helper()
	if !cfg.Addr.IsValid() {
		cfg.Addr = loopback
	}
	if cfg.Log == nil {
		cfg.Log = quiet
	}
	h := newTold()
	w, err := New(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(context.Background()) }()
	t.Cleanup(func() {
		w.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	w.SetServers(servers)
	return w, h
}

var branches atomic.Int64

func newBranch() string { return fmt.Sprintf("%s-test-%d", branchCookie, branches.Add(1)) }

// build makes a request as an owner would, with these extra header fields.
func build(method gosip.RequestMethod, branch string, extra ...gosip.Header) func(Route) (*gosip.Request, error) {
	return func(r Route) (*gosip.Request, error) {
		req := gosip.NewRequest(method, gosip.Uri{Scheme: "sip", User: "bob", Host: "pbx.example"})
		req.AppendHeader(r.Via(branch, true))
		from := &gosip.FromHeader{Address: gosip.Uri{Scheme: "sip", User: "alice", Host: "pbx.example"}}
		from.Params.Add("tag", "from-tag")
		req.AppendHeader(from)
		req.AppendHeader(&gosip.ToHeader{Address: gosip.Uri{Scheme: "sip", User: "bob", Host: "pbx.example"}})
		id := gosip.CallIDHeader("call-of-" + branch)
		req.AppendHeader(&id)
		req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: method})
		req.AppendHeader(r.Contact("alice"))
		for _, h := range extra {
			req.AppendHeader(h)
		}
		return req, nil
	}
}

func flight(s Server, method gosip.RequestMethod) *Flight {
	return &Flight{Server: s, Build: build(method, newBranch())}
}

// arriving is the text of a request from another, with the lines of more (each
// with CRLF) after the mandatory ones.
func arriving(method, branch, via, more string) string {
	return method + " sip:alice@127.0.0.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/" + via + ";branch=" + branch + "\r\n" +
		"From: <sip:bob@pbx.example>;tag=bobs\r\nTo: <sip:alice@pbx.example>\r\nCall-ID: c-" + branch + "\r\n" +
		"CSeq: 7 " + method + "\r\nContact: <sip:bob@127.0.0.1>\r\nMax-Forwards: 70\r\n" + more + "Content-Length: 0\r\n\r\n"
}

// udpServer is the far end of a datagram test.
type udpServer struct {
	*net.UDPConn
	Server
}

func newUDPServer(t *testing.T) udpServer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return udpServer{c, Server{Host: "127.0.0.1", Port: addrPortOf(c.LocalAddr()).Port(), Transport: sip.UDP}}
}

// read is the next datagram and its source.
func (s udpServer) read(t *testing.T) (string, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 65535)
	_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, from, err := s.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), from
}

// silent asserts that nothing arrives for a while.
func (s udpServer) silent(t *testing.T, d time.Duration) {
	t.Helper()
	buf := make([]byte, 65535)
	_ = s.SetReadDeadline(time.Now().Add(d))
	if n, from, err := s.ReadFromUDPAddrPort(buf); err == nil {
		t.Fatalf("%s sent %q", from, buf[:n])
	}
}

func (s udpServer) write(t *testing.T, text string, to netip.AddrPort) {
	t.Helper()
	if _, err := s.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// reply is the text of an answer to the request in text.
func reply(t *testing.T, text string, status int, extra ...string) string {
	t.Helper()
	msg, err := gosip.ParseMessage([]byte(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	res := gosip.NewResponseFromRequest(msg.(*gosip.Request), status, "Answer", nil)
	for _, h := range extra {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(gosip.NewHeader(name, value))
	}
	return res.String()
}

// parsed reads what the phone sent.
func parsed(t *testing.T, text string) gosip.Message {
	t.Helper()
	msg, err := gosip.ParseMessage([]byte(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return msg
}

func local(w *Wire) netip.AddrPort { return netip.AddrPortFrom(loopback, w.Port()) }

// transactions counts the server transactions that are kept.
func (w *Wire) transactions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(len(w.txs), len(w.txOrder))
}
