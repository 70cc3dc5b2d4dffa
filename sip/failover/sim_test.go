package failover

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 400, "seeds of the simulation")
	hours = flag.Int("hours", 24, "virtual hours of each seed")
	only  = flag.Uint64("seed", 0, "run this seed alone and show what happens")
)

// TestSimulation lives through hours of servers that die, return, refuse and
// answer late, over a network that loses and reorders, with users who dial and
// hang up, and holds every action against the rules.
func TestSimulation(t *testing.T) {
	if *only != 0 {
		w := newWorld(*only, time.Duration(*hours)*time.Hour)
		w.trace = new(strings.Builder)
		w.run()
		t.Log("\n" + w.trace.String())
		if w.broken != "" {
			t.Error(w.broken)
		}
		return
	}
	var steps, calls int
	var mu sync.Mutex
	eachSeed(*seeds, func(seed uint64) {
		w := newWorld(seed, time.Duration(*hours)*time.Hour)
		w.run()
		mu.Lock()
		defer mu.Unlock()
		steps += w.steps
		calls += len(w.calls) - 1
		if w.broken != "" {
			t.Errorf("seed %d (-run Simulation -seed %d -hours %d): %s", seed, seed, *hours, w.broken)
		}
	})
	t.Logf("%d seeds of %d h: %d steps, %d calls", *seeds, *hours, steps, calls)
}

// TestSmartSimulation does the same with a line that is smart, holds a second
// registration, or both.
func TestSmartSimulation(t *testing.T) {
	eachSeed(max(*seeds/2, 1), func(seed uint64) {
		if *only != 0 && seed != 1 {
			return
		}
		seed = max(*only, seed)
		w := newWorld(seed, time.Duration(*hours)*time.Hour)
		w.cfg.Smart = seed%3 != 0
		w.cfg.Standby = seed%3 != 1
		w.cfg.Device = uint32(w.rand.next())
		w.line = New(w.cfg, seed)
		if *only != 0 {
			w.trace = new(strings.Builder)
			defer func() { t.Log("\n" + w.trace.String()) }()
		}
		w.run()
		if w.broken != "" {
			t.Errorf("seed %d (-run SmartSimulation -seed %d -hours %d): %s", seed, seed, *hours, w.broken)
		}
	})
}

// eachSeed runs f for the seeds from 1 on, on all processors.
func eachSeed(n int, f func(seed uint64)) {
	var wg sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range next {
				f(seed)
			}
		})
	}
	for seed := range n {
		next <- uint64(seed) + 1
	}
	close(next)
	wg.Wait()
}

// TestReplay proves that a seed gives the same actions at the same times on
// every processor: their hashes are written down.
func TestReplay(t *testing.T) {
	const file = "testdata/hashes"
	var got bytes.Buffer
	for seed := range uint64(24) {
		w := newWorld(seed+1, 6*time.Hour)
		w.run()
		fmt.Fprintf(&got, "%d %016x %d\n", seed+1, w.hash, w.steps)
	}
	if *rewrite {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the runs differ from %s (-rewrite writes it after a change of rules):\n%s", file, difference(want, got.Bytes()))
	}
}
