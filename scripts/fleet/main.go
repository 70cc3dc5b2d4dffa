// Fleet tells what a whole fleet of phones does to its two servers when they
// fail. It runs the core that decides in every phone, failover.Line, for 100,000
// phones in one process on virtual time: an event queue, a network that delays
// and loses, servers that can do only so much, and stories of faults. It opens no
// socket and reads no clock but to say how long it took; a seed gives the same
// files, always.
//
//	go run ./scripts/fleet -seed 1 -phones 100000 -out docs/fleet
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func run() error {
	set := settings{network: defaultNetwork}
	flag.Uint64Var(&set.seed, "seed", 1, "of everything that is drawn by chance")
	flag.IntVar(&set.phones, "phones", 100_000, "in the fleet")
	out := flag.String("out", "docs/fleet", "directory for the plots and the table in README.md")
	workers := flag.Int("workers", 2, "runs at once; each takes 1.1 GB for 100,000 phones")
	flag.Parse()
	if set.phones < 1 || set.phones > 10_000_000 || *workers < 1 {
		return fmt.Errorf("%d phones, %d workers: from 1 to 10,000,000 and at least 1", set.phones, *workers)
	}
	began := time.Now()
	debug.SetGCPercent(-1) // what dies is a whole run: runAll collects it
	hugePages(set.phones, *workers)
	runs := runAll(set, *workers)
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	for i := range scenarios {
		file := filepath.Join(*out, scenarios[i].name+".svg")
		if err := os.WriteFile(file, plot(&scenarios[i], set.phones, runs[i]), 0o644); err != nil {
			return err
		}
	}
	text := table(set, runs)
	if err := writeTable(filepath.Join(*out, "README.md"), text); err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Printf("%s\n%.0f s, %d MB\n", text, time.Since(began).Seconds(), m.Sys>>20)
	return nil
}

// runAll tells every story to both fleets, several at once. The runs know
// nothing of each other, so their order makes no difference.
func runAll(set settings, workers int) [][2]result {
	results := make([][2]result, len(scenarios))
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				began := time.Now()
				sc, smart := &scenarios[i/2], i%2 == 1
				r := newWorld(set, sc, smart).run()
				results[i/2][i%2] = r
				runtime.GC() // the fleet of this run, before the next one is made
				fmt.Fprintf(os.Stderr, "fleet: %s, Smart Failover %d: %d steps, %.1f s\n", sc.name, i%2, r.steps, time.Since(began).Seconds())
			}
		})
	}
	for i := range 2 * len(scenarios) {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}
