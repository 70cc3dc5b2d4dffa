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
	moves     [2][]uint32 // phones that registered at each server, coming from the other
	peak      [2]uint32   // while the server was up
	without   []uint32    // phones without service, each sampleEvery
	dropped   [2]int      // by a full queue
}

func newCounts(length time.Duration) *counts {
	n := int(length/time.Second) + 1
	c := new(counts)
	for s := range c.registers {
		c.registers[s], c.moves[s] = make([]uint32, n), make([]uint32, n)
	}
	return c
}

// second is the second that now is in, or -1 outside of the story.
func (c *counts) second(now tick) int {
	if now < ticks(warmUp) {
		return -1
	}
	sec := int((now - ticks(warmUp)) / ticks(time.Second))
	if sec >= len(c.registers[0]) {
		return -1
	}
	return sec
}

// register counts one copy of a REGISTER that reaches server s.
func (c *counts) register(now tick, s int8, up bool) {
	sec := c.second(now)
	if sec < 0 {
		return
	}
	c.registers[s][sec]++
	if up {
		c.peak[s] = max(c.peak[s], c.registers[s][sec])
	}
}

// move counts a phone that has registered at server s, and was elsewhere.
func (c *counts) move(now tick, s int8) {
	if sec := c.second(now); sec >= 0 {
		c.moves[s][sec]++
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
