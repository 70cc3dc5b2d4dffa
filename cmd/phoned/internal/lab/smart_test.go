//go:build linux

package lab

import (
	"slices"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// The same network, and a line with Smart Failover 1.

func newSmartWorld(t *testing.T, more ...string) *world {
	t.Helper()
	return newWorld(t, append([]string{"Smart Failover:1"}, more...)...)
}

// warm waits until the phone has learnt the backup's challenge, without being
// registered there.
func (w *world) warm() {
	w.T.Helper()
	w.Until(8*time.Second, "the backup's challenge", func() bool {
		return len(w.s2.Capture.Entries().Responses("REGISTER").Status(401)) > 0
	})
	for _, r := range w.s2.Capture.Requests("REGISTER") {
		if r.ContactTo != "" {
			w.T.Errorf("registered at the backup without need:\n%s", r.Message)
		}
	}
}

// Twenty dials to a primary that swallows everything: ringback through the
// backup within two seconds, each time.
func TestSmartDialThroughABlackHoleRingsWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	w := newSmartWorld(t)
	p := w.phone("null")
	w.warm()
	var took []time.Duration
	for range 20 {
		w.s1.Silence()
		p.Dial("200")
		calling := p.Until(2*time.Second, "the call goes out", func(s State) bool { return s.Call == "calling" })
		ringing := p.Until(8*time.Second, "ringback", func(s State) bool { return s.Call == "ringing" || s.Call == "up" })
		took = append(took, ringing.At.Sub(calling.At))
		p.UntilCall(5*time.Second, "up")
		p.Down()
		p.UntilCall(2*time.Second, "idle")
		w.s1.Heal()
		p.Register(1)
		p.UntilAt(5*time.Second, w.s1)
	}
	slices.Sort(took)
	t.Logf("dial to ringback: median %v, slowest %v", took[len(took)/2], took[len(took)-1])
	if slow := took[len(took)-1]; slow > 2*time.Second+w.Stall() {
		t.Errorf("the slowest took %v (this machine was late by up to %v)", slow, w.Stall())
	}
	if got := w.far.Capture.Requests("INVITE"); len(got.Firsts()) != 20 {
		t.Errorf("baresip got %d calls, want 20", len(got.Firsts()))
	}
}

// Once the phone knows that the primary is dead, a call does not ask it again.
func TestSmartDialWithAKnownDeadPrimaryIsNotDelayed(t *testing.T) {
	t.Parallel()
	w := newSmartWorld(t)
	p := w.phone("null")
	w.warm()
	w.k1.Kill()
	p.Register(1) // ICMP: the phone is at the backup, and knows why
	p.UntilAt(2*time.Second, w.s2)
	mark := time.Now()
	w.call(p)
	if got := w.s1.Capture.Requests("INVITE").After(mark); len(got) > 0 {
		t.Errorf("the primary was asked:\n%s", got)
	}
}

// A hang-up that meets silence reaches the far side within two seconds.
func TestSmartByeThroughABlackHole(t *testing.T) {
	t.Parallel()
	w := newSmartWorld(t)
	p := w.phone("null")
	w.warm()
	w.call(p)
	w.s1.Silence()
	mark := time.Now()
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 12*time.Second)
	got := w.s2.Got("BYE", mark, 1)
	t.Logf("BYE at the backup after %v", got[0].At.Sub(mark))
	if d := got[0].At.Sub(mark); d > 2*time.Second+w.Stall() {
		t.Errorf("BYE at the backup after %v", d)
	}
}

// ICMP, a reset and 503 move a dial, a hang-up and a manual registration within
// 100 ms.
func TestSmartEvidenceMovesWithin100Milliseconds(t *testing.T) {
	for name, fault := range map[string]struct {
		transport int
		method    func(*world)
	}{
		"icmp": {0, func(w *world) { w.s1.Unreachable() }},
		"rst":  {1, func(w *world) { w.s1.ResetTCP() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSmartWorld(t, "Transport:"+string(rune('0'+fault.transport)), "Backup Transport:"+string(rune('0'+fault.transport)))
			p := w.phone("null")
			w.warm()
			w.call(p)
			fault.method(w)

			mark := time.Now()
			p.Down()
			w.fast("BYE", w.s2.Got("BYE", mark, 1), mark)

			w.s1.Heal()
			p.Register(1)
			p.UntilAt(5*time.Second, w.s1)
			fault.method(w)
			mark = time.Now()
			w.call(p)
			w.fast("INVITE", w.s2.Got("INVITE", mark, 1), w.s2.Got("REGISTER", mark, 1)[0].At)
			p.Down()

			w.s1.Heal()
			p.Register(1)
			p.UntilAt(5*time.Second, w.s1)
			fault.method(w)
			mark = time.Now()
			p.Register(1)
			w.fast("REGISTER", w.s2.Got("REGISTER", mark, 1), mark)
		})
	}
}

// fast fails the test unless the first of the entries came within 100 ms.
func (w *world) fast(what string, es siptest.Entries, since time.Time) {
	w.T.Helper()
	d := es[0].At.Sub(since)
	w.T.Logf("%s at the backup after %v", what, d)
	if d > 100*time.Millisecond+w.Stall() {
		w.T.Errorf("%s at the backup after %v, want 100 ms (this machine was late by up to %v)", what, d, w.Stall())
	}
}
