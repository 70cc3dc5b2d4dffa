package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"phoned/sip"
)

// maxPerName bounds the addresses taken of one SRV target, so that the second
// server of a domain is among the targets even if the first has many.
const maxPerName = MaxTargets / 2

// A walk goes from a query over the records that are known to the targets.
// Where something is missing it notes what, and goes on where it can: so all
// that is needed is asked for at a time, and a walk can be repeated whenever
// an answer has come.
type walk struct {
	*core
	now     time.Time
	query   Query
	network string
	asks    bool // make room for what is missing, so that it is asked for
	watched bool // what it needs is to be kept fresh
	lenient bool // an earlier answer goes before "there is none"

	targets   []Target
	pending   bool // some records are not known yet
	stale     bool
	unsettled []key // what asking would make newer
	err       error // why there is nothing at some name
	why       error // why it is stale
}

// The outcomes of looking at one key.
type outcome int

const (
	found outcome = iota
	absent
	pending
	failed
)

// answer is what is known of the query. whole is false when records are missing.
func (w *walk) answer() (a Answer, whole bool) {
	first := *w
	w.run()
	if len(w.targets) == 0 && !w.pending {
		// A name that DNS suddenly denies is more often a mistake in the zone or a
		// captive portal than a server that has gone: only a name without an earlier
		// answer does not resolve.
		again := first
		again.lenient = true
		if again.run(); len(again.targets) > 0 {
			unsettled := w.unsettled
			*w = again
			w.unsettled = unsettled
		}
	}
	a = Answer{Targets: w.targets, Stale: w.stale, Err: w.err}
	if len(a.Targets) > 0 {
		a.Err = nil
		if a.Stale {
			a.Err = w.why
		}
		a.Targets = w.byRoute(a.Targets)
	}
	return a, !w.pending
}

// byRoute puts targets without a route last (RFC 6724 §6 rule 1), where there
// is a choice between the families: a name with IPv6 must cost nothing in a
// network without.
func (w *walk) byRoute(targets []Target) []Target {
	v4 := func(t Target) bool { return t.Addr.Addr().Is4() }
	v6 := func(t Target) bool { return !v4(t) }
	if w.reaches == nil || !slices.ContainsFunc(targets, v4) || !slices.ContainsFunc(targets, v6) {
		return targets
	}
	var with, without []Target
	for _, t := range targets {
		if w.reaches(t.Addr.Addr()) {
			with = append(with, t)
		} else {
			without = append(without, t)
		}
	}
	return append(with, without...)
}

// run is RFC 3263 §4.
func (w *walk) run() {
	q := w.query
	if a, literal := parseLiteral(q.Host); literal {
		w.add(Target{netip.AddrPortFrom(a, q.port()), q.Transport, q.Host})
		return
	}
	host, valid := hostName(q.Host)
	if !valid {
		w.fail(fmt.Errorf("%.64q: %w", q.Host, ErrBadName))
		return
	}
	// §4.2: with a port, A and AAAA.
	if q.Port != 0 || q.Mode == ByAddress {
		w.host(host, q.port(), q.Transport, MaxTargets)
		return
	}
	var ways []way
	if q.Mode == ByNAPTR {
		set, o := w.get(key{host, typeNAPTR})
		switch o {
		case pending:
			w.pending = true
			return
		case found:
			decided := false
			for _, way := range naptrWays(set.naptr, q.Transport) {
				decided = w.services(way) || decided
			}
			if decided {
				return
			}
		}
		// No NAPTR, or none that is of use, or a server that does not know the type:
		// the configured transport is as good a choice.
		ways = otherWays(host, q.Transport)
	}
	for _, way := range append([]way{srvWay(host, q.Transport)}, ways...) {
		if w.services(way) {
			return
		}
	}
	// §4.2: without SRV records, A and AAAA of the domain.
	w.host(host, q.port(), q.Transport, MaxTargets)
}

// services adds the targets of an SRV name. It is false when there are no such
// records. A question that fails is not the same: the domain's own addresses
// may be anybody's, and a REGISTER does not go there on a server's hiccup.
func (w *walk) services(to way) bool {
	if _, valid := hostName(to.name); !valid { // longer than a name can be
		return false
	}
	set, o := w.get(key{to.name, typeSRV})
	switch o {
	case absent:
		return false
	case pending:
		w.pending = true
		return true
	case failed:
		return true
	}
	records := slices.DeleteFunc(w.draw.services(to.name, set.srv), func(s service) bool { return s.target == "" })
	if len(records) == 0 {
		w.fail(fmt.Errorf("%s: %w", to.name, ErrNoService))
	}
	for _, s := range head(records, MaxTargets) {
		w.host(s.target, s.port, to.transport, maxPerName)
	}
	return true
}

// host adds at most limit targets at the addresses of a name.
func (w *walk) host(name string, port uint16, t sip.Transport, limit int) {
	if a, err := netip.ParseAddr(name); err == nil { // an SRV target that is none
		w.add(Target{netip.AddrPortFrom(a, port), t, name})
		return
	}
	var v4, v6 []netip.Addr
	o4, o6 := absent, absent
	if w.network != "ip6" {
		var set rrset
		set, o4 = w.get(key{name, typeA})
		v4 = set.addrs
	}
	if w.network != "ip4" {
		var set rrset
		set, o6 = w.get(key{name, typeAAAA})
		v6 = set.addrs
	}
	w.pending = w.pending || o4 == pending || o6 == pending
	if o4 == absent && o6 == absent {
		w.fail(fmt.Errorf("%s: %w", name, ErrNoName))
	}
	for _, a := range head(w.draw.addresses(name, v4, v6), limit) {
		w.add(Target{netip.AddrPortFrom(a, port), t, name})
	}
}

// get is what is known of k, through its aliases.
func (w *walk) get(k key) (rrset, outcome) {
	for range maxAliases {
		set, o := w.one(k)
		if o != found || set.alias == "" {
			return set, o
		}
		k.name = set.alias
	}
	w.fail(fmt.Errorf("%s: chain of aliases: %w", k.name, ErrNoName))
	return rrset{}, failed
}

// one is what is known of k itself.
func (w *walk) one(k key) (rrset, outcome) {
	e := w.entries[k]
	if w.asks {
		e = w.entry(k)
		if e == nil {
			w.fail(fmt.Errorf("%s: %w", k.name, ErrTooMany))
			return rrset{}, failed
		}
	}
	if e == nil {
		return rrset{}, pending
	}
	if w.watched && e.kept != w.steps {
		e.kept = w.steps
		w.order = append(w.order, k)
	}
	if !e.settled(w.now) {
		w.unsettled = append(w.unsettled, k)
	}
	if e.has && !w.now.Before(e.until.Add(maxStale)) {
		e.has, e.good = false, rrset{}
	}
	switch {
	case e.has && w.lenient && e.absent:
		w.old(fmt.Errorf("%s: %w", k.name, ErrNoName))
		return e.good, found
	case e.absent:
		return rrset{}, absent
	case e.has:
		if !w.now.Before(e.until) && e.err != nil { // else the new answer is on its way
			w.old(e.err)
		}
		return e.good, found
	case e.err != nil:
		w.fail(e.err)
		return rrset{}, failed
	default:
		return rrset{}, pending
	}
}

// old notes that a record has outlived its TTL, and why there is no newer one.
func (w *walk) old(why error) {
	w.stale = true
	if w.why == nil {
		w.why = why
	}
}

// fail notes why there is nothing at a name. Silence goes before absence: it
// is what may change.
func (w *walk) fail(err error) {
	if w.err == nil || errors.Is(w.err, ErrNoName) {
		w.err = err
	}
}

// add adds a target, once.
func (w *walk) add(t Target) {
	same := func(o Target) bool { return o.Addr == t.Addr && o.Transport == t.Transport }
	if len(w.targets) < MaxTargets && !slices.ContainsFunc(w.targets, same) {
		w.targets = append(w.targets, t)
	}
}

// parseLiteral reads an IP address, with or without brackets.
func parseLiteral(host string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(host)
	return a.Unmap(), err == nil
}
