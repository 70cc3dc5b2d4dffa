package siptest

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// A Behaviour is what a number of a Party does with a call.
type Behaviour struct {
	Status   int           // final answer; 0 or 200 = takes the call
	Trying   time.Duration // before anything but 100
	Ring     time.Duration // rings so long before the final answer
	Forever  bool          // rings and never answers
	Silent   bool          // does not ring: no 180
	Early    bool          // sends sound while it rings (183 with SDP)
	HangUp   time.Duration // ends the call after so long; 0 = never
	CallBack time.Duration // calls the caller so long after the call is over; 0 = never
}

// The numbers of a party that has none set.
var DefaultNumbers = map[string]Behaviour{
	"600": {Ring: 300 * time.Millisecond},
	"601": {Status: 486},
	"602": {Early: true, Ring: 5 * time.Second},
	"603": {Forever: true},
	"604": {Status: 480, CallBack: 3 * time.Second},
}

// PartyConfig is what a Party is made of. Addr is needed.
type PartyConfig struct {
	Host    Host           // OS if nil
	Addr    netip.AddrPort // where it listens, UDP; port 0 = any free one
	Numbers map[string]Behaviour
	Media   bool             // opens RTP sockets, echoes what arrives, and plays early media
	Servers []netip.AddrPort // through which it calls back if the caller's own does not let it
	Seed    uint64
	Keep    int // entries of the record that are kept; 0 = all
}

// A Party is the far side of calls: it answers by numbers, echoes sound, and
// places calls. It is no server's part, so it outlives them all.
type Party struct {
	Record *Record

	cfg   PartyConfig
	st    *station
	calls []*PartyCall
	news  chan struct{}
}

// StartParty opens the socket and serves until Close.
func StartParty(cfg PartyConfig) (*Party, error) {
	if cfg.Host == nil {
		cfg.Host = OS
	}
	if cfg.Numbers == nil {
		cfg.Numbers = DefaultNumbers
	}
	p := &Party{Record: &Record{Limit: cfg.Keep}, cfg: cfg}
	p.st = newStation(cfg.Host, p.Record, cfg.Seed, []Bind{{Transport: "UDP", Addr: cfg.Addr}})
	p.st.handle = p.request
	if err := p.st.start(); err != nil {
		return nil, err
	}
	return p, nil
}

// Close ends the party and its calls' sound without a word to the others.
func (p *Party) Close() {
	p.st.mu.Lock()
	for _, c := range p.calls {
		c.set(Ended)
	}
	p.st.mu.Unlock()
	p.st.stop()
}

// Addr is where the party listens.
func (p *Party) Addr() netip.AddrPort {
	p.st.mu.Lock()
	defer p.st.mu.Unlock()
	return p.st.addr("UDP")
}

// SetServers sets Servers.
func (p *Party) SetServers(servers ...netip.AddrPort) {
	p.st.mu.Lock()
	defer p.st.mu.Unlock()
	p.cfg.Servers = servers
}

// Routes is the Numbers of a server that knows this party.
func (p *Party) Routes() map[string]netip.AddrPort {
	routes := map[string]netip.AddrPort{}
	for number := range p.cfg.Numbers {
		routes[number] = p.Addr()
	}
	return routes
}

// Calls are all calls so far, oldest first.
func (p *Party) Calls() []*PartyCall {
	p.st.mu.Lock()
	defer p.st.mu.Unlock()
	return slices.Clone(p.calls)
}

// changed wakes who waits; the lock is held.
func (p *Party) changed() {
	if p.news != nil {
		close(p.news)
		p.news = nil
	}
}

// wait returns when done is true (asked with the lock held), or with ctx.
func (p *Party) wait(ctx context.Context, done func() bool) error {
	for {
		p.st.mu.Lock()
		if done() {
			p.st.mu.Unlock()
			return nil
		}
		if p.news == nil {
			p.news = make(chan struct{})
		}
		news := p.news
		p.st.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitCall waits for the n-th call (from 1), in either direction.
func (p *Party) WaitCall(ctx context.Context, n int) (*PartyCall, error) {
	err := p.wait(ctx, func() bool { return len(p.calls) >= n })
	if err != nil {
		return nil, errors.Join(errors.New("siptest: waiting for a call at the far party"), err)
	}
	return p.Calls()[n-1], nil
}

// request handles one new request; the lock is held.
func (p *Party) request(tx *serverTx) {
	req := tx.req
	if req.To().Params.Has("tag") {
		p.inDialog(tx)
		return
	}
	switch req.Method {
	case gosip.INVITE:
		p.invited(tx)
	case gosip.CANCEL:
		p.st.answerCancel(tx)
	case gosip.OPTIONS:
		tx.respond(tx.answer(200, ""), false)
	case gosip.ACK:
	default:
		tx.respond(tx.answer(481, ""), false)
	}
}

func (p *Party) inDialog(tx *serverTx) {
	req := tx.req
	for _, c := range p.calls {
		if c.state != Ended && c.callID == req.CallID().Value() && c.localTag == tx.tag {
			c.request(tx)
			return
		}
	}
	switch req.Method {
	case gosip.ACK:
	case gosip.CANCEL:
		p.st.answerCancel(tx)
	default:
		tx.respond(tx.answer(481, ""), false)
	}
}

// invited takes a new call and lets its number's behaviour run.
func (p *Party) invited(tx *serverTx) {
	number := tx.req.Recipient.User
	b, known := p.cfg.Numbers[number]
	if !known {
		tx.respond(tx.answer(404, ""), false)
		return
	}
	c := p.newCall(number, tx.req.From().Address.User, tx.req.CallID().Value(), tx.tag)
	c.incoming(tx)
	tx.cancel = func() {
		tx.respond(tx.answer(487, ""), false)
		c.status = 487
		c.set(Ended)
	}
	tx.respond(tx.answer(100, ""), false)
	p.st.after(b.Trying, func() { p.ring(c, tx, b) })
}

func (p *Party) ring(c *PartyCall, tx *serverTx, b Behaviour) {
	if c.state == Ended {
		return
	}
	if b.Ring > 0 || b.Forever {
		c.set(Ringing)
		switch {
		case b.Early:
			tx.respond(c.withMedia(tx, tx.answer(183, "", p.st.contact(tx.flow, c.number)), tx.req.Body()), false)
			c.media.play()
		case !b.Silent:
			tx.respond(tx.answer(180, "", p.st.contact(tx.flow, c.number)), false)
		}
	}
	if b.Forever {
		return
	}
	p.st.after(b.Ring, func() { p.settle(c, tx, b) })
}

func (p *Party) settle(c *PartyCall, tx *serverTx, b Behaviour) {
	if c.state == Ended {
		return
	}
	if b.CallBack > 0 {
		c.ended = func() { p.st.after(b.CallBack, func() { p.callBack(c, 0) }) }
	}
	if b.Status != 0 && b.Status != 200 {
		tx.respond(tx.answer(b.Status, ""), false)
		c.status = b.Status
		c.set(Ended)
		return
	}
	tx.respond(c.withMedia(tx, tx.answer(200, "", p.st.contact(tx.flow, c.number)), tx.req.Body()), false)
	c.status = 200
	c.media.echo()
	c.set(Up)
	if b.HangUp > 0 {
		p.st.after(b.HangUp, func() { c.hangup() })
	}
}

// callBack calls the caller of c, first through the server that its call came
// through and then through the others: i counts those that did not let it.
func (p *Party) callBack(c *PartyCall, i int) {
	servers := []netip.AddrPort{c.via}
	for _, s := range p.cfg.Servers {
		if s != c.via {
			servers = append(servers, s)
		}
	}
	if i >= len(servers) {
		return
	}
	back := p.call(c.number, c.far, servers[i:i+1])
	back.failed = func() { p.callBack(c, i+1) }
}
