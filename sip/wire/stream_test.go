package wire

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// accepting gives the connections of a TCP server in memory.
func accepting(t *testing.T, n *siptest.Net) func() farConn {
	t.Helper()
	l, err := n.Listen(pbxAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return func() farConn {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return far(c)
	}
}

// A connection to a dialog's target makes it no server.
func TestPeerOfATarget(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		accept := accepting(t, pbx.net)
		for _, servers := range [][]Server{nil, {pbxTCP}} {
			w.SetServers(servers)
			f := flight(pbxTCP, "BYE")
			w.Start(f)
			c := accept()
			c.write(t, reply(t, c.read(t), 100)+arriving("INVITE", newBranch(), "TCP 10.0.0.2", ""))
			next[response](t, h)
			if got := next[request](t, h); got.from.Server != (servers != nil) {
				t.Errorf("with %d servers: %+v", len(servers), got.from)
			}
			if servers == nil {
				w.Forget(f) // nobody needs the connection any more
				next[lost](t, h)
			}
		}
	})
}

// A connect is given up after its limit, not before.
func TestConnectTimeout(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		pbx.net.SetState(pbxAddr, siptest.Silent)
		begin := time.Now()
		w.Start(flight(pbxTCP, "REGISTER"))
		if got := next[unreachable](t, h); got.fault != Refused {
			t.Errorf("told %+v", got)
		}
		if took := time.Since(begin); took != 32*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// A peer that sends a message byte by byte is cut off after 10 s, one that sends
// nothing after 10 minutes, and both give their place back.
func TestSlowPeers(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers([]Server{pbxTCP})
		dial := func() net.Conn {
			c, err := pbx.net.Dial(t.Context(), netip.AddrPortFrom(pbxAddr.Addr(), 0), netip.AddrPortFrom(phoneAddr, 5060))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		lifetime := func(c net.Conn, trickle string) time.Duration {
			begin := time.Now()
			done := make(chan struct{})
			go func() {
				for i := 0; ; i++ {
					select {
					case <-done:
						return
					case <-time.After(900 * time.Millisecond):
					}
					if trickle != "" {
						_, _ = io.WriteString(c, trickle[i%len(trickle):i%len(trickle)+1])
					}
				}
			}()
			_, _ = io.Copy(io.Discard, c)
			close(done)
			return time.Since(begin)
		}
		if d := lifetime(dial(), "OPTIONS sip:alice@phone"); d < messageLimit || d > messageLimit+2*time.Second {
			t.Errorf("a slow message lived %v", d)
		}
		if d := lifetime(dial(), ""); d != idleLimit {
			t.Errorf("an idle connection lived %v", d)
		}
		synctest.Wait()
		if n := w.connections(); n != 0 {
			t.Errorf("%d connections are kept", n)
		}
	})
}

// The connection of a request has ended before its answer: the answer goes over
// another one with the same peer, if there is one.
func TestAnswerAfterTheConnection(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers([]Server{pbxTCP})
		accept := accepting(t, pbx.net)
		w.Start(flight(pbxTCP, "REGISTER"))
		c := accept()
		c.write(t, reply(t, c.read(t), 200)+arriving("INVITE", newBranch(), "TCP 10.0.0.2", ""))
		next[response](t, h)
		got := next[request](t, h)
		c.Close()
		next[lost](t, h)
		if err := got.tx.Respond(got.tx.Response(180, "Ringing", nil)); err != nil {
			t.Errorf("with no connection: %v", err)
		}
		w.Start(flight(pbxTCP, "REGISTER"))
		d := accept()
		d.read(t)
		if err := got.tx.Respond(got.tx.Response(200, "OK", nil)); err != nil {
			t.Error(err)
		}
		if line := startLine(d.read(t)); line != "SIP/2.0 200 OK" {
			t.Errorf("over the new connection: %q", line)
		}
	})
}
