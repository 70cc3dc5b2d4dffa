package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// A name server that rotates its answers does not move the phone, nor does the
// one that answers next.
func TestNoWandering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		records := []string{"10/5/5060/a.example", "10/5/5060/b.example", "10/5/5060/c.example", "10/5/5060/d.example"}
		addrs := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
		for _, name := range []string{"a", "b", "c", "d"} {
			zone.set(5, "A", name+".example", addrs...)
		}
		zone.set(5, "SRV", "_sip._udp.example", records...)
		k := run(t, zone)
		k.Watch([]Query{udp("example", BySRV)})
		wait(time.Second)
		k.one()
		for range 50 {
			records = append(records[1:], records[0])
			addrs = append(addrs[1:], addrs[0])
			zone.set(5, "SRV", "_sip._udp.example", records...)
			zone.set(5, "A", "a.example", addrs...)
			wait(5 * time.Second)
		}
		k.quiet()
	})
}

// Names that cannot be found at first are asked for again soon, then seldom,
// and at once when the link comes up.
func TestBackOffAndRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.fail(refuses, ns1, ns2)
		k := run(t, zone)
		q := udp("pbx.example", ByAddress)
		k.Watch([]Query{q})
		wait(time.Second / 2)
		if a := k.one(); len(a.Targets) != 0 || !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("%v", a)
		}
		wait(8 * time.Second)
		if n := len(zone.take()); n < 3*4 || n > 5*4 {
			t.Errorf("%d questions in the first seconds", n)
		}
		wait(time.Hour)
		zone.take()
		wait(time.Hour)
		if n := len(zone.take()); n < 50*4 || n > 70*4 {
			t.Errorf("%d questions in an hour", n)
		}
		k.quiet()
		zone.fail(well, ns1, ns2)
		k.Refresh()
		wait(100 * time.Millisecond)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Fatalf("after link-up: %v", a)
		}
		zone.take()
		k.Refresh()
		wait(100 * time.Millisecond)
		if n := len(zone.take()); n != 1 {
			t.Errorf("a fresh name was asked for %d times after link-up", n)
		}
		k.quiet()
	})
}

// Memory and questions are bounded, whatever names others put into messages.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(3600, "A", "pbx.example", "10.0.0.1")
		k := run(t, zone)
		var queries []Query
		for i := range 2 * maxWatched {
			queries = append(queries, Query{Host: "pbx.example", Port: uint16(i%maxWatched + 5000)})
		}
		k.Watch(queries)
		wait(time.Second)
		if n := len(k.news()); n != maxWatched {
			t.Errorf("%d watched", n)
		}
		for i := range 3 * maxEntries {
			k.LookupNetIP(t.Context(), "ip4", fmt.Sprintf("n%d.example", i))
		}
		k.mu.Lock()
		n, wanted := len(k.core.entries), len(k.core.wanted)
		kept := k.core.entries[key{"pbx.example", typeA}] != nil
		k.mu.Unlock()
		if n > maxEntries || wanted != 0 || !kept {
			t.Errorf("%d entries, %d wanted, the watched one kept: %v", n, wanted, kept)
		}

		zone.fail(silent, ns1, ns2)
		zone.take()
		for i := range 2 * maxEntries {
			go k.LookupNetIP(t.Context(), "ip4", fmt.Sprintf("m%d.example", i))
		}
		wait(tryTime / 2)
		if n := len(zone.take()); n != maxAsking {
			t.Errorf("%d questions at a time", n)
		}
		k.mu.Lock()
		n = len(k.core.entries)
		k.mu.Unlock()
		if n > maxEntries {
			t.Errorf("%d entries", n)
		}
		wait(10 * time.Minute)
	})
}

// When memory is full of names that wait, what is watched stays.
func TestWatchedStays(t *testing.T) {
	c := newCore("ip4", 1, nil)
	now := time.Unix(0, 0)
	c.watch([]Query{udp("pbx.example", ByAddress)})
	asks, _, _ := c.step(now)
	c.answered(now, asks[0], rrset{ttl: time.Hour, addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}, nil)
	c.step(now)
	tooMany := 0
	for i := range 2 * maxEntries {
		if a, _ := c.lookup(now, "ip4", fmt.Sprintf("n%d.example", i)); errors.Is(a.Err, ErrTooMany) {
			tooMany++
		}
	}
	if a, ok := c.known(now, udp("pbx.example", ByAddress)); !ok || where(a) != "10.0.0.1:5060/UDP" || c.entries[asks[0]] == nil {
		t.Errorf("the watched name: %v", a)
	}
	if tooMany != maxEntries+1 {
		t.Errorf("%d names were too many", tooMany)
	}
}

// A step with the servers of 16 lines, all of them fresh.
func BenchmarkStep(b *testing.B) {
	c := newCore("ip4", 1, nil)
	now := time.Unix(0, 0)
	var queries []Query
	for i := range 32 {
		queries = append(queries, udp(fmt.Sprintf("pbx%d.example", i), ByAddress))
	}
	c.watch(queries)
	for range 4 {
		asks, _, _ := c.step(now)
		for _, k := range asks {
			c.answered(now, k, rrset{ttl: time.Hour, addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}, nil)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		c.step(now)
	}
}
