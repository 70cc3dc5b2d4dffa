package wire

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

var (
	phoneAddr = netip.MustParseAddr("10.0.0.1")
	pbxAddr   = netip.MustParseAddrPort("10.0.0.2:5060")
	pbxUDP    = Server{Host: "10.0.0.2", Port: 5060, Transport: sip.UDP}
	pbxTCP    = Server{Host: "10.0.0.2", Port: 5060, Transport: sip.TCP}
)

// inMemory is the phone's side of a network in memory.
func inMemory(n *siptest.Net) Config {
	return Config{
		Addr: phoneAddr, Port: 5060, Log: quiet,
		ListenPacket: func(_ context.Context, _, address string) (net.PacketConn, error) {
			return n.ListenPacket(netip.MustParseAddrPort(address))
		},
		Listen: func(_ context.Context, _, address string) (net.Listener, error) {
			return n.Listen(netip.MustParseAddrPort(address))
		},
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return n.Dial(ctx, netip.AddrPortFrom(phoneAddr, 0), netip.MustParseAddrPort(address))
		},
		LookupNetIP: func(context.Context, string, string) ([]netip.Addr, error) {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		},
	}
}

// virtual runs a test in virtual time with a phone and the server's socket.
func virtual(t *testing.T, test func(t *testing.T, w *Wire, h *told, pbx memoryServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := siptest.NewNet(1)
		pc, err := n.ListenPacket(pbxAddr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pc.Close() })
		w, h := serve(t, inMemory(n), pbxUDP)
		test(t, w, h, memoryServer{pc, n})
	})
}

type memoryServer struct {
	net.PacketConn
	net *siptest.Net
}

func (s memoryServer) write(t *testing.T, text string) {
	t.Helper()
	if _, err := s.WriteTo([]byte(text), net.UDPAddrFromAddrPort(netip.AddrPortFrom(phoneAddr, 5060))); err != nil {
		t.Fatal(err)
	}
}

// read is the next datagram within d, "" if none comes.
func (s memoryServer) read(t *testing.T, d time.Duration) string {
	t.Helper()
	buf := make([]byte, 65535)
	if err := s.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	n, _, err := s.ReadFrom(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

func startLine(text string) string {
	line, _, _ := strings.Cut(text, "\r\n")
	return line
}

// In memory, ICMP reaches the flight too.
func TestICMPInMemory(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		pbx.net.SetState(pbxAddr, siptest.Unreachable)
		f := flight(pbxUDP, "REGISTER")
		w.Start(f)
		if got := next[unreachable](t, h); got.f != f || got.fault != ICMP {
			t.Errorf("told %+v", got)
		}
	})
}

// The target of a flight may answer, be it a server's or not, until the flight
// is forgotten.
func TestTargetMayAnswer(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers(nil)
		if _, ok := w.trusted(pbxAddr.Addr()); ok {
			t.Fatal("known without a flight")
		}
		f := flight(pbxUDP, "BYE")
		w.Start(f)
		pbx.write(t, reply(t, pbx.read(t, time.Second), 200))
		if got := next[response](t, h); got.f != f || got.from.Server {
			t.Errorf("told %+v", got)
		}
		w.Forget(f)
		w.Forget(f)
		if _, ok := w.trusted(pbxAddr.Addr()); ok {
			t.Error("known after the flight")
		}
	})
}

// A Handler that falls behind loses datagrams, holds connections up, and hears of
// every fault.
func TestSlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNews(quiet)
		for range maxNews {
			if !n.take(nil) {
				t.Fatal("no place")
			}
			n.push(true, func() {})
		}
		if n.take(nil) {
			t.Error("a datagram is kept")
		}
		gone := make(chan struct{})
		close(gone)
		if n.take(gone) {
			t.Error("a message of a connection that has ended is kept")
		}
		heard := false
		n.push(false, func() { heard = true })
		took := false
		go func() {
			took = n.take(make(chan struct{}))
			n.give()
		}()
		synctest.Wait()
		if took {
			t.Error("a connection is not held up")
		}
		done := make(chan struct{})
		go n.run(done)
		synctest.Wait()
		if !heard || !took || len(n.slots) != 0 {
			t.Errorf("heard %v, took %v, %d places in use", heard, took, len(n.slots))
		}
		close(done)
	})
}
