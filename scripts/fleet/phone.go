package main

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// slotsEach is how many requests of a phone find room without an allocation.
const slotsEach = 4

// request is what the owner of a line keeps of a transaction until Forget.
type request struct {
	tx      failover.Tx
	expires uint32 // s
	method  sip.Method
	server  int8
	flags   flags
}

// phone is the owner of one line: what sip/ua is in the phone.
type phone struct {
	line     *failover.Line
	requests []request
	way      tick    // to a server, without jitter
	nonce    [2]tick // when each server's challenge was learnt; 0 = not yet
	probe    [2]probe
	open     [2]bool // TCP: connected to the server
	at       int8    // where it last registered, plus 1
	switches uint16
}

// probe is the owner's own OPTIONS to a server.
type probe struct {
	number uint16
	copies uint8 // sent; 0 = none under way
}

// carryOut does what a line wants.
func (w *world) carryOut(i uint32, a *failover.Action) {
	p := &w.phones[i]
	switch a.Kind {
	case failover.Send:
		if a.Purpose == failover.ForPing {
			return
		}
		r := request{
			tx: a.Tx, method: a.Method, server: a.Server,
			expires: uint32(a.Expires / time.Second),
		}
		if a.Method == sip.REGISTER {
			r.flags = w.bearing(p, a)
		}
		p.requests = append(p.requests, r)
		w.transmit(i, r)
	case failover.Resend:
		if j := p.find(a.Tx); j >= 0 {
			w.transmit(i, p.requests[j])
		}
	case failover.Forget:
		if j := p.find(a.Tx); j >= 0 {
			last := len(p.requests) - 1
			p.requests[j] = p.requests[last]
			p.requests = p.requests[:last]
		}
	case failover.Probe:
		w.ask(i, a.Server)
	case failover.Evidence:
		// Silence is the weakest evidence: a probe goes on. All else ends it.
		if a.Cause == w.refusal() {
			w.queue.push(w.queue.now, event{
				what: refuse, phone: i, server: a.Server, tx: failover.Tx(p.probe[a.Server].number), flags: ofOwner,
			})
		}
	case failover.State:
		if a.Phase == failover.Registered {
			if p.at != 0 && p.at != a.Server+1 {
				p.switches++
				w.count.move(w.queue.now, a.Server)
			}
			p.at = a.Server + 1
		}
	}
}

// bearing is what a REGISTER carries. RFC 3261 §22.1: credentials of an earlier
// exchange may be sent ahead, and ForWarmth is to learn a challenge.
func (w *world) bearing(p *phone, a *failover.Action) flags {
	n := p.nonce[a.Server]
	switch {
	case a.Purpose == failover.ForWarmth:
		return 0
	case n == 0:
		return contact
	case w.queue.now-n < ticks(nonceLife):
		return contact | credentials | fresh
	default:
		return contact | credentials
	}
}

// find is the index of request tx, or -1.
func (p *phone) find(tx failover.Tx) int {
	for j := range p.requests {
		if p.requests[j].tx == tx {
			return j
		}
	}
	return -1
}

// transmit puts one copy of a request on the wire.
func (w *world) transmit(i uint32, r request) {
	e := event{
		what: arrive, phone: i, tx: r.tx, expires: r.expires, method: r.method, server: r.server, flags: r.flags,
	}
	p := &w.phones[i]
	if w.scenario.transport.Reliable() && !p.open[r.server] {
		e.what = connect
	}
	w.send(p.way, e)
}

// send carries a packet; over UDP it may be lost, over TCP it is then late. The
// copies of a SYN are the phone's own.
func (w *world) send(way tick, e event) {
	jitter, lost := w.network.draw(&w.rand)
	at := w.queue.now + way + jitter
	if lost {
		if !w.scenario.transport.Reliable() {
			return
		}
		at += ticks(lossTCP)
	}
	// Only REGISTERs are counted where nobody hears them.
	if e.what == arrive && e.method != sip.REGISTER && w.servers[e.server].deaf(int64(at.duration())) {
		return
	}
	w.queue.push(at, e)
}

// reply takes a response to the phone.
func (w *world) reply(e event) {
	p := &w.phones[e.phone]
	if e.status == 401 {
		p.nonce[e.server] = w.queue.now
	}
	if e.status == 200 && e.flags&contact != 0 {
		w.account.bind(e.phone, w.queue.now, e.server, w.queue.now+ticks(time.Duration(e.expires)*time.Second))
	}
	if e.flags&ofOwner != 0 {
		cause := failover.NoCause
		if e.status == 503 {
			cause = failover.Answered
		}
		w.asked(e, cause)
		return
	}
	ev := failover.Event{
		Kind: failover.Response, Tx: e.tx, Status: e.status, Tagged: true,
		RetryAfter: time.Duration(e.after) * time.Second,
	}
	switch e.status {
	case 200:
		ev.Expires = time.Duration(e.expires) * time.Second
	case 401:
		// "once per request, server and realm; again only for stale=true": the
		// server says stale where the answer was to a nonce too old.
		if e.flags&credentials == 0 || e.flags&fresh == 0 {
			ev.Challenge = failover.Answerable
		}
	}
	w.step(e.phone, ev)
	if e.status != 503 { // a probe of the server that is under way has its answer too
		e.tx = failover.Tx(p.probe[e.server].number)
		w.asked(e, failover.NoCause)
	}
}

// refused takes ICMP, or the reset of a connection, to the phone.
func (w *world) refused(e event) {
	if e.flags&ofOwner != 0 {
		w.asked(e, w.refusal())
		return
	}
	w.step(e.phone, failover.Event{Kind: failover.Unreachable, Tx: e.tx, Cause: w.refusal()})
}

func (w *world) refusal() failover.Cause {
	if w.scenario.transport.Reliable() {
		return failover.Refused
	}
	return failover.ICMP
}

// What the owner does to a Probe, as sip/health does: OPTIONS in quick
// succession until something is heard, and a verdict after probeLimit.
const (
	probeCopies = 16
	probeEvery  = 80 * time.Millisecond
	probeLimit  = 2 * time.Second
)

// ask sends the owner's OPTIONS to server s, unless one is under way.
func (w *world) ask(i uint32, s int8) {
	b := &w.phones[i].probe[s]
	if b.copies > 0 {
		return
	}
	b.number++
	if w.scenario.transport.Reliable() {
		b.copies = probeCopies - 1 // one will do: TCP sends it again by itself
	}
	w.sendOptions(event{what: ownProbe, phone: i, server: s, tx: failover.Tx(b.number)})
}

// askAgain sends one more copy, or ends the probe.
func (w *world) askAgain(e event) {
	switch b := &w.phones[e.phone].probe[e.server]; {
	case b.copies == 0 || failover.Tx(b.number) != e.tx: // over already
	case b.copies == probeCopies:
		w.asked(e, failover.Silence)
	default:
		w.sendOptions(e)
	}
}

func (w *world) sendOptions(e event) {
	b := &w.phones[e.phone].probe[e.server]
	b.copies++
	wait := probeEvery
	switch {
	case b.copies < probeCopies:
	case w.scenario.transport.Reliable():
		wait = probeLimit
	default:
		wait = probeLimit - (probeCopies-1)*probeEvery
	}
	w.queue.push(w.queue.now+ticks(wait), e)
	w.transmit(e.phone, request{tx: e.tx, method: sip.OPTIONS, server: e.server, flags: ofOwner})
}

// asked tells the line, once, what the OPTIONS of e has shown.
func (w *world) asked(e event, cause failover.Cause) {
	b := &w.phones[e.phone].probe[e.server]
	if b.copies == 0 || failover.Tx(b.number) != e.tx {
		return
	}
	b.copies = 0
	h := failover.Event{Kind: failover.Health, Server: e.server, Cause: cause}
	if cause == failover.Answered {
		h.Status, h.RetryAfter = e.status, time.Duration(e.after)*time.Second
	}
	w.step(e.phone, h)
}
