package siptest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var (
	alice = netip.MustParseAddrPort("10.0.0.1:5060")
	bob   = netip.MustParseAddrPort("10.0.0.2:5060")
)

func socket(t *testing.T, n *Net, a netip.AddrPort) *PacketConn {
	t.Helper()
	c, err := n.Socket(a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, c *PacketConn, text string, to netip.AddrPort) {
	t.Helper()
	if _, err := c.WriteTo([]byte(text), net.UDPAddrFromAddrPort(to)); err != nil {
		t.Fatal(err)
	}
}

// receive reads what arrives within d.
func receive(t *testing.T, c *PacketConn, d time.Duration) []string {
	t.Helper()
	var got []string
	if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1500)
	for {
		k, _, err := c.ReadFrom(b)
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			return got
		}
		got = append(got, string(b[:k]))
	}
}

func TestDatagramsArriveInOrderAfterTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNet(1)
		n.SetLink(Link{Delay: 30 * time.Millisecond})
		a, b := socket(t, n, alice), socket(t, n, bob)
		for _, text := range []string{"1", "2", "3", "4"} {
			send(t, a, text, bob)
		}
		if got := receive(t, b, 29*time.Millisecond); got != nil {
			t.Errorf("arrived early: %q", got)
		}
		if got := receive(t, b, 2*time.Millisecond); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestTheSeedDecidesLoss(t *testing.T) {
	run := func(seed uint64) (got []string) {
		synctest.Test(t, func(t *testing.T) {
			n := NewNet(seed)
			n.SetLink(Link{Loss: 0.3, Double: 0.2, Reorder: 0.3})
			a, b := socket(t, n, alice), socket(t, n, bob)
			for c := 'a'; c <= 'z'; c++ {
				send(t, a, string(c), bob)
			}
			got = receive(t, b, time.Second)
		})
		return got
	}
	first, again, other := run(1), run(1), run(2)
	if !slices.Equal(first, again) {
		t.Errorf("the same seed lost differently:\n%q\n%q", first, again)
	}
	if slices.Equal(first, other) {
		t.Error("another seed lost the same")
	}
	if slices.IsSorted(first) {
		t.Errorf("nothing was overtaken: %q", first)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(first)))) == len(first) {
		t.Errorf("nothing came twice: %q", first)
	}
}

func TestAClosedPortAnswersWithICMPAndASilentOneDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNet(1)
		n.SetLink(Link{Delay: 10 * time.Millisecond})
		a, b := socket(t, n, alice), socket(t, n, bob)
		var unreached []string
		a.OnICMP(func(_ netip.AddrPort, errno syscall.Errno, datagram []byte) {
			if errno == syscall.ECONNREFUSED {
				unreached = append(unreached, string(datagram))
			}
		})

		send(t, a, "no such machine", netip.MustParseAddrPort("10.0.0.9:5060"))
		n.SetState(netip.AddrPortFrom(bob.Addr(), 0), Silent)
		send(t, a, "silent", bob)
		n.SetState(netip.AddrPortFrom(bob.Addr(), 0), Reachable)
		send(t, a, "closed", netip.AddrPortFrom(bob.Addr(), 5070))
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(unreached, []string{"closed"}) {
			t.Errorf("unreached: %q", unreached)
		}
		if got := receive(t, b, time.Second); got != nil {
			t.Errorf("arrived: %q", got)
		}
		var fates []Fate
		for _, e := range n.Record.Entries() {
			fates = append(fates, e.Fate)
		}
		if !slices.Equal(fates, []Fate{Silenced, Silenced, Refused}) {
			t.Errorf("fates: %v", fates)
		}
	})
}

func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNet(1)
		n.SetLink(Link{Delay: 5 * time.Millisecond})
		l, err := n.Listen(bob)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		start := time.Now()
		c, err := n.Dial(t.Context(), netip.AddrPortFrom(alice.Addr(), 0), bob)
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 10*time.Millisecond {
			t.Errorf("connected after %v, want one round trip", d)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"one ", "two ", "three"} {
			if _, err := c.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		if got, err := io.ReadAll(far); err != nil || string(got) != "one two three" {
			t.Errorf("got %q, %v", got, err)
		}

		if _, err := n.Dial(t.Context(), alice, netip.AddrPortFrom(bob.Addr(), 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("closed port: %v", err)
		}
		c, err = n.Dial(t.Context(), alice, bob)
		if err != nil {
			t.Fatal(err)
		}
		n.SetState(bob, Unreachable)
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read of a reset connection: %v", err)
		}
		n.SetState(bob, Silent)
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		start = time.Now()
		if _, err := n.Dial(ctx, alice, bob); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 4*time.Second {
			t.Errorf("silent: %v after %v", err, time.Since(start))
		}
	})
}
