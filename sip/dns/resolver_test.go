package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Weeks in the life of a name: fresh ahead of its end, stale while DNS is
// down, fresh again, moved, denied.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(100, "SRV", "_sip._udp.example", "10/0/5060/a.example")
		zone.set(100, "A", "a.example", "10.0.0.1")
		k := run(t, zone)
		q := udp("example", BySRV)
		if a, ok := k.Known(q); ok {
			t.Fatalf("known before it was asked for: %v", a)
		}
		k.Watch([]Query{q})
		wait(time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Fatalf("first: %v", a)
		}
		if got := zone.questions(); len(got) != 2 {
			t.Errorf("asked %v", got)
		}

		wait(78 * time.Second)
		if got := zone.questions(); len(got) != 0 {
			t.Errorf("asked early: %v", got)
		}
		wait(2 * time.Second) // four fifths of the TTL
		if got := zone.questions(); len(got) != 2 {
			t.Errorf("asked ahead of the end: %v", got)
		}
		wait(time.Hour)
		k.quiet()
		if got := zone.questions(); len(got) < 80 || len(got) > 100 {
			t.Errorf("%d questions in an hour", len(got))
		}

		zone.fail(silent, ns1, ns2)
		wait(101 * time.Second)
		a := k.one()
		if where(a) != "10.0.0.1:5060/UDP stale" || !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("DNS is down: %s, %v", where(a), a.Err)
		}
		zone.fail(servfail, ns1)
		zone.fail(rcodeRefused, ns2)
		zone.questions()
		wait(24 * time.Hour)
		k.quiet()
		if n := len(zone.questions()); n > 24*60*2*4*2 {
			t.Errorf("%d questions to servers that are down", n)
		}
		if b, ok := k.Known(q); !ok || !b.Stale || len(b.Targets) != 1 {
			t.Errorf("known after a day: %v", b)
		}

		zone.set(100, "A", "a.example", "10.0.0.2")
		zone.fail(well, ns1, ns2)
		wait(70 * time.Second)
		if a := k.one(); where(a) != "10.0.0.2:5060/UDP" || a.Err != nil {
			t.Fatalf("DNS is back: %s, %v", where(a), a.Err)
		}

		// A zone that is denied as a whole is a mistake: the phone stays.
		zone.drop("a.example")
		zone.drop("_sip._udp.example")
		wait(3 * time.Minute)
		if a := k.one(); where(a) != "10.0.0.2:5060/UDP stale" || !errors.Is(a.Err, ErrNoName) {
			t.Fatalf("denied: %s, %v", where(a), a.Err)
		}
		// Without SRV records it is the domain's own address (RFC 3263 §4.2).
		zone.set(100, "A", "example", "10.0.0.3")
		wait(2 * time.Minute)
		if a := k.one(); where(a) != "10.0.0.3:5060/UDP" {
			t.Fatalf("SRV taken away: %s", where(a))
		}

		zone.fail(refuses, ns1, ns2)
		wait(2 * time.Minute)
		k.one()
		wait(maxStale + time.Minute)
		if a := k.one(); len(a.Targets) != 0 || !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("forgotten after a week: %s, %v", where(a), a.Err)
		}
	})
}

// What is watched no longer is asked for no longer.
func TestWatchReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "a.example", "10.0.0.1")
		zone.set(60, "A", "b.example", "10.0.0.2")
		k := run(t, zone)
		a, b := udp("a.example", ByAddress), udp("b.example", ByAddress)
		k.Watch([]Query{a, b})
		wait(time.Second)
		if told := k.news(); len(told) != 2 {
			t.Fatalf("told %v", told)
		}
		k.Watch([]Query{b, b})
		zone.questions()
		wait(time.Hour)
		k.quiet()
		if got := zone.questions(); slices.Contains(got, "A a.example") || !slices.Contains(got, "A b.example") {
			t.Errorf("asked %v", got)
		}
		zone.set(60, "A", "a.example", "10.0.0.3")
		k.Watch([]Query{a, b})
		wait(time.Second)
		if got := k.one(); where(got) != "10.0.0.3:5060/UDP" {
			t.Errorf("watched again: %v", got)
		}
		// With DNS down what was known an hour ago will do, soon.
		k.Watch(nil)
		wait(time.Hour)
		zone.fail(silent, ns1, ns2)
		k.Watch([]Query{a})
		wait(patience)
		if got := k.one(); where(got) != "10.0.0.3:5060/UDP" {
			t.Errorf("watched again, DNS is silent: %v", got)
		}
		wait(5 * time.Second)
		if got := k.one(); where(got) != "10.0.0.3:5060/UDP stale" {
			t.Errorf("watched again, DNS is known to be silent: %v", got)
		}
	})
}

// LookupNetIP: one question for all who ask at a time, then none; the earlier
// answer while DNS is down, without waiting once that is known.
func TestLookupNetIP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.set(60, "AAAA", "pbx.example", "2001:db8::1")
		k := run(t, zone)
		look := func(network, host string) (string, time.Duration, error) {
			begin := time.Now()
			addrs, err := k.LookupNetIP(t.Context(), network, host)
			return fmt.Sprint(addrs), time.Since(begin), err
		}
		for range 20 {
			go look("ip", "pbx.example")
		}
		if got, took, err := look("ip", "PBX.example"); got != "[2001:db8::1 10.0.0.1]" || took != zone.delay || err != nil {
			t.Errorf("first: %s after %v, %v", got, took, err)
		}
		if got := zone.questions(); !slices.Equal(got, []string{"A pbx.example", "AAAA pbx.example"}) {
			t.Errorf("asked %v", got)
		}
		if got, took, err := look("ip4", "pbx.example"); got != "[10.0.0.1]" || took != 0 || err != nil {
			t.Errorf("fresh: %s after %v, %v", got, took, err)
		}
		for host, want := range map[string]string{"192.0.2.1": "[192.0.2.1]", "[2001:db8::7]": "[]", "2001:db8::7": "[]", "a b": "[]"} {
			if got, took, err := look("ip4", host); got != want || took != 0 || (err == nil) != (want != "[]") {
				t.Errorf("%s: %s after %v, %v", host, got, took, err)
			}
		}
		if _, _, err := look("tcp", "pbx.example"); err == nil {
			t.Error("network tcp")
		}
		if _, took, err := look("ip", "nobody.example"); !errors.Is(err, ErrNoName) || took != zone.delay {
			t.Errorf("no such name: %v after %v", err, took)
		}

		wait(2 * time.Minute)
		zone.fail(silent, ns1, ns2)
		if got, took, err := look("ip4", "pbx.example"); got != "[10.0.0.1]" || took != patience || err != nil {
			t.Errorf("DNS is silent: %s after %v, %v", got, took, err)
		}
		wait(5 * time.Second)
		if got, took, err := look("ip4", "pbx.example"); got != "[10.0.0.1]" || took != 0 && took != patience || err != nil {
			t.Errorf("DNS is known to be silent: %s after %v, %v", got, took, err)
		}
		if _, took, err := look("ip4", "new.example"); !errors.Is(err, ErrNoAnswer) || took != rounds*2*tryTime {
			t.Errorf("a new name: %v after %v", err, took)
		}
		if _, took, err := look("ip4", "new.example"); !errors.Is(err, ErrNoAnswer) || took != 0 {
			t.Errorf("the new name again: %v after %v", err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.LookupNetIP(ctx, "ip4", "other.example"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("impatient caller: %v", err)
		}
	})
}

// A watched name is never waited for, however long DNS has been down.
func TestWatchedNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(20, "A", "pbx.example", "10.0.0.1")
		k := run(t, zone)
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(time.Second)
		for minute := range 60 {
			if minute == 10 {
				zone.fail(silent, ns1, ns2)
			}
			wait(time.Minute)
			begin := time.Now()
			addrs, err := k.LookupNetIP(t.Context(), "ip4", "pbx.example")
			if took := time.Since(begin); len(addrs) != 1 || err != nil || took > patience || minute < 10 && took > 0 {
				t.Fatalf("minute %d: %v after %v, %v", minute, addrs, took, err)
			}
		}
	})
}

// When Run ends, everybody who waits is told, and no goroutine is left: the
// bubble would not end.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.fail(silent, ns1, ns2)
		r := New(Config{Servers: []netip.AddrPort{ns1}, Exchange: zone.exchange, Hosts: t.TempDir() + "/none"})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 5)
		for i := range cap(errs) {
			go func() {
				_, err := r.LookupNetIP(t.Context(), "ip", fmt.Sprintf("pbx%d.example", i))
				errs <- err
			}()
		}
		time.AfterFunc(500*time.Millisecond, cancel)
		r.Run(ctx)
		for range cap(errs) {
			if err := <-errs; !errors.Is(err, ErrClosed) && !errors.Is(err, ErrNoAnswer) && !errors.Is(err, context.Canceled) {
				t.Errorf("who waited got %v", err)
			}
		}
		if _, err := r.LookupNetIP(t.Context(), "ip", "late.example"); !errors.Is(err, ErrClosed) {
			t.Errorf("too late: %v", err)
		}
		r.Watch([]Query{udp("pbx.example", BySRV)})
		r.Refresh()
	})
}
