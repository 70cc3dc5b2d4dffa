//go:build linux

package handset

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// From the power to a registered phone, stage by stage.
func TestFromPowerToRegistered(t *testing.T) {
	w := newWorld(t)
	busy := load(t)
	// A phone's first start makes the data partition's file system: once in its life.
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)
	p.Shell("sync")
	p.Kill()
	began := time.Now()
	p = Boot(t, Options{Image: w.image, Plug: &w.plug, Disk: p.Disk})
	first := w.untilRequest(p, "REGISTER", began)
	var registered time.Time
	p.Until(patience, "an answered challenge", func() bool {
		es := w.s1.Capture.Requests("REGISTER").After(began)
		registered = es[len(es)-1].At
		return es[len(es)-1].Header("Authorization") != ""
	})
	waited := p.Waited()
	p.UntilAt(patience, w.s1)

	// The kernel's clock starts with the kernel.
	uptime := fields(t, p.Shell("cat /proc/uptime"))[0]
	kernel := time.Now().Add(-uptime)
	stages := []struct {
		name string
		at   time.Duration
	}{
		{"kernel", kernel.Sub(p.Started)},
		{"init scripts", kernel.Sub(p.Started) + p.began("syslogd")},
		{"network", kernel.Sub(p.Started) + p.began("dhcpcd")},
		{"phoned", kernel.Sub(p.Started) + p.began("phoned")},
		{"first REGISTER", first.Sub(p.Started)},
		{"registered", registered.Sub(p.Started)},
	}
	var before time.Duration
	for _, s := range stages {
		t.Logf("%-15s %6.2f s (+%.2f)", s.name, s.at.Seconds(), (s.at - before).Seconds())
		before = s.at
	}
	t.Logf("of which this machine had no processor for the phone for %.2f s", waited.Seconds())
	took := registered.Sub(p.Started) - waited
	switch {
	case took <= bootLimit:
	case busy > 2:
		t.Logf("registered after %v, more than %v, on a machine with a load of %.1f: not judged", took, bootLimit, busy)
	default:
		t.Errorf("registered after %v, want at most %v", took, bootLimit)
	}
}

// load is how many programs wanted to run in the last minute.
func load(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	var last float64
	if _, err := fmt.Sscan(string(text), &last); err != nil {
		t.Fatal(err)
	}
	return last
}

// bootLimit is how long a phone may take from the power to its registration.
const bootLimit = 5 * time.Second

// untilRequest is when the first request of a method since then came to the primary.
func (w *world) untilRequest(p *Phone, method string, since time.Time) time.Time {
	w.T.Helper()
	var at time.Time
	p.Until(patience, "a "+method+" at the primary", func() bool {
		es := w.s1.Capture.Requests(method).After(since)
		if len(es) > 0 {
			at = es[0].At
		}
		return len(es) > 0
	})
	return at
}

// began is how long after the kernel a program was started.
func (p *Phone) began(program string) time.Duration {
	p.T.Helper()
	pid := strings.Fields(p.Shell("pidof " + program))
	// proc(5): field 22, in ticks of 10 ms; the name before it may hold blanks.
	text := p.Shell("cat /proc/" + pid[len(pid)-1] + "/stat")
	after := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	ticks, err := strconv.Atoi(after[19])
	p.must(err)
	return time.Duration(ticks) * 10 * time.Millisecond
}

// fields are the numbers of a line, as seconds.
func fields(t *testing.T, line string) []time.Duration {
	t.Helper()
	var all []time.Duration
	for _, f := range strings.Fields(line) {
		var seconds float64
		if _, err := fmt.Sscan(f, &seconds); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, time.Duration(seconds*float64(time.Second)))
	}
	return all
}
