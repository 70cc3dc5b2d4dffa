package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// fileTime is how often resolv.conf is looked at while questions fail.
const fileTime = 2 * time.Second

// A Resolver finds targets and keeps them fresh. Its methods may be called from
// any goroutine; only LookupNetIP waits.
type Resolver struct {
	onChange func(Query, Answer)
	network  string
	asker    asker
	wake     chan struct{} // holds one: there is something to do for Run

	mu     sync.Mutex // guards what follows
	core   *core
	moved  chan struct{} // closed and replaced when the core has learnt something
	closed bool
}

// New is a Resolver that asks nothing before Run.
func New(cfg Config) *Resolver {
	if cfg.Network == "" {
		cfg.Network = "ip"
	}
	if cfg.ResolvConf == "" {
		cfg.ResolvConf = "/etc/resolv.conf"
	}
	if cfg.Hosts == "" {
		cfg.Hosts = "/etc/hosts"
	}
	if cfg.OnChange == nil {
		cfg.OnChange = func(Query, Answer) {}
	}
	if cfg.Exchange == nil {
		cfg.Exchange = exchange
	}
	if cfg.Source == nil {
		cfg.Source = source
	}
	reaches := func(a netip.Addr) bool {
		_, err := cfg.Source(netip.AddrPortFrom(a, 5060))
		return err == nil
	}
	return &Resolver{
		onChange: cfg.OnChange,
		network:  cfg.Network,
		asker: asker{
			hosts:    cfg.Hosts,
			servers:  &servers{fixed: cfg.Servers, path: cfg.ResolvConf},
			exchange: cfg.Exchange,
		},
		wake:  make(chan struct{}, 1),
		core:  newCore(cfg.Network, cfg.Seed, reaches),
		moved: make(chan struct{}),
	}
}

// Run asks until ctx ends. When it returns all goroutines of the Resolver have
// ended, and whoever waits in LookupNetIP has ErrClosed.
func (r *Resolver) Run(ctx context.Context) {
	var asking sync.WaitGroup
	defer func() {
		r.mu.Lock()
		r.closed = true
		close(r.moved)
		r.moved = make(chan struct{})
		r.mu.Unlock()
	}()
	defer asking.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		r.mu.Lock()
		asks, news, next := r.core.step(now)
		if r.core.failing() && len(r.asker.servers.fixed) == 0 {
			next = earlier(next, now.Add(fileTime))
		}
		r.mu.Unlock()
		for _, k := range asks {
			asking.Go(func() { r.ask(ctx, k) })
		}
		for _, n := range news {
			r.onChange(n.query, n.answer)
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(max(next.Sub(now), time.Millisecond))
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-timer.C:
			r.rereadServers()
		}
	}
}

// rereadServers asks again at once when resolv.conf has new servers, instead
// of when the back-off after the old ones' silence ends.
func (r *Resolver) rereadServers() {
	r.mu.Lock()
	failing := r.core.failing()
	r.mu.Unlock()
	if failing && r.asker.servers.moved() {
		r.Refresh()
	}
}

// ask has one question answered.
func (r *Resolver) ask(ctx context.Context, k key) {
	set, err := r.asker.ask(ctx, k)
	r.do(func(c *core) { c.answered(time.Now(), k, set, err) })
}

// do changes the core and tells Run and everybody who waits.
func (r *Resolver) do(change func(*core)) {
	r.mu.Lock()
	change(r.core)
	if !r.closed {
		close(r.moved)
		r.moved = make(chan struct{})
	}
	r.mu.Unlock()
	r.poke()
}

// poke has Run look at the core again.
func (r *Resolver) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Watch replaces the queries whose answers are kept fresh; at most 128 count.
// OnChange tells each new one's answer, also that of an IP literal.
func (r *Resolver) Watch(queries []Query) {
	r.do(func(c *core) { c.watch(queries) })
}

// Known is what is known of q, without asking; ok is false when that is nothing
// yet. Of a watched query it is what OnChange said last.
func (r *Resolver) Known(q Query) (a Answer, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.core.known(time.Now(), q)
}

// Refresh has everything asked again now, back-off or not: the link came up, the
// address has changed. What is known serves until the answers are there.
func (r *Resolver) Refresh() {
	r.do(func(c *core) { c.refresh() })
}

// LookupNetIP is net.Resolver's: the addresses of host, network being "ip",
// "ip4" or "ip6". It serves what is known at once while that is fresh or DNS is
// known to be down; else it asks, and after 0.3 s an earlier answer will do.
// It needs Run. The error wraps one of this package or is the context's.
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	switch network {
	case "ip", "ip4", "ip6":
	default:
		return nil, fmt.Errorf("look up %s: %w", host, net.UnknownNetworkError(network))
	}
	if a, literal := parseLiteral(host); literal {
		if network == "ip4" && !a.Is4() || network == "ip6" && a.Is4() {
			return nil, fmt.Errorf("look up %s as %s: %w", host, network, ErrNoName)
		}
		return []netip.Addr{a}, nil
	}
	impatient := time.NewTimer(patience)
	defer impatient.Stop()
	waited := false
	for {
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			return nil, fmt.Errorf("look up %s: %w", host, ErrClosed)
		}
		a, settled := r.core.lookup(time.Now(), network, host)
		moved := r.moved
		r.mu.Unlock()
		if !settled {
			r.poke()
		}
		if len(a.Targets) > 0 && (settled || waited) {
			addrs := make([]netip.Addr, len(a.Targets))
			for i, t := range a.Targets {
				addrs[i] = t.Addr.Addr()
			}
			return addrs, nil
		}
		if settled {
			return nil, fmt.Errorf("look up %s: %w", host, a.Err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("look up %s: %w", host, ctx.Err())
		case <-impatient.C:
			waited = true
		case <-moved:
		}
	}
}

// source asks the kernel for a route: connecting a UDP socket sends nothing.
func source(remote netip.AddrPort) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	local, _ := c.LocalAddr().(*net.UDPAddr)
	return local.AddrPort().Addr().Unmap(), nil
}
