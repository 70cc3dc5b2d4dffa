package wire

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

// Names: asked in the background, remembered for a minute, and while DNS is
// down the earlier answer serves; an address without answer comes last.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
		type answer struct {
			addrs []netip.Addr
			err   error
			delay time.Duration
		}
		var mu sync.Mutex
		var now answer
		asked := 0
		cfg := inMemory(siptest.NewNet(1))
		cfg.LookupNetIP = func(ctx context.Context, network, host string) ([]netip.Addr, error) {
			mu.Lock()
			asked++
			dns := now
			mu.Unlock()
			if network != "ip4" || host != "pbx.example" {
				t.Errorf("asked for %s %s", network, host)
			}
			select {
			case <-time.After(dns.delay):
				return dns.addrs, dns.err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		questions := func() int {
			mu.Lock()
			defer mu.Unlock()
			return asked
		}
		s := Server{Host: "pbx.example", Port: 5060, Transport: sip.UDP}
		w, h := serve(t, cfg)
		says := func(a answer) {
			mu.Lock()
			defer mu.Unlock()
			now = a
		}
		// where a flight goes, and after how long
		try := func() (netip.Addr, time.Duration) {
			begin := time.Now()
			f := flight(s, "REGISTER")
			w.Start(f)
			for f.Request() == nil {
				if time.Sleep(time.Millisecond); time.Since(begin) > time.Minute {
					t.Fatal("it never left")
				}
			}
			r, _ := f.Route()
			w.Abandon(f, false)
			w.Forget(f)
			return r.Remote.Addr(), time.Since(begin).Truncate(100 * time.Millisecond)
		}

		says(answer{err: errors.New("server misbehaving"), delay: 300 * time.Millisecond})
		w.Start(flight(s, "REGISTER"))
		if got := next[unreachable](t, h); got.fault != NoName {
			t.Errorf("told %+v", got)
		}
		w.SetServers([]Server{s})
		time.Sleep(time.Second)

		says(answer{addrs: []netip.Addr{a, b}, delay: 700 * time.Millisecond})
		if to, took := try(); to != a || took != 700*time.Millisecond {
			t.Errorf("first answer: %v after %v", to, took)
		}
		was := questions()
		if to, took := try(); to != a || took != 0 || questions() != was {
			t.Errorf("fresh: %v after %v, %d more questions", to, took, questions()-was)
		}
		if !w.At(s, a) || !w.At(s, b) || w.At(s, phoneAddr) {
			t.Error("not every address is the server's, or others are")
		}
		if _, ok := w.trusted(b); !ok {
			t.Error("the second address is a stranger")
		}

		dead := flight(s, "INVITE")
		w.Start(dead)
		w.Abandon(dead, true)
		if to, _ := try(); to != b {
			t.Errorf("after a failure of the first: %v", to)
		}

		time.Sleep(2 * time.Minute)
		says(answer{err: errors.New("server misbehaving"), delay: 500 * time.Millisecond})
		if to, took := try(); to != b || took != 500*time.Millisecond {
			t.Errorf("DNS refuses: %v after %v", to, took)
		}
		says(answer{delay: time.Hour}) // silence
		if to, took := try(); to != b || took != staleAfter {
			t.Errorf("DNS is silent: %v after %v", to, took)
		}
		time.Sleep(time.Minute)

		c := netip.MustParseAddr("10.0.0.4")
		says(answer{addrs: []netip.Addr{c}})
		if to, _ := try(); to != c || !w.At(s, a) {
			t.Errorf("the server moved: %v; old address known: %v", to, w.At(s, a))
		}
	})
}

// A dialog's name is forgotten before the memory is full, a server's own stays.
func TestNamesAreBounded(t *testing.T) {
	keep := func(host string) bool { return host == "x" }
	r := &resolver{names: map[string]*name{}, demoted: map[netip.Addr]int64{}, keep: keep}
	for i := range 10 * maxNames {
		r.evict()
		r.names[strings.Repeat("x", i)] = &name{}
		r.demote(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if r.names["x"] == nil {
		t.Error("a server's own name is forgotten")
	}
	if len(r.names) > maxNames || len(r.demoted) > 4*maxNames {
		t.Errorf("%d names, %d failures", len(r.names), len(r.demoted))
	}
}
