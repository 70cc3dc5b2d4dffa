//go:build linux

package evidence

import (
	"fmt"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
)

// How long an attempt lasts.

func TestSignalRetryCountsAreTheDatagramsAfterTheFirst(t *testing.T) {
	for _, c := range []struct {
		retries int
		copies  []int // in units of T1
		limit   int
	}{
		{0, []int{0}, 1},
		{1, []int{0, 1}, 3},
		{3, []int{0, 1, 3, 7}, 15},
		{4, []int{0, 1, 3, 7, 15}, 23},
		{10, eleven, 64}, // never beyond 64*T1
	} {
		t.Run(fmt.Sprint(c.retries), func(t *testing.T) {
			w := build(t)
			w.set(fmt.Sprint("Signal Retry Counts:", c.retries))
			w.s1.Silence()
			w.boot().UntilAt(soon, w.n2)
			first := w.seen(w.n1, "REGISTER", len(c.copies))
			w.times("REGISTER at the primary", first, units(t1, c.copies)...)
			w.timesFrom(first[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), time.Duration(c.limit)*t1)
			w.quiet(t2+100*time.Millisecond, "one datagram too many", &w.n1.Capture)
		})
	}
}

// An INVITE's interval doubles without bound, where T2 bounds the others'.
func TestSignalRetryCountsOfAnInvite(t *testing.T) {
	w := build(t)
	w.set("Signal Retry Counts:4")
	p := w.ready()
	w.s1.Silence()
	p.Dial("600")
	w.await(w.s2.Record, "INVITE", 1)
	first := w.seen(w.n1, "INVITE", 5)
	w.times("INVITE at the primary", first, units(t1, []int{0, 1, 3, 7, 15})...)
	w.timesFrom(first[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), 31*t1)
}

func TestSignalRetryTimeReplacesTheCount(t *testing.T) {
	w := build(t)
	w.set("Signal Retry Time:2")
	w.s1.Silence()
	w.boot().UntilAt(soon, w.n2)
	first := w.seen(w.n1, "REGISTER", 5)
	w.times("REGISTER at the primary", first, units(t1, []int{0, 1, 3, 7, 15})...)
	w.timesFrom(first[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), 2*time.Second)
}

// "Send nothing new to that server for that time, go to the next one now; it
// delays the probe too."
func TestRetryAfterKeepsEverythingAwayForItsTime(t *testing.T) {
	w := build(t)
	w.set("Failback Interval:1")
	p := w.ready()
	w.s1.SetRules(reply("REGISTER", 503, "Retry-After: 4"))
	p.Register(1)
	refused := w.await(w.s1.Record, "REGISTER", 2)[1]
	next := w.await(w.s2.Record, "REGISTER", 1)[0]
	w.atOnce("the backup was asked", refused, next)
	w.s1.SetRules(party()...)
	p.UntilAt(soon, w.n2)
	p.Register(1) // by hand: the backup is asked at once
	w.await(w.s2.Record, "REGISTER", 2)
	w.call(p)
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	back := w.seenAfter(refused.At.Add(5*time.Millisecond), w.n1, "", 1)[0]
	if d := back.At.Sub(refused.At); d < 4*time.Second || d > 4*time.Second+slack+w.Stall() {
		t.Errorf("the next request to the primary came after %v, want the probe after 4 s\n%s", d, back)
	}
	p.UntilAt(soon, w.n1)
}

// Where all servers want to be left alone, so do they get.
func TestRetryAfterOfAllServersIsWaitedOut(t *testing.T) {
	w := build(t)
	p := w.ready()
	for _, s := range []*lab.Node{w.n1, w.n2} {
		w.server(s).SetRules(reply("REGISTER", 503, "Retry-After: 3"))
	}
	p.Register(1)
	first := w.await(w.s1.Record, "REGISTER", 2)[1]
	w.await(w.s2.Record, "REGISTER", 1)
	w.told(p, soon, "error", "No server answers")
	p.Register(1)
	w.quietAfter(first.At.Add(5*time.Millisecond), 2900*time.Millisecond-time.Since(first.At), "asked again too early", w.s1.Record)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 1)
}
