package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/siptest"
)

// largeFlight is a request to a UDP server that may go over TCP; over UDP from
// phoneAddr it has so many bytes.
func largeFlight(t *testing.T, bytes int) *Flight {
	t.Helper()
	branch := newBranch()
	padded := func(n int) func(Route) (*gosip.Request, error) {
		return build("MESSAGE", branch, gosip.NewHeader("Subject", strings.Repeat("x", n)))
	}
	req, err := padded(1)(Route{Local: netip.AddrPortFrom(phoneAddr, 5060), Transport: sip.UDP})
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := encodeRequest(req)
	if err != nil {
		t.Fatal(err)
	}
	return &Flight{Server: pbxUDP, PreferTCP: true, Build: padded(bytes - len(raw) + 1)}
}

// virtualDial is virtual with another way to connect; dials counts the calls.
func virtualDial(t *testing.T, dial func(ctx context.Context, n *siptest.Net) (net.Conn, error), test func(t *testing.T, w *Wire, h *told, pbx memoryServer, dials *atomic.Int32)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := siptest.NewNet(1)
		pc, err := n.ListenPacket(pbxAddr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pc.Close() })
		cfg := inMemory(n)
		dials := new(atomic.Int32)
		cfg.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
			dials.Add(1)
			if address != pbxAddr.String() {
				return nil, fmt.Errorf("dialled %s", address)
			}
			return dial(ctx, n)
		}
		w, h := serve(t, cfg, pbxUDP)
		test(t, w, h, memoryServer{pc, n}, dials)
	})
}

func plainDial(ctx context.Context, n *siptest.Net) (net.Conn, error) {
	return n.Dial(ctx, netip.AddrPortFrom(phoneAddr, 0), pbxAddr)
}

// RFC 3261 §18.1.1: a request of more than 1300 bytes goes over TCP, to the same
// address and port. What is not larger, or not to be moved, stays with UDP.
func TestALargeRequestGoesOverTCP(t *testing.T) {
	virtualDial(t, plainDial, func(t *testing.T, w *Wire, h *told, pbx memoryServer, dials *atomic.Int32) {
		accept := accepting(t, pbx.net)
		stays := largeFlight(t, 3000)
		stays.PreferTCP = false
		for _, f := range []*Flight{largeFlight(t, largest), stays} {
			w.Start(f)
			text := pbx.read(t, time.Second)
			if !strings.Contains(text, "\r\nVia: SIP/2.0/UDP ") || dials.Load() != 0 {
				t.Errorf("%d connects, over UDP %q", dials.Load(), startLine(text))
			}
			pbx.write(t, reply(t, text, 200))
			next[response](t, h)
		}
		if _, err := pbx.net.Dial(t.Context(), netip.AddrPortFrom(pbxAddr.Addr(), 0), netip.AddrPortFrom(phoneAddr, 5060)); err == nil {
			t.Error("the phone listens on TCP though no server uses it")
		}

		f := largeFlight(t, largest+1)
		w.Start(f)
		c := accept()
		text := c.read(t)
		req := parsed(t, text).(*gosip.Request)
		r, _ := f.Route()
		if via := req.Via(); via.Transport != "TCP" || r.Transport != sip.TCP || r.Remote != pbxAddr || r.Listen != w.Port() {
			t.Errorf("Via %s, route %+v", via.Value(), r)
		}
		if contact := req.Contact().Value(); !strings.HasSuffix(contact, ";transport=tcp>") {
			t.Errorf("Contact %s", contact)
		}
		w.Resend(f) // it can not get lost
		if text := pbx.read(t, time.Second); text != "" {
			t.Errorf("over UDP too: %q", text)
		}
		c.write(t, reply(t, text, 200))
		if got := next[response](t, h); got.f != f || got.from.Transport != sip.TCP || !got.from.Server {
			t.Errorf("told %+v", got)
		}

		// The connection is kept, and so is the way for what the server begins.
		again := largeFlight(t, 5000)
		w.Start(again)
		c.write(t, reply(t, c.read(t), 200)+arriving("OPTIONS", newBranch(), "TCP 10.0.0.2", ""))
		next[response](t, h)
		if got := next[request](t, h); !got.from.Server {
			t.Errorf("told %+v", got)
		}
		if dials.Load() != 1 {
			t.Errorf("%d connects", dials.Load())
		}
		in, err := pbx.net.Dial(t.Context(), netip.AddrPortFrom(pbxAddr.Addr(), 0), netip.AddrPortFrom(phoneAddr, 5060))
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		if p := newPonger(c, true); true {
			none(t, h, time.Minute)
			if len(p.heard()) < 6 {
				t.Errorf("%d pings in a minute", len(p.heard()))
			}
		}
		w.SetServers(nil)
		none(t, h, time.Second) // the loss is nobody's news
		if n := w.connects(); n != 0 {
			t.Errorf("%d connections are kept", n)
		}
	})
}

// Without TCP it goes over UDP after all: at once where TCP is refused or what
// took the connection drops it, after 1 s where nothing comes back. That server
// is not asked again for 10 minutes.
func TestAServerWithoutTCP(t *testing.T) {
	silent := func(ctx context.Context, _ *siptest.Net) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, c := range map[string]struct {
		dial func(ctx context.Context, n *siptest.Net) (net.Conn, error)
		wait time.Duration
	}{
		"refused": {plainDial, 0}, "dropped": {plainDial, 0}, "silent": {silent, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			virtualDial(t, c.dial, func(t *testing.T, w *Wire, h *told, pbx memoryServer, dials *atomic.Int32) {
				if name == "dropped" { // a relay in front of the server
					l, err := pbx.net.Listen(pbxAddr)
					if err != nil {
						t.Fatal(err)
					}
					defer l.Close()
					go func() {
						for {
							c, err := l.Accept()
							if err != nil {
								return
							}
							c.Close()
						}
					}()
				}
				send := func(wait time.Duration, connects int32) {
					t.Helper()
					begin := time.Now()
					f := largeFlight(t, 2000)
					w.Start(f)
					w.Resend(f) // nothing has left, or it is UDP's business
					text := pbx.read(t, time.Minute)
					// What took the connection is asked before it drops it.
					if took := time.Since(begin); took < wait || took > wait+lastWords {
						t.Errorf("left after %v, want %v", took, wait)
					}
					for again := pbx.read(t, time.Millisecond); again != ""; again = pbx.read(t, time.Millisecond) {
						if again != text {
							t.Errorf("another copy %q", again)
						}
					}
					w.Resend(f)
					if again := pbx.read(t, time.Second); again != text || !strings.Contains(text, "Via: SIP/2.0/UDP ") {
						t.Errorf("repeated as %q", startLine(again))
					}
					pbx.write(t, reply(t, text, 200))
					if got := next[response](t, h); got.f != f || got.from.Transport != sip.UDP {
						t.Errorf("told %+v", got)
					}
					if dials.Load() != connects {
						t.Errorf("%d connects, want %d", dials.Load(), connects)
					}
				}
				send(c.wait, 1)
				send(0, 1)
				none(t, h, noTCPFor-10*time.Second)
				send(0, 1)
				none(t, h, 10*time.Second)
				send(c.wait, 2)
			})
		})
	}
}

// What is given up while it waits for the connection never leaves, and says
// nothing about the server.
func TestALargeRequestGivenUp(t *testing.T) {
	stuck := func(ctx context.Context, _ *siptest.Net) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	virtualDial(t, stuck, func(t *testing.T, w *Wire, h *told, pbx memoryServer, dials *atomic.Int32) {
		for i := range 2 {
			f := largeFlight(t, 2000)
			w.Start(f)
			synctest.Wait()
			w.Abandon(f, false)
			if text := pbx.read(t, time.Minute); text != "" || dials.Load() != int32(i)+1 {
				t.Errorf("%d connects, sent %q", dials.Load(), startLine(text))
			}
		}
	})
}

// Another line may use the same server over TCP: its connection and its limits
// are its own.
func TestALargeRequestBesideALineOnTCP(t *testing.T) {
	silent := func(ctx context.Context, _ *siptest.Net) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	virtualDial(t, silent, func(t *testing.T, w *Wire, h *told, pbx memoryServer, dials *atomic.Int32) {
		w.SetServers([]Server{pbxUDP, pbxTCP})
		begin := time.Now()
		f := flight(pbxTCP, "REGISTER")
		w.Start(largeFlight(t, 2000))
		w.Start(f)
		if text := pbx.read(t, time.Minute); text == "" || time.Since(begin) != largeLimit {
			t.Errorf("%q left after %v", startLine(text), time.Since(begin))
		}
		if got := next[unreachable](t, h); got.f != f || time.Since(begin) != defaultConnectTimeout || dials.Load() != 2 {
			t.Errorf("told %+v after %v, %d connects", got, time.Since(begin), dials.Load())
		}
	})
}

// CANCEL and ACK go the way of their INVITE while it is there, then over UDP.
func TestAlongALargeRequest(t *testing.T) {
	virtualDial(t, plainDial, func(t *testing.T, w *Wire, h *told, pbx memoryServer, _ *atomic.Int32) {
		accept := accepting(t, pbx.net)
		invite := largeFlight(t, 2000)
		w.Start(invite)
		c := accept()
		text := c.read(t)
		c.write(t, reply(t, text, 180))
		next[response](t, h)
		branch := newBranch()
		w.Start(&Flight{Server: pbxUDP, Along: invite, Build: build("CANCEL", branch)})
		if line := startLine(c.read(t)); !strings.HasPrefix(line, "CANCEL ") {
			t.Errorf("got %q", line)
		}
		c.Close()
		if got := pbx.read(t, time.Second); !strings.HasPrefix(got, "CANCEL ") {
			t.Errorf("over UDP %q", startLine(got))
		}
		if got := next[unreachable](t, h); got.f != invite { // it was answered: nobody knows what became of it
			t.Errorf("told %+v", got)
		}
		w.Ack(pbxUDP, invite, build("ACK", newBranch()))
		if got := pbx.read(t, time.Second); !strings.HasPrefix(got, "ACK ") {
			t.Errorf("over UDP %q", startLine(got))
		}
	})
}

// A server that dies under a large request is dead, and not one without TCP.
func TestALargeRequestToADeadServer(t *testing.T) {
	virtualDial(t, plainDial, func(t *testing.T, w *Wire, h *told, pbx memoryServer, _ *atomic.Int32) {
		accept := accepting(t, pbx.net)
		w.Start(largeFlight(t, 2000))
		c := accept()
		c.write(t, reply(t, c.read(t), 200))
		next[response](t, h)
		newPonger(c, true)
		none(t, h, time.Minute)
		w.SetBusy([]Server{pbxUDP})
		none(t, h, time.Minute)
		die(pbx)
		begin := time.Now()
		f := largeFlight(t, 2000)
		w.Start(f)
		if got := next[unreachable](t, h); got.f != f || got.fault != Refused || time.Since(begin) > 2*time.Second {
			t.Errorf("told %+v after %v", got, time.Since(begin))
		}
		if text := pbx.read(t, time.Minute); text != "" {
			t.Errorf("over UDP too: %q", startLine(text))
		}
	})
}
