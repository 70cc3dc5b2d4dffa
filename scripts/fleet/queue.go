package main

import (
	"math/bits"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// A tick is the simulation's unit of time since its start.
type tick uint32

// perTick is fine enough for the delays of a network, and divides every timer
// of a phone.
const perTick = 100 * time.Microsecond

// ticks is d as ticks, rounded up: nothing happens before its time.
func ticks(d time.Duration) tick { return tick((d + perTick - 1) / perTick) }

func (t tick) duration() time.Duration { return time.Duration(t) * perTick }

// what says what an event does.
type what uint8

const (
	timer    what = iota // phone: its Deadline has come
	start                // phone
	connect              // phone, server: a SYN arrives; status counts the copies before
	arrive               // phone, server: one copy of a request arrives
	reply                // phone, server: one copy of a response arrives
	refuse               // phone, server: ICMP, or a reset, for tx
	lost                 // phone, server: an idle connection is reset
	ownProbe             // phone, server: the owner's OPTIONS is due again; tx is its number
	turn                 // tx: number of the fault
	sample               // phones without service are counted
	begin                // the fleet is up: measuring begins
)

// flags of a request.
type flags uint8

const (
	credentials flags = 1 << iota // it carries an answer to a challenge
	fresh                         // ... whose nonce the server still takes
	contact                       // REGISTER: it binds a contact
	ofOwner                       // OPTIONS of the phone itself, not of its line
)

// event is what happens at one moment. Which fields belong to it, what says.
type event struct {
	phone   uint32
	tx      failover.Tx
	expires uint32 // s
	status  uint16
	after   uint16 // Retry-After, s
	what    what
	server  int8
	method  sip.Method
	flags   flags
}

// The queue is a timing wheel: three wheels of 1024 slots, the first of one
// tick each. It costs the same for one event as for a million, and events of
// one tick come out in the order they went in, so that a run depends on its
// seed alone.
const (
	slotBits = 10
	slots    = 1 << slotBits
	wheels   = 3
	horizon  = 1 << (slotBits * wheels)
)

// node is an event in its list. The lists are rings around the first wheels *
// slots nodes.
type node struct {
	next, prev int32
	at         tick
	event      event
}

type queue struct {
	now   tick
	nodes []node
	free  int32 // list of nodes that are not in use, by next
	timer int32 // the first timer's node
	used  [wheels][slots / 64]uint64
	soon  []uint32 // phones whose timers were dealt out to the first wheel
}

// newQueue returns a queue at tick 0 that has a timer of their own for n phones.
func newQueue(n int) *queue {
	q := &queue{timer: wheels * slots, free: -1}
	q.nodes = make([]node, wheels*slots+n, wheels*slots+n+n/4+1024)
	for i := range q.nodes {
		q.nodes[i].next, q.nodes[i].prev = int32(i), int32(i)
	}
	for p := range n {
		q.nodes[q.timer+int32(p)].event = event{phone: uint32(p), what: timer}
	}
	return q
}

// push adds e at time at; the past counts as now. A run never lasts as long as
// the horizon, 29 h: what is later is dropped.
func (q *queue) push(at tick, e event) {
	if at >= horizon {
		return
	}
	i := q.free
	if i >= 0 {
		q.free = q.nodes[i].next
	} else {
		i = int32(len(q.nodes))
		q.nodes = append(q.nodes, node{})
	}
	q.nodes[i].event = e
	q.insert(i, at)
}

// setTimer moves phone p's timer to at; from the horizon on, it is stopped.
func (q *queue) setTimer(p uint32, at tick) {
	i := q.timer + int32(p)
	if n := &q.nodes[i]; n.next != i {
		if n.at == at {
			return
		}
		q.unlink(i)
	}
	if at < horizon {
		q.insert(i, at)
	}
}

// pop takes out the next event and moves the time to it; ok is false when none
// is left.
func (q *queue) pop() (e event, ok bool) {
	for {
		if s := q.nextSlot(0, int(q.now)&(slots-1)); s >= 0 {
			q.now = q.now&^(slots-1) | tick(s)
			i := q.nodes[s].next
			q.unlink(i)
			e = q.nodes[i].event
			if e.what != timer {
				q.nodes[i].next, q.free = q.free, i
			}
			return e, true
		}
		if !q.turnOver() {
			return event{}, false
		}
	}
}

// turnOver goes to the next slot in use of a coarser wheel and deals its events
// out to the finer ones, in their order.
func (q *queue) turnOver() bool {
	for w := 1; w < wheels; w++ {
		shift := w * slotBits
		s := q.nextSlot(w, int(q.now>>shift)&(slots-1)+1)
		if s < 0 {
			continue
		}
		q.now = q.now>>(shift+slotBits)<<(shift+slotBits) | tick(s)<<shift
		head := int32(w*slots + s)
		for i := q.nodes[head].next; i != head; i = q.nodes[head].next {
			at := q.nodes[i].at
			q.unlink(i)
			q.insert(i, at)
			if e := &q.nodes[i].event; w == 1 && e.what == timer {
				q.soon = append(q.soon, e.phone)
			}
		}
		return true
	}
	return false
}

// nextSlot is the first slot of wheel w in use from slot s on, or -1.
func (q *queue) nextSlot(w, s int) int {
	for k := s / 64; k < slots/64; k++ {
		word := q.used[w][k]
		if k == s/64 {
			word &= ^uint64(0) << (s % 64)
		}
		if word != 0 {
			return k*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

func (q *queue) insert(i int32, at tick) {
	at = max(at, q.now)
	w := 0
	for x := at ^ q.now; x >= slots; x >>= slotBits {
		w++
	}
	s := int(at>>(w*slotBits)) & (slots - 1)
	head := int32(w*slots + s)
	tail := q.nodes[head].prev
	n := &q.nodes[i]
	n.at, n.next, n.prev = at, head, tail
	q.nodes[tail].next, q.nodes[head].prev = i, i
	q.used[w][s/64] |= 1 << (s % 64)
}

// unlink takes node i out of its list.
func (q *queue) unlink(i int32) {
	n := &q.nodes[i]
	next, prev := n.next, n.prev
	q.nodes[prev].next, q.nodes[next].prev = next, prev
	n.next, n.prev = i, i
	if next == prev { // only the head is left
		w, s := next>>slotBits, next&(slots-1)
		q.used[w][s/64] &^= 1 << (s % 64)
	}
}
