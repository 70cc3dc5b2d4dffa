//go:build linux

package peertest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/peers/report"
)

var (
	cellsFlag   = flag.String("cells", "", "cells to measure, peer/fault/situation, with commas between; one may come several times")
	resultsFlag = flag.String("results", "", "file that gets each result as a line of JSON as soon as it is there")
	traceFlag   = flag.Bool("trace", false, "tell what passed the interfaces of the servers and the far party")
)

// quick are the cells of a test run: they show that the measuring works.
const quick = "sipgo/503/start,phoned/icmp/dial"

func TestMain(m *testing.M) {
	flag.Parse()
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() == parallel.DefValue {
		if err := flag.Set("test.parallel", "4"); err != nil {
			fmt.Fprintln(os.Stderr, "peertest:", err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// TestPeers measures the cells.
func TestPeers(t *testing.T) {
	lab.Need(t, "kamailio", "kamcmd", "baresip")
	names := *cellsFlag
	if names == "" {
		names = quick
	}
	var out *os.File
	if *resultsFlag != "" {
		var err error
		if out, err = os.OpenFile(*resultsFlag, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = out.Close() })
	}
	known := map[string]report.Cell{}
	for _, c := range (report.Selection{}).Cells() {
		known[c.String()] = c
	}
	var mu sync.Mutex
	for name := range strings.SplitSeq(names, ",") {
		cell, ok := known[name]
		if !ok {
			t.Fatalf("there is no cell %q", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := measure(t, cell)
			t.Logf("%s after %.3f s (this machine was late by up to %.3f s) %s", r.Outcome, r.Seconds, r.Late, r.Note)
			if *cellsFlag == "" && r.Outcome != report.Done {
				t.Errorf("%s: %s", name, r.Outcome)
			}
			if out == nil {
				return
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if _, err := out.Write(append(text, '\n')); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// measure runs one cell to its end.
func measure(t *testing.T, cell report.Cell) report.Result {
	t.Helper()
	w := newWorld(t, cell)
	r := report.Result{Peer: cell.Peer.ID, Fault: cell.Fault.ID, Situation: cell.Situation.ID}
	var took time.Duration
	if *traceFlag {
		w.trace()
	}
	r.Outcome, took = situations[cell.Situation.ID](w)
	w.overIt()
	r.Seconds, r.Late = took.Seconds(), w.Stall().Seconds()
	return r
}
