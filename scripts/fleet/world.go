package main

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// The fleet comes up within one keep-alive, so that its keep-alives are spread
// evenly; the story begins at warmUp.
const (
	keepAlive = 75 * time.Second
	warmUp    = keepAlive + 5*time.Second
)

// lifetime is what a server grants a registration, in seconds.
const lifetime = 3600

// nonceLife is how long a server takes answers to a challenge it has given: that
// of Kamailio.
const nonceLife = 300 * time.Second

// golden is 2^32 divided by the golden ratio: multiples of it stand evenly.
const golden = 2654435761

// settings are what all runs of one program have in common.
type settings struct {
	seed    uint64
	phones  int
	network network
}

// world is one run: a fleet, its servers and what happens between them.
type world struct {
	settings
	scenario *scenario
	smart    bool
	rand     random
	queue    *queue
	servers  [2]server
	phones   []phone
	account  account
	count    *counts
	steps    int
	touched  uint64 // nobody reads it
	buf      []failover.Action
}

// lineConfig is that of every phone: the defaults of the settings, but for a
// failback each 5 min (else 30), so that short stories show it, and a keep-alive
// each 75 s (else 30), so that they are told in a minute.
func lineConfig(t sip.Transport, smart bool, device uint32) failover.Config {
	return failover.Config{
		Servers: []sip.Server{
			{Host: "primary", Port: 5060, Transport: t, TTL: lifetime * time.Second},
			{Host: "backup", Port: 5060, Transport: t, TTL: lifetime * time.Second},
		},
		Register: true, Failback: true, FailbackInterval: 5 * time.Minute,
		Retries: 3, Timers: sip.DefaultTimers, RegFailInterval: 32 * time.Second,
		KeepAlive: failover.OptionsAlive, KeepAliveEvery: keepAlive,
		Smart: smart, Device: device,
	}
}

func newWorld(set settings, sc *scenario, smart bool) *world {
	w := &world{
		settings: set, scenario: sc, smart: smart, rand: random(set.seed),
		queue:   newQueue(set.phones),
		phones:  make([]phone, set.phones),
		account: newAccount(set.phones),
		count:   newCounts(sc.length),
		buf:     make([]failover.Action, 0, 64),
	}
	slots := make([]request, set.phones*slotsEach)
	spread := ticks(set.network.most - set.network.least)
	address := uint32(w.rand.next())
	for i := range w.phones {
		p := &w.phones[i]
		// The hardware addresses of a fleet are consecutive numbers, and a phone's
		// place is made of its own as the firmware does it.
		place := (address + uint32(i)) * golden
		p.line = failover.New(lineConfig(sc.transport, smart, place), w.rand.next())
		p.requests = slots[i*slotsEach : i*slotsEach : (i+1)*slotsEach]
		p.way = ticks(set.network.least) + w.rand.upTo(spread)
		w.queue.push(w.rand.upTo(ticks(keepAlive)), event{what: start, phone: uint32(i)})
	}
	w.queue.push(ticks(warmUp), event{what: begin})
	for s := range w.servers {
		w.servers[s] = newServer(sc.servers[s])
		w.servers[s].until = w.nextTurn(int8(s), -1)
	}
	for i, f := range sc.faults {
		w.queue.push(ticks(warmUp+f.at), event{what: turn, tx: failover.Tx(i)})
	}
	for at := time.Duration(0); at <= sc.length; at += sampleEvery {
		w.queue.push(ticks(warmUp+at), event{what: sample})
	}
	return w
}

// run lets the story happen and tells its result.
func (w *world) run() result {
	end := ticks(warmUp + w.scenario.length)
	for {
		e, ok := w.queue.pop()
		if !ok || w.queue.now > end {
			break
		}
		w.touch()
		w.happen(e)
	}
	return w.result(end)
}

func (w *world) happen(e event) {
	switch e.what {
	case timer:
		w.step(e.phone, failover.Event{Kind: failover.Tick})
	case start:
		w.step(e.phone, failover.Event{Kind: failover.Start})
	case connect:
		w.connect(e)
	case arrive:
		w.arrive(e)
	case reply:
		w.reply(e)
	case refuse:
		w.refused(e)
	case lost:
		w.step(e.phone, failover.Event{Kind: failover.ConnectionLost, Server: e.server})
	case ownProbe:
		w.askAgain(e)
	case turn:
		w.turn(w.scenario.faults[e.tx])
	case sample:
		w.count.sample(w.queue.now, w.account.without(w.queue.now))
	case begin:
		w.begin()
	}
}

// begin forgets what the fleet has gone through while it came up.
func (w *world) begin() {
	w.account.reset(w.queue.now)
	for i := range w.phones {
		w.phones[i].switches = 0
	}
}

// turn carries out one fault.
func (w *world) turn(f fault) {
	w.account.turn(w.queue.now, f.server, f.state == up)
	w.servers[f.server].turn(f.state, w.nanos(), w.nextTurn(f.server, f.at))
	if f.state != up && w.scenario.transport.Reliable() {
		for i := range w.phones {
			w.cut(uint32(i), f)
		}
	}
}

// nextTurn is when the state of server s changes after time at of the story, in
// ns.
func (w *world) nextTurn(s int8, at time.Duration) int64 {
	for _, f := range w.scenario.faults {
		if f.server == s && f.at > at {
			return int64(warmUp + f.at)
		}
	}
	return 1<<63 - 1
}

func (w *world) nanos() int64 { return int64(w.queue.now.duration()) }

// step tells phone i's line one event and carries out what it wants.
func (w *world) step(i uint32, e failover.Event) {
	w.steps++
	p := &w.phones[i]
	w.buf = p.line.Step(w.queue.now.duration(), e, w.buf[:0])
	for j := range w.buf {
		w.carryOut(i, &w.buf[j])
	}
	if d := p.line.Deadline(); d < horizon*perTick {
		w.queue.setTimer(i, ticks(d))
	} else {
		w.queue.setTimer(i, horizon)
	}
}
