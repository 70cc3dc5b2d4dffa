package dns

import (
	"errors"
	"fmt"
	"net/netip"
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

	long := strings.Repeat("a.", 122) + "example"
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
		{udp(long, BySRV), "", ErrNoName, "A " + long},
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
