//go:build linux

package evidence

import (
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// all are the times of eleven datagrams over UDP in 64*T1 (RFC 3261 §17.1.2.2),
// in units of T1 with T2 = 8*T1.
var eleven = []int{0, 1, 3, 7, 15, 23, 31, 39, 47, 55, 63}

func units(base time.Duration, ks []int) (out []time.Duration) {
	for _, k := range ks {
		out = append(out, time.Duration(k)*base)
	}
	return out
}

// RFC 5626 §4.5: after the first failed pass the phone waits 50 to 100 % of 60 s,
// then one pass from the primary finds the server that has returned.
func TestAfterAFailedPassThePhoneWaitsAndRecoversByItself(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.s2.Silence()
	p.Register(1)
	failed := w.told(p, soon, "error", "No server answers").At
	w.heal(w.s2)
	again := w.until(70*time.Second, "the next pass", &w.n1.Capture, func(es siptest.Entries) siptest.Entries {
		return es.Received().Requests("REGISTER").After(failed)
	}, 1)[0]
	wait := again.At.Sub(failed)
	t.Logf("the next pass began after %v", wait)
	if wait < 30*time.Second-w.Stall()-slack || wait > 60*time.Second+w.Stall()+slack {
		t.Errorf("the next pass began after %v, want 30 to 60 s", wait)
	}
	s := p.UntilAt(soon, w.n2)
	if d := s.At.Sub(again.At); !w.near(d, limit) {
		t.Errorf("registered %v after that, want one pass: %v", d, limit)
	}
	w.copies("REGISTER at the primary in the next pass", w.n1.Capture.Requests("REGISTER").After(failed), 3)
	w.exactly("REGISTER at the backup in the next pass", w.n2.Capture.Requests("REGISTER").After(failed), 1)
	w.told(p, soon, "info", "Server 2 answers again")
}

// The times of the settings' defaults, from the first datagram to the words.
func TestDefaultTimesOfAWholePass(t *testing.T) {
	w := build(t)
	w.line.More = []string{"NAT UDPUpdate:0"}
	w.s1.Silence()
	w.s2.Silence()
	p := w.boot()
	start := w.seen(w.n1, "REGISTER", 1)[0].At
	failed := p.UntilNotice(50*time.Second, "that all servers failed", func(n lab.Notice) bool { return n.Severity == "error" })
	const half = 500 * time.Millisecond
	w.times("REGISTER at the primary", w.seen(w.n1, "REGISTER", 4), units(half, []int{0, 1, 3, 7})...)
	backup := w.seen(w.n2, "REGISTER", 11)
	w.timesFrom(start.Add(7500*time.Millisecond), "REGISTER at the backup", backup, units(half, eleven)...)
	if d := failed.At.Sub(start); !w.near(d, 39500*time.Millisecond) || failed.Kind != "all-failed" {
		t.Errorf("told %q after %v, want it after 7.5 s and 32 s", failed.Text, d)
	}
	p.Until(soon, "words on the screen", func(s lab.State) bool { return says(s, "No server answers") })
}

func (w *world) heal(s *siptest.Server) {
	w.T.Helper()
	if err := s.Heal(); err != nil {
		w.T.Fatal(err)
	}
}

func TestTheLastServerOfAPassHas64T1AndNobodyIsToldBefore(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.s2.Silence()
	p.Register(1)
	start := w.seen(w.n1, "REGISTER", 2)[1].At // the first one was at boot
	failed := w.told(p, soon, "error", "No server answers")
	if d := failed.At.Sub(start); !w.near(d, limit+last) {
		t.Errorf("told after %v, want %v", d, limit+last)
	}
	w.copies("REGISTER at the primary", w.seen(w.n1, "REGISTER", 4)[1:], 3)
	w.timesFrom(start.Add(limit), "REGISTER at the backup", w.seen(w.n2, "REGISTER", 11), units(t1, eleven)...)
	w.quiet(time.Second, "a datagram after the pass", &w.n2.Capture)
	w.quiet(time.Second, "a datagram after the pass", &w.n1.Capture)

	// A manual registration does not wait for the back-off.
	w.heal(w.s2)
	asked := time.Now()
	p.Register(1)
	s := p.UntilAt(soon, w.n2)
	if d := s.At.Sub(asked); !w.near(d, limit) {
		t.Errorf("registered by hand after %v, want %v", d, limit)
	}
}

// With one server configured, that one is the last.
func TestTheOnlyServerIsTheLast(t *testing.T) {
	w := build(t)
	w.line.Backup = nil
	w.s1.Silence()
	w.boot()
	start := w.seen(w.n1, "REGISTER", 1)[0].At
	w.timesFrom(start, "REGISTER", w.seen(w.n1, "REGISTER", 11), units(t1, eleven)...)
}

// The backup takes the registration and dies before the call: it is the last,
// and has 64*T1; then the call has failed and the user hears it.
func TestACallFailsOnlyAfterTheLastServersTime(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.s2.SetRules(silent("INVITE"))
	p.Dial("600")
	start := w.seen(w.n1, "INVITE", 1)[0].At
	failed := p.UntilNotice(soon, "the call's failure", func(n lab.Notice) bool { return n.Severity == "error" })
	if d := failed.At.Sub(start); !w.near(d, limit+last) {
		t.Errorf("told %q after %v, want %v", failed.Text, d, limit+last)
	}
	// RFC 3261 §17.1.1.2: timer A doubles without bound.
	w.timesFrom(start.Add(limit), "INVITE at the backup", w.seen(w.n2, "INVITE", 7), units(t1, []int{0, 1, 3, 7, 15, 31, 63})...)
	p.Until(soon, "the tone", func(s lab.State) bool { return s.Sound == "reorder" && s.Call == "idle" })
	w.copies("INVITE at the primary", w.n1.Capture.Requests("INVITE"), 3)
}

func TestABYEIsTriedOverAllServersBeforeItIsDroppedAndTold(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.s1.Silence()
	w.s2.SetRules(silent("BYE"))
	w.free(p)
	start := w.seen(w.n1, "BYE", 1)[0].At
	lost := w.told(p, soon, "error", "hang-up")
	if d := lost.At.Sub(start); lost.Kind != "bye-lost" || !w.near(d, limit+last) {
		t.Errorf("told %q after %v, want %v", lost.Text, d, limit+last)
	}
	w.copies("BYE at the primary", w.n1.Capture.Requests("BYE"), 3)
	w.timesFrom(start.Add(limit), "BYE at the backup", w.seen(w.n2, "BYE", 11), units(t1, eleven)...)
	w.quiet(500*time.Millisecond, "another BYE", &w.n2.Capture, "BYE")
}
