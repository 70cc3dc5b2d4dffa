package dns

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"phoned/sip"
)

// RFC 2782: over many phones the first target falls in proportion to the
// weights, the second likewise among the rest, and a weight of 0 hardly ever.
func TestWeights(t *testing.T) {
	records := []service{
		{"a.example", 10, 60, 5060},
		{"b.example", 10, 30, 5060},
		{"c.example", 10, 10, 5060},
		{"zero.example", 10, 0, 5060},
		{"backup.example", 20, 100, 5060},
	}
	const phones = 20000
	first, second := map[string]float64{}, map[string]float64{}
	for seed := range draw(phones) {
		sorted := seed.services("_sip._udp.example", records)
		if sorted[4].target != "backup.example" {
			t.Fatalf("seed %d: a lower priority at %v", seed, sorted)
		}
		first[sorted[0].target] += 1.0 / phones
		if sorted[0].target == "a.example" {
			second[sorted[1].target] += 1.0 / phones
		}
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 0.015 {
			t.Errorf("%s: %.3f, want %.3f", what, got, want)
		}
	}
	near("a first", first["a.example"], 0.6)
	near("b first", first["b.example"], 0.3)
	near("c first", first["c.example"], 0.1)
	near("b after a", second["b.example"]/first["a.example"], 0.75)
	if first["zero.example"] > 0.001 {
		t.Errorf("weight 0 comes first for %.4f of the phones", first["zero.example"])
	}
}

// All weights 0: every one is first for some phones.
func TestWeightsAllZero(t *testing.T) {
	records := []service{{"a.example", 0, 0, 5060}, {"b.example", 0, 0, 5060}}
	first := map[string]int{}
	for seed := range draw(1000) {
		first[seed.services("_sip._udp.example", records)[0].target]++
	}
	if first["a.example"] < 400 || first["b.example"] < 400 {
		t.Errorf("first: %v", first)
	}
}

// A phone does not wander: the same set in any order is the same order, and a
// record that goes leaves the others where they were.
func TestOrderIsStable(t *testing.T) {
	records := []service{
		{"a.example", 10, 5, 5060},
		{"b.example", 10, 5, 5060},
		{"c.example", 10, 5, 5060},
		{"d.example", 10, 0, 5060},
	}
	var addrs []netip.Addr
	for i := range byte(6) {
		addrs = append(addrs, netip.AddrFrom4([4]byte{10, 0, 0, i}))
	}
	differ := false
	for seed := range draw(50) {
		want := seed.services("_sip._udp.example", records)
		wantAddrs := seed.addresses("a.example", addrs, nil)
		differ = differ || !slices.Equal(wantAddrs, draw(0).addresses("a.example", addrs, nil))
		for range 5 {
			rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
			if got := seed.services("_sip._udp.example", records); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %v, then %v", seed, want, got)
			}
			if got := seed.addresses("a.example", addrs, nil); !slices.Equal(got, wantAddrs) {
				t.Fatalf("seed %d: %v, then %v", seed, wantAddrs, got)
			}
		}
		fewer := seed.services("_sip._udp.example", slices.Delete(slices.Clone(want), 1, 2))
		if !slices.Equal(fewer, slices.Delete(slices.Clone(want), 1, 2)) {
			t.Fatalf("seed %d: %v without its second is %v", seed, want, fewer)
		}
	}
	if !differ {
		t.Error("every phone has the same order")
	}
}

// Another processor or firmware does not shuffle the phones anew.
func TestDrawIsForEver(t *testing.T) {
	var records []service
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		records = append(records, service{name, 10, 20, 5060})
	}
	order := ""
	for _, s := range draw(42).services("_sip._udp.example", records) {
		order += s.target
	}
	if got := draw(42).of("pbx.example", "10.0.0.1"); order != "abdce" || got != 0.5545734451980369 {
		t.Errorf("order %s, number %v", order, got)
	}
}

// IPv6 and IPv4 take turns.
func TestFamiliesTakeTurns(t *testing.T) {
	a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	x, y := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	got := draw(3).addresses("pbx.example", []netip.Addr{a, b, netip.MustParseAddr("10.0.0.3")}, []netip.Addr{x, y})
	for i, v6 := range []bool{true, false, true, false, false} {
		if got[i].Is6() != v6 {
			t.Fatalf("order %v", got)
		}
	}
}

// RFC 3263 §4.1 by example.
func TestNAPTR(t *testing.T) {
	tls := pointer{50, 50, "s", "SIPS+D2T", "", "_sips._tcp.example.com"}
	tcp := pointer{90, 50, "s", "SIP+D2T", "", "_sip._tcp.example.com"}
	udp := pointer{100, 50, "S", "sip+d2u", "", "_sip._udp.example.com"}
	sctp := pointer{10, 50, "s", "SIP+D2S", "", "_sip._sctp.example.com"}
	enum := pointer{10, 50, "u", "E2U+sip", "!^.*$!sip:info@example.com!", ""}
	sameOrder := func(p pointer, preference uint16) pointer {
		p.order, p.preference = 7, preference
		return p
	}
	for name, c := range map[string]struct {
		records    []pointer
		configured sip.Transport
		want       []sip.Transport
	}{
		"the RFC's own example":                {[]pointer{tls, tcp, udp}, sip.UDP, []sip.Transport{sip.TLS}},
		"what is not supported does not count": {[]pointer{sctp, enum, tcp, udp}, sip.UDP, []sip.Transport{sip.TCP}},
		"preference within an order":           {[]pointer{sameOrder(udp, 20), sameOrder(tcp, 10)}, sip.UDP, []sip.Transport{sip.TCP, sip.UDP}},
		"never plain text after TLS":           {[]pointer{sameOrder(tls, 10), sameOrder(tcp, 20)}, sip.UDP, []sip.Transport{sip.TLS}},
		"TLS may come after plain text":        {[]pointer{sameOrder(tls, 20), sameOrder(tcp, 10)}, sip.UDP, []sip.Transport{sip.TCP, sip.TLS}},
		"TLS is configured":                    {[]pointer{tcp, udp, sameOrder(tls, 90)}, sip.TLS, []sip.Transport{sip.TLS}},
		"TLS is configured and not offered":    {[]pointer{tcp, udp}, sip.TLS, nil},
		"a regular expression":                 {[]pointer{{1, 1, "s", "SIP+D2U", "!.*!x!", "a.example"}}, sip.UDP, nil},
		"not terminal":                         {[]pointer{{1, 1, "", "SIP+D2U", "", "a.example"}}, sip.UDP, nil},
	} {
		set := rrset{naptr: c.records}
		set.limit()
		var got []sip.Transport
		for _, w := range naptrWays(set.naptr, c.configured) {
			got = append(got, w.transport)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
