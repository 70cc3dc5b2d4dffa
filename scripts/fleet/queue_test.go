package main

import (
	"slices"
	"testing"
	"time"

	"phoned/sip/failover"
)

// Whatever goes in comes out in the order of time, and what is of one time in
// the order it went in: a sorted list says the same.
func TestQueueOrder(t *testing.T) {
	type entry struct {
		at tick
		n  failover.Tx
	}
	r := random(7)
	q := newQueue(1)
	var want []entry
	var n failover.Tx
	for range 20_000 {
		for range r.next() % 3 {
			n++
			// Near and far, and often at one time.
			at := q.now + r.upTo(tick(1)<<(r.next()%29))
			if r.next()%4 == 0 {
				at = at &^ 1023
			}
			q.push(at, event{what: reply, tx: n})
			want = append(want, entry{max(at, q.now), n})
		}
		if r.next()%2 == 0 || len(want) == 0 {
			continue
		}
		first := 0
		for i := range want {
			if want[i].at < want[first].at {
				first = i
			}
		}
		e, ok := q.pop()
		if !ok || e.tx != want[first].n || q.now != want[first].at {
			t.Fatalf("event %d at %d, want %d at %d", e.tx, q.now, want[first].n, want[first].at)
		}
		want = slices.Delete(want, first, first+1)
	}
	for range want {
		if _, ok := q.pop(); !ok {
			t.Fatal("events are lost")
		}
	}
	if e, ok := q.pop(); ok {
		t.Errorf("one event too many: %+v", e)
	}
}

// A phone has one timer, however often it is moved.
func TestTimerMoves(t *testing.T) {
	q := newQueue(3)
	q.setTimer(1, 500)
	q.setTimer(1, 5_000_000)
	q.setTimer(1, 40_000)
	q.setTimer(1, 40_000)
	q.setTimer(2, 40_000)
	q.setTimer(0, 30_000)
	q.setTimer(0, horizon)
	for _, phone := range []uint32{1, 2} {
		if e, ok := q.pop(); !ok || e.what != timer || e.phone != phone || q.now != 40_000 {
			t.Errorf("%+v at %d, want the timer of phone %d at 40000", e, q.now, phone)
		}
	}
	if e, ok := q.pop(); ok {
		t.Errorf("one timer too many: %+v", e)
	}
}

// What nobody will live to see, and what is past, do no harm.
func TestQueueEnds(t *testing.T) {
	q := newQueue(0)
	q.push(horizon, event{what: reply, tx: 1})
	q.push(horizon-1, event{what: reply, tx: 2})
	q.push(ticks(time.Hour), event{what: reply, tx: 3})
	if e, _ := q.pop(); e.tx != 3 {
		t.Errorf("event %d first, want 3", e.tx)
	}
	q.push(5, event{what: reply, tx: 4})
	if e, _ := q.pop(); e.tx != 4 || q.now != ticks(time.Hour) {
		t.Errorf("event %d at %d, want what is past now", e.tx, q.now)
	}
	if e, ok := q.pop(); !ok || e.tx != 2 {
		t.Errorf("event %d, want the last one within the horizon", e.tx)
	}
	if _, ok := q.pop(); ok {
		t.Error("an event beyond the horizon")
	}
}

// Nodes are used again: a queue that holds few events stays small.
func TestQueueStaysSmall(t *testing.T) {
	q := newQueue(10)
	for i := range 100_000 {
		q.push(q.now+tick(i%5000), event{what: reply})
		if i >= 50 {
			q.pop()
		}
	}
	if n := len(q.nodes); n > wheels*slots+10+60 {
		t.Errorf("%d nodes for 50 events", n-wheels*slots)
	}
}

func BenchmarkQueue(b *testing.B) {
	const phones = 100_000
	q := newQueue(phones)
	r := random(1)
	for p := range uint32(phones) {
		q.setTimer(p, r.upTo(ticks(time.Minute)))
	}
	b.ReportAllocs()
	for b.Loop() {
		e, _ := q.pop()
		q.setTimer(e.phone, q.now+ticks(time.Minute))
	}
}
