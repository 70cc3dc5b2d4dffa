//go:build linux

package handset

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// From the power to a registered phone, stage by stage.
func TestFromPowerToRegistered(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	first := w.untilRequest(p, "REGISTER")
	p.UntilAt(patience, w.s1)
	registered := w.untilAnswer()

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
	if limit := 5*time.Second + 20*w.Stall(); registered.Sub(p.Started) > limit {
		t.Errorf("registered after %v, want at most %v", registered.Sub(p.Started), limit)
	}
}

// untilRequest is when the first request of a method came to the primary.
func (w *world) untilRequest(p *Phone, method string) time.Time {
	w.T.Helper()
	var at time.Time
	p.Until(patience, "a "+method+" at the primary", func() bool {
		es := w.s1.Capture.Requests(method)
		if len(es) > 0 {
			at = es[0].At
		}
		return len(es) > 0
	})
	return at
}

// untilAnswer is when the primary said that the phone is registered: the last of
// its REGISTERs so far, and what the answer takes is nothing beside that.
func (w *world) untilAnswer() time.Time {
	es := w.s1.Capture.Requests("REGISTER")
	return es[len(es)-1].At
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
