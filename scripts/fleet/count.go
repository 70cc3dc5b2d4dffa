package main

import (
	"slices"
	"time"
)

// sampleEvery is how often the phones without service are counted.
const sampleEvery = 5 * time.Second

// counts are what a run is about, by the second since the fleet was up.
type counts struct {
	registers [2][]uint32 // that reached each server's address
	peak      [2]uint32   // while the server was up
	without   []uint32    // phones without service, each sampleEvery
	dropped   [2]int      // by a full queue
}

func newCounts(length time.Duration) *counts {
	n := int(length/time.Second) + 1
	return &counts{registers: [2][]uint32{make([]uint32, n), make([]uint32, n)}}
}

// register counts one copy of a REGISTER that reaches server s.
func (c *counts) register(now tick, s int8, up bool) {
	if now < ticks(warmUp) {
		return
	}
	sec := int((now - ticks(warmUp)) / ticks(time.Second))
	if sec >= len(c.registers[s]) {
		return
	}
	c.registers[s][sec]++
	if up {
		c.peak[s] = max(c.peak[s], c.registers[s][sec])
	}
}

func (c *counts) sample(_ tick, without int) { c.without = append(c.without, uint32(without)) }

// result is what a run has shown.
type result struct {
	*counts
	smart    bool
	outside  spread // time without service, ticks
	switches spread
	steps    int
	stranded int // phones without service at the end
}

// spread is how a number differs over the fleet.
type spread struct{ p50, p99, max uint32 }

func spreadOf(values []uint32) spread {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return spread{}
	}
	// The nearest rank: the least value that so many of 100 do not exceed.
	rank := func(of100 int) uint32 { return values[(n*of100+99)/100-1] }
	return spread{p50: rank(50), p99: rank(99), max: values[n-1]}
}

func (w *world) result(end tick) result {
	r := result{counts: w.count, smart: w.smart, steps: w.steps, stranded: w.account.without(end)}
	outside := make([]uint32, len(w.phones))
	switches := make([]uint32, len(w.phones))
	for i := range w.phones {
		w.account.settle(&w.account.phones[i], end)
		outside[i] = uint32(w.account.phones[i].outside)
		switches[i] = uint32(w.phones[i].switches)
	}
	r.outside, r.switches = spreadOf(outside), spreadOf(switches)
	return r
}
