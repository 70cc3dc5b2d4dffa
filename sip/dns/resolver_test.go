package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
)

// RFC 3263 by example: where a request goes for each setting, and what was
// asked to find out.
func TestLocate(t *testing.T) {
	zone := newNames()
	zone.set(300, "A", "plain.example", "10.0.0.1")
	zone.set(300, "A", "a.example", "10.0.1.1")
	zone.set(300, "A", "b.example", "10.0.1.2")
	zone.set(300, "CNAME", "www.example", "alias.example")
	zone.set(300, "CNAME", "alias.example", "a.example")
	zone.set(300, "SRV", "_sip._udp.srv.example", "20/0/5070/b.example", "10/0/5061/A.Example")
	zone.set(300, "SRV", "_sips._tcp.srv.example", "10/0/5061/a.example")
	zone.set(300, "A", "srv.example", "10.9.9.9")
	zone.set(300, "SRV", "_sip._udp.closed.example", "0/0/0/.")
	zone.set(300, "A", "closed.example", "10.9.9.9")
	zone.set(300, "SRV", "_sip._tcp.tcp.example", "10/0/5060/a.example")
	zone.set(300, "NAPTR", "naptr.example", "20/10/s/SIP+D2U//_sip._udp.srv.example", "10/10/s/SIPS+D2T//_sips._tcp.srv.example")
	zone.set(300, "NAPTR", "enum.example", "20/10/u/E2U+sip/!^.*$!sip:a@b!/")
	zone.set(300, "A", "enum.example", "10.0.0.3")
	zone.set(300, "SRV", "_sip._udp.twice.example", "10/0/5060/a.example", "20/0/5060/www.example", "30/0/5060/10.0.1.2")
	zone.set(300, "SRV", "_sip._udp.gone.example", "10/0/5060/nobody.example", "20/0/5060/b.example")
	zone.set(300, "AAAA", "six.example", "2001:db8::6")
	zone.set(300, "A", "six.example", "10.0.0.6")
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("10.2.0.%d", i+1))
	}
	zone.set(300, "A", "many.example", many...)
	zone.set(300, "SRV", "_sip._udp.crowd.example", "10/0/5060/many.example", "20/0/5060/b.example", "30/0/5070/many.example")

	for _, c := range []struct {
		query Query
		want  string
		err   error
		asked string
	}{
		{Query{Host: "192.0.2.9", Mode: ByNAPTR}, "192.0.2.9:5060/UDP", nil, ""},
		{Query{Host: "[2001:db8::1]", Transport: sip.TLS}, "[2001:db8::1]:5061/TLS", nil, ""},
		{Query{Host: "::ffff:192.0.2.9", Port: 5080}, "192.0.2.9:5080/UDP", nil, ""},
		{Query{Host: "plain.example"}, "10.0.0.1:5060/UDP", nil, "A plain.example"},
		{Query{Host: "Plain.Example.", Transport: sip.TLS}, "10.0.0.1:5061/TLS", nil, "A plain.example"},
		{Query{Host: "www.example", Port: 5070, Transport: sip.TCP}, "10.0.1.1:5070/TCP", nil, "A www.example"},
		{udp("srv.example", BySRV), "10.0.1.1:5061/UDP 10.0.1.2:5070/UDP", nil, "A a.example, A b.example, SRV _sip._udp.srv.example"},
		{Query{Host: "srv.example", Port: 5060, Mode: ByNAPTR}, "10.9.9.9:5060/UDP", nil, "A srv.example"},
		{Query{Host: "srv.example", Transport: sip.TLS, Mode: BySRV}, "10.0.1.1:5061/TLS", nil, "A a.example, SRV _sips._tcp.srv.example"},
		{Query{Host: "plain.example", Transport: sip.TCP, Mode: BySRV}, "10.0.0.1:5060/TCP", nil, "A plain.example, SRV _sip._tcp.plain.example"},
		{udp("closed.example", BySRV), "", ErrNoService, "SRV _sip._udp.closed.example"},
		{udp("naptr.example", ByNAPTR), "10.0.1.1:5061/TLS", nil, "A a.example, NAPTR naptr.example, SRV _sips._tcp.srv.example"},
		{
			udp("tcp.example", ByNAPTR), "10.0.1.1:5060/TCP", nil,
			"A a.example, NAPTR tcp.example, SRV _sip._tcp.tcp.example, SRV _sip._udp.tcp.example",
		},
		{
			Query{Host: "tcp.example", Transport: sip.TLS, Mode: ByNAPTR},
			"", ErrNoName,
			"A tcp.example, NAPTR tcp.example, SRV _sips._tcp.tcp.example",
		},
		{
			udp("enum.example", ByNAPTR), "10.0.0.3:5060/UDP", nil,
			"A enum.example, NAPTR enum.example, SRV _sip._tcp.enum.example, SRV _sip._udp.enum.example, SRV _sips._tcp.enum.example",
		},
		{
			udp("twice.example", BySRV), "10.0.1.1:5060/UDP 10.0.1.2:5060/UDP", nil,
			"A a.example, A www.example, SRV _sip._udp.twice.example",
		},
		{udp("gone.example", BySRV), "10.0.1.2:5060/UDP", nil, "A b.example, A nobody.example, SRV _sip._udp.gone.example"},
		{udp("nobody.example", ByAddress), "", ErrNoName, "A nobody.example"},
		{udp("käse.example", ByNAPTR), "", ErrBadName, ""},
		{udp("", ByAddress), "", ErrBadName, ""},
		{udp("[::1", ByAddress), "", ErrBadName, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := run(t, zone)
			zone.questions()
			k.Watch([]Query{c.query})
			wait(time.Second)
			a := k.one()
			if where(a) != c.want || !errors.Is(a.Err, c.err) {
				t.Errorf("%v mode %d: %s, %v; want %s, %v", c.query, c.query.Mode, where(a), a.Err, c.want, c.err)
			}
			if got := strings.Join(zone.questions(), ", "); got != c.asked {
				t.Errorf("%v mode %d asked for %s; want %s", c.query, c.query.Mode, got, c.asked)
			}
			if known, ok := k.Known(c.query); !ok || !sameState(known, a) {
				t.Errorf("%v: told %v, but known is %v", c.query, a, known)
			}
		})
	}

	synctest.Test(t, func(t *testing.T) {
		k := run(t, zone, func(c *Config) { c.Network = "ip" })
		q := udp("six.example", BySRV)
		k.Watch([]Query{q})
		wait(time.Second)
		if a := k.one(); where(a) != "[2001:db8::6]:5060/UDP 10.0.0.6:5060/UDP" {
			t.Errorf("both families: %s", where(a))
		}
		k.Watch([]Query{udp("crowd.example", BySRV), udp("many.example", ByAddress)})
		wait(time.Second)
		for _, c := range k.news() {
			n, b := len(c.answer.Targets), strings.Contains(where(c.answer), "10.0.1.2")
			if crowd := c.query.Host == "crowd.example"; crowd != b || crowd && n != MaxTargets || !crowd && n != MaxTargets {
				t.Errorf("%v: %s", c.query, where(c.answer))
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		noSix := func(to netip.AddrPort) (netip.Addr, error) {
			if to.Addr().Is6() {
				return netip.Addr{}, errors.New("network is unreachable")
			}
			return netip.MustParseAddr("10.0.0.100"), nil
		}
		k := run(t, zone, func(c *Config) { c.Network, c.Source = "ip", noSix })
		k.Watch([]Query{udp("six.example", ByAddress)})
		wait(time.Second)
		if a := k.one(); where(a) != "10.0.0.6:5060/UDP [2001:db8::6]:5060/UDP" {
			t.Errorf("no route for IPv6: %s", where(a))
		}
	})
}

// A week in the life of a name: fresh ahead of its end, stale while DNS is
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
		wait(6 * 24 * time.Hour)
		k.quiet()
		if n := len(zone.questions()); n > 6*24*60*2*4*2 {
			t.Errorf("%d questions to servers that are down", n)
		}
		if b, ok := k.Known(q); !ok || !b.Stale || len(b.Targets) != 1 {
			t.Errorf("known after six days: %v", b)
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

		zone.fail(silent, ns1, ns2)
		wait(2 * time.Minute)
		k.one()
		wait(maxStale + time.Minute)
		if a := k.one(); len(a.Targets) != 0 || !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("forgotten after a week: %s, %v", where(a), a.Err)
		}
	})
}

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

// One name server that misbehaves, in whatever way, does not hurt: the other's
// answer is there within a good second, and it is asked first from then on.
func TestOneBadServer(t *testing.T) {
	for name, f := range map[string]fault{
		"silent": silent, "refuses": refuses, "SERVFAIL": servfail, "REFUSED": rcodeRefused, "lame": lame,
		"other ID": otherID, "other name": otherName, "truncates, no TCP": refusesEveryTCP,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				zone := newNames()
				zone.set(60, "A", "pbx.example", "10.0.0.1")
				zone.fail(f, ns1)
				k := run(t, zone)
				k.Watch([]Query{udp("pbx.example", ByAddress)})
				wait(1100 * time.Millisecond)
				if a := k.one(); where(a) != "10.0.0.1:5060/UDP" || a.Err != nil {
					t.Fatalf("%s, %v", where(a), a.Err)
				}
				zone.take()
				wait(10 * time.Minute)
				k.quiet()
				for _, q := range zone.take() {
					if q.server != ns2 {
						t.Fatalf("asked %v again", q.server)
					}
				}
			})
		})
	}
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

// A question for SRV that fails is not a domain without SRV: its own address
// may be anybody's. One for NAPTR only leaves the transport as configured.
func TestSRVFails(t *testing.T) {
	for f, want := range map[fault]string{failsSRV: "", failsNAPTR: "10.0.0.1:5060/UDP"} {
		synctest.Test(t, func(t *testing.T) {
			zone := newNames()
			zone.set(60, "A", "example", "10.9.9.9")
			zone.set(60, "A", "a.example", "10.0.0.1")
			zone.set(60, "SRV", "_sip._udp.example", "10/0/5060/a.example")
			zone.fail(f, ns1, ns2)
			k := run(t, zone)
			k.Watch([]Query{udp("example", ByNAPTR)})
			wait(time.Second)
			if a := k.one(); where(a) != want || (a.Err == nil) != (want != "") || a.Err != nil && !errors.Is(a.Err, ErrNoAnswer) {
				t.Errorf("fault %d: %s, %v", f, where(a), a.Err)
			}
		})
	}
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

// Half an answer is used when the other half does not come (RFC 8305 §3), and
// EDNS and UDP are given up where they do not work.
func TestCrippledServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.set(60, "AAAA", "pbx.example", "2001:db8::1")
		zone.fail(dropsAAAA, ns1, ns2)
		k := run(t, zone, func(c *Config) { c.Network = "ip" })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(400 * time.Millisecond)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Errorf("without AAAA: %s", where(a))
		}
		zone.fail(well, ns1, ns2)
		wait(time.Minute)
		if a := k.one(); where(a) != "[2001:db8::1]:5060/UDP 10.0.0.1:5060/UDP" {
			t.Errorf("with AAAA: %s", where(a))
		}
	})
	for f, network := range map[fault]string{truncates: "tcp", noEDNS: "udp"} {
		synctest.Test(t, func(t *testing.T) {
			zone := newNames()
			zone.set(60, "A", "pbx.example", "10.0.0.1")
			zone.fail(f, ns1, ns2)
			k := run(t, zone)
			k.Watch([]Query{udp("pbx.example", ByAddress)})
			wait(100 * time.Millisecond)
			if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
				t.Errorf("fault %d: %s, %v", f, where(a), a.Err)
			}
			log := zone.take()
			if len(log) != 2 || log[0].network != "udp" || log[1].network != network || log[1].server != ns1 {
				t.Errorf("fault %d: asked %v", f, log)
			}
		})
	}
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

// The hosts file goes before DNS, for both families, and is read again.
func TestHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.9.9.9")
		zone.set(60, "AAAA", "pbx.example", "2001:db8::9")
		path := t.TempDir() + "/hosts"
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("# a comment pbx.example\n127.0.0.1 localhost\n10.0.0.1\tpbx PBX.Example # the server\nnonsense pbx.example\n")
		k := run(t, zone, func(c *Config) { c.Network, c.Hosts = "ip", path })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Errorf("hosts: %s", where(a))
		}
		if addrs, err := k.LookupNetIP(t.Context(), "ip", "localhost"); fmt.Sprint(addrs) != "[127.0.0.1]" || err != nil {
			t.Errorf("localhost: %v, %v", addrs, err)
		}
		if addrs, err := k.LookupNetIP(t.Context(), "ip", "a.localhost"); fmt.Sprint(addrs) != "[::1 127.0.0.1]" || err != nil {
			t.Errorf("a.localhost: %v, %v", addrs, err)
		}
		if got := zone.questions(); len(got) != 0 {
			t.Errorf("asked %v", got)
		}
		write("10.0.0.2 pbx.example\n")
		wait(time.Minute)
		if a := k.one(); where(a) != "10.0.0.2:5060/UDP" {
			t.Errorf("changed hosts: %s", where(a))
		}
	})
}

// DHCP writes another resolv.conf: the new servers are asked within seconds,
// not when the back-off of the old ones ends.
func TestResolvConf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.fail(silent, ns1)
		path := t.TempDir() + "/resolv.conf"
		k := run(t, zone, func(c *Config) { c.Servers, c.ResolvConf = nil, path })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(time.Hour)
		if a := k.one(); !errors.Is(a.Err, ErrNoServer) {
			t.Fatalf("no file: %v", a)
		}
		if got := zone.questions(); len(got) != 0 {
			t.Errorf("asked %v", got)
		}
		if err := os.WriteFile(path, []byte("nameserver 192.0.2.1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Minute)
		if a := k.one(); !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("a silent one: %v", a)
		}
		text := "; comment\nsearch example.com\noptions rotate\nnameserver nonsense\nnameserver 192.0.2.2\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(5 * time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Fatalf("a good one: %v", a)
		}
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

// A chain of aliases that never ends does, over several answers too.
func TestAliases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		for i := range 100 {
			zone.set(60, "CNAME", fmt.Sprintf("a%d.example", i), fmt.Sprintf("a%d.example", i+1))
		}
		zone.set(60, "CNAME", "loop.example", "pool.example")
		zone.set(60, "CNAME", "pool.example", "loop.example")
		zone.set(60, "A", "a100.example", "10.0.0.1")
		k := run(t, zone)
		k.Watch([]Query{udp("a0.example", ByAddress), udp("loop.example", ByAddress), udp("a80.example", ByAddress)})
		wait(time.Minute)
		for _, c := range k.news() {
			if good := c.query.Host == "a80.example"; good != (len(c.answer.Targets) == 1) {
				t.Errorf("%v: %s, %v", c.query, where(c.answer), c.answer.Err)
			}
		}
	})
}
