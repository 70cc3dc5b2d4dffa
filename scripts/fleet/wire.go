package main

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// connect takes the SYN of a phone to its server.
func (w *world) connect(e event) {
	p := &w.phones[e.phone]
	switch w.servers[e.server].state {
	case up:
		p.open[e.server] = true
		e.what, e.status = arrive, 0
		w.send(2*p.way, e) // SYN and ACK, then the request
	case reset:
		w.bounce(e)
	case silent:
		// Kernels send the SYN again after 1, 2 and 4 s.
		if e.status < 3 {
			at := w.queue.now + ticks(time.Second<<e.status)
			e.status++
			w.queue.push(at, e)
		}
	}
}

// bounce sends back that nobody is there.
func (w *world) bounce(e event) {
	w.send(w.phones[e.phone].way, event{what: refuse, phone: e.phone, tx: e.tx, server: e.server, flags: e.flags})
}

// arrive takes one copy of a request to its server, and its answer back.
func (w *world) arrive(e event) {
	s := &w.servers[e.server]
	if e.method == sip.REGISTER {
		w.count.register(w.queue.now, e.server, s.state == up)
	}
	switch s.state {
	case silent:
		return
	case reset:
		w.bounce(e)
		return
	}
	stores := e.method == sip.REGISTER && e.flags&(credentials|fresh) == credentials|fresh
	done, v := s.take(w.nanos(), stores)
	e.what, e.status, e.after = reply, 200, 0
	switch {
	case v == dropped:
		w.count.dropped[e.server]++
		return
	case v == perished:
		return
	case v == refused:
		e.status, e.after = 503, uint16(s.cfg.retry/time.Second)
	case e.method == sip.REGISTER && !stores:
		e.status = 401
	case e.flags&contact != 0:
		e.expires = w.grant(e.phone, e.expires)
	}
	work := tick((done - w.nanos() + int64(perTick) - 1) / int64(perTick))
	w.send(w.phones[e.phone].way+work, e)
}

// grant is the lifetime of phone i's registration, in seconds. While the fleet
// comes up it is any part of what is asked for, so that refreshes are spread as
// those of a fleet that has come up over days.
func (w *world) grant(i, asked uint32) uint32 {
	const least = 120
	if w.queue.now >= ticks(warmUp) || asked <= least {
		return asked
	}
	return least + uint32(uint64(i*golden)*uint64(asked-least)>>32)
}

// cut ends what phone i has over TCP with the server of fault f. Its requests
// there fail; an idle connection is told as such. The server reaches the phone
// no more until it registers over a new connection.
func (w *world) cut(i uint32, f fault) {
	p := &w.phones[i]
	if !p.open[f.server] {
		return
	}
	p.open[f.server] = false
	w.account.bind(i, w.queue.now, f.server, 0)
	if f.state != reset {
		return
	}
	idle := true
	for _, r := range p.requests {
		if r.server == f.server {
			idle = false
			// Tried once more on a new connection, which is refused.
			w.send(3*p.way, event{what: refuse, phone: i, tx: r.tx, server: f.server, flags: r.flags})
		}
	}
	if b := p.probe[f.server]; b.copies > 0 {
		w.send(3*p.way, event{what: refuse, phone: i, tx: failover.Tx(b.number), server: f.server, flags: ofOwner})
	}
	if idle {
		w.send(p.way, event{what: lost, phone: i, server: f.server})
	}
}
