package dns

import (
	"cmp"
	"hash/fnv"
	"math"
	"net/netip"
	"slices"
	"strings"

	"phoned/sip"
)

// maxRecords bounds what is kept of one answer.
const maxRecords = 32

// limit sorts s, so that equal sets are equal slices in whatever order a name
// server rotates them, and cuts what is too much.
func (s *rrset) limit() {
	s.addrs = slices.DeleteFunc(s.addrs, func(a netip.Addr) bool {
		return a.IsUnspecified() || a.IsMulticast() // a block list's, or nonsense
	})
	slices.SortFunc(s.addrs, netip.Addr.Compare)
	slices.SortFunc(s.srv, func(a, b service) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), strings.Compare(a.target, b.target),
			cmp.Compare(a.port, b.port), cmp.Compare(b.weight, a.weight))
	})
	slices.SortFunc(s.naptr, func(a, b pointer) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.preference, b.preference),
			strings.Compare(a.service, b.service), strings.Compare(a.replacement, b.replacement))
	})
	s.addrs = head(slices.Compact(s.addrs), maxRecords)
	s.srv = head(slices.Compact(s.srv), maxRecords)
	s.naptr = head(slices.Compact(s.naptr), maxRecords)
	s.absent = len(s.addrs)+len(s.srv)+len(s.naptr) == 0
}

// head is a copy of the first n of s, which does not keep the rest alive.
func head[T any](s []T, n int) []T { return slices.Clone(s[:min(len(s), n)]) }

// A draw is a seed that gives every record of a set a fixed random number.
// So the same set always comes in the same order, however often it is asked
// for and in whatever order it arrives, and a phone does not wander over its
// servers at each refresh; a record that comes or goes leaves the order of the
// others alone.
type draw uint64

// of is uniform in (0, 1], the same for the same words.
func (d draw) of(words ...string) float64 {
	h := fnv.New64a()
	var seed [8]byte
	for i := range seed {
		seed[i] = byte(d >> (8 * i))
	}
	h.Write(seed[:])
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0xff})
	}
	x := h.Sum64() // FNV alone mixes its last bytes badly: the finish of splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return (float64(x>>11) + 1) / (1 << 53)
}

// services orders the SRV records of owner. RFC 2782: the lowest priority
// first; among equals one after the other is drawn with a probability in
// proportion to its weight. That is a race of exponential clocks, each as fast
// as its weight, which needs one number for each record. A weight of 0 has "a
// very small chance of being selected" before one that is greater.
func (d draw) services(owner string, srv []service) []service {
	finish := func(s service) float64 {
		weight := max(float64(s.weight), 1.0/256)
		return -math.Log(d.of(owner, s.target, string([]byte{byte(s.port >> 8), byte(s.port)}))) / weight
	}
	sorted := slices.Clone(srv)
	slices.SortStableFunc(sorted, func(a, b service) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(finish(a), finish(b)))
	})
	return sorted
}

// addresses orders the addresses of a name: each family as drawn, then the two
// in turn, IPv6 first (RFC 6724 §2.1, RFC 8305 §4, RFC 7984 §4), so that a
// family that leads nowhere costs one target and not all.
func (d draw) addresses(name string, v4, v6 []netip.Addr) []netip.Addr {
	drawn := func(addrs []netip.Addr) []netip.Addr {
		sorted := slices.Clone(addrs)
		slices.SortStableFunc(sorted, func(a, b netip.Addr) int {
			return cmp.Compare(d.of(name, a.String()), d.of(name, b.String()))
		})
		return sorted
	}
	v4, v6 = drawn(v4), drawn(v6)
	var mixed []netip.Addr
	for len(v4)+len(v6) > 0 {
		mixed = append(append(mixed, v6[:min(1, len(v6))]...), v4[:min(1, len(v4))]...)
		v4, v6 = v4[min(1, len(v4)):], v6[min(1, len(v6)):]
	}
	return mixed
}

// A way is an SRV name to look up, and the transport it stands for.
type way struct {
	name      string
	transport sip.Transport
}

// srvWay is the SRV name of a domain for a transport (RFC 3263 §4.1, §4.2).
func srvWay(domain string, t sip.Transport) way {
	switch t {
	case sip.TCP:
		return way{"_sip._tcp." + domain, t}
	case sip.TLS:
		return way{"_sips._tcp." + domain, t}
	default:
		return way{"_sip._udp." + domain, sip.UDP}
	}
}

// otherWays are the SRV names to try when there is neither NAPTR nor an SRV
// record for the configured transport: RFC 3263 §4.1 lets a client without
// NAPTR query for every transport it supports. With TLS configured there is no
// other, for plain text is no substitute.
func otherWays(domain string, configured sip.Transport) []way {
	var ways []way
	for _, t := range []sip.Transport{sip.UDP, sip.TCP, sip.TLS} {
		if configured != sip.TLS && t != configured {
			ways = append(ways, srvWay(domain, t))
		}
	}
	return ways
}

// naptrWays chooses among the NAPTR records of a domain, which come sorted.
// RFC 3263 §4.1: services that the phone does not support do not count, and
// for a SIPS resource only SIPS does. RFC 3403 §4.1: once a record matches, those of
// a higher order are out. Where the first choice is TLS, plain text is out
// too: a certificate that fails must not lead there.
func naptrWays(records []pointer, configured sip.Transport) []way {
	var ways []way
	var order uint16
	for _, r := range records {
		t, supported := naptrTransport(r.service)
		switch {
		case !supported, !strings.EqualFold(r.flags, "s"), r.regexp != "", r.replacement == "":
			continue
		case configured == sip.TLS && t != sip.TLS:
			continue
		case len(ways) > 0 && (r.order != order || ways[0].transport == sip.TLS && t != sip.TLS):
			continue
		case len(ways) == MaxTargets:
			return ways
		}
		order = r.order
		ways = append(ways, way{r.replacement, t})
	}
	return ways
}

// naptrTransport reads the service field (RFC 3263 §4.1), whose case does not
// matter (RFC 3403 §4.1).
func naptrTransport(service string) (sip.Transport, bool) {
	switch strings.ToUpper(service) {
	case "SIP+D2U":
		return sip.UDP, true
	case "SIP+D2T":
		return sip.TCP, true
	case "SIPS+D2T":
		return sip.TLS, true
	}
	return 0, false
}
