package wire

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// freshFor is how long an answer is used without asking again. The system's
	// resolver does not tell the record's own lifetime.
	freshFor = time.Minute
	// staleAfter is how long a flight waits for a new answer when an earlier one
	// is known: with DNS down, calls go on with the earlier one.
	staleAfter = 2 * time.Second
	// lookupLimit bounds one look-up.
	lookupLimit = 10 * time.Second
	// maxNames bounds the memory for names that others have put into Contact and
	// Record-Route.
	maxNames = 64
)

// errNoName says that a name does not resolve and no earlier answer is known.
var errNoName = errors.New("no such name")

// A resolver looks names up (RFC 3263 §4.2: with a port given, A and AAAA) and
// keeps the answers. Nobody waits for it but by callback.
type resolver struct {
	lookup  func(ctx context.Context, network, host string) ([]netip.Addr, error)
	network string               // "ip", "ip4" or "ip6"
	spawn   func(f func()) bool  // runs f on a goroutine that Close waits for
	changed func()               // called when the known addresses have changed
	keep    func(string) bool    // names that are not forgotten: the servers'
	ctx     context.Context      // ends with the Wire
	mu      sync.Mutex           // guards what follows
	names   map[string]*name     // by host
	demoted map[netip.Addr]int64 // addresses that gave no answer, by the order of their failure
	failure int64
}

// A name is what is known of one host name.
type name struct {
	addrs   []netip.Addr // the last answer, not empty once one was had
	before  []netip.Addr // the answer before it: calls set up then still use it
	at      time.Time    // when addrs was had
	used    time.Time
	asking  bool
	waiters []func([]netip.Addr, error)
}

// find calls done with the addresses of host, best first: now if they are
// known, else on another goroutine. Every done is called, once.
func (r *resolver) find(host string, done func([]netip.Addr, error)) {
	if a, err := netip.ParseAddr(host); err == nil {
		done([]netip.Addr{a.Unmap()}, nil)
		return
	}
	now := time.Now()
	r.mu.Lock()
	n := r.names[host]
	if n == nil {
		r.evict()
		n = &name{}
		r.names[host] = n
	}
	n.used = now
	if len(n.addrs) > 0 && now.Sub(n.at) < freshFor {
		addrs := r.order(n.addrs)
		r.mu.Unlock()
		done(addrs, nil)
		return
	}
	n.waiters = append(n.waiters, done)
	if n.asking {
		r.mu.Unlock()
		return
	}
	n.asking = true
	r.mu.Unlock()
	if !r.spawn(func() { r.ask(host, n) }) {
		r.answer(n, nil, context.Canceled)
	}
}

// ask looks host up and answers all who wait.
func (r *resolver) ask(host string, n *name) {
	ctx, cancel := context.WithTimeout(r.ctx, lookupLimit)
	defer cancel()
	impatient := time.AfterFunc(staleAfter, func() { r.serveStale(n) })
	defer impatient.Stop()
	addrs, err := r.lookup(ctx, r.network, host)
	addrs = slices.Clone(addrs) // a resolver may keep its own
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	if err == nil && len(addrs) == 0 {
		err = errNoName
	}
	if err != nil {
		err = fmt.Errorf("look up %s: %w", host, err)
	}
	r.answer(n, addrs, err)
}

// answer ends a look-up.
func (r *resolver) answer(n *name, addrs []netip.Addr, err error) {
	r.mu.Lock()
	n.asking = false
	moved := false
	if err == nil {
		if moved = !slices.Equal(n.addrs, addrs); moved {
			n.before = n.addrs
		}
		n.addrs, n.at = addrs, time.Now()
	}
	waiters := n.waiters
	n.waiters = nil
	known := r.order(n.addrs)
	r.mu.Unlock()
	if moved {
		r.changed()
	}
	if len(known) > 0 {
		err = nil // the earlier answer
	}
	for _, done := range waiters {
		done(known, err)
	}
}

// serveStale answers those who wait with the earlier answer, if there is one.
func (r *resolver) serveStale(n *name) {
	r.mu.Lock()
	if len(n.addrs) == 0 {
		r.mu.Unlock()
		return
	}
	waiters := n.waiters
	n.waiters = nil
	known := r.order(n.addrs)
	r.mu.Unlock()
	for _, done := range waiters {
		done(known, nil)
	}
}

// known are the addresses that host has or had in the last two answers.
func (r *resolver) known(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[host]
	if n == nil {
		return nil
	}
	return append(r.order(n.addrs), n.before...)
}

// demote puts an address that gave no answer behind the others of its name.
func (r *resolver) demote(a netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.demoted) >= 4*maxNames {
		clear(r.demoted)
	}
	r.failure++
	r.demoted[a] = r.failure
}

// order is addrs with those that failed last at the end; the caller holds mu.
func (r *resolver) order(addrs []netip.Addr) []netip.Addr {
	sorted := slices.Clone(addrs)
	slices.SortStableFunc(sorted, func(a, b netip.Addr) int {
		return int(r.demoted[a] - r.demoted[b])
	})
	return sorted
}

// evict makes room for one more name; the caller holds mu.
func (r *resolver) evict() {
	if len(r.names) < maxNames {
		return
	}
	oldest := ""
	for host, n := range r.names {
		if !n.asking && !r.keep(host) && (oldest == "" || n.used.Before(r.names[oldest].used)) {
			oldest = host
		}
	}
	delete(r.names, oldest)
}
