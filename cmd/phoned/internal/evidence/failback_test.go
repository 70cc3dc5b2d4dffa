//go:build linux

package evidence

import (
	"slices"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// onBackup starts a phone whose primary is silent, and waits until the backup
// serves it. It returns when that was.
func (w *world) onBackup() (*lab.Phone, time.Time) {
	w.T.Helper()
	w.s1.Silence()
	p := w.boot()
	p.UntilAt(soon, w.n2)
	return p, w.seen(w.n2, "REGISTER", 1)[0].At
}

// probes are the REGISTERs at the primary after the pass of the start.
func (w *world) probes(k int) siptest.Entries {
	w.T.Helper()
	return w.seen(w.n1, "REGISTER", 3+k)[3:]
}

func TestTheProbeHasItsOwnCallIDAndElevenDatagramsAndMovesTheLineBack(t *testing.T) {
	w := build(t)
	w.set("Failback Interval:1")
	p, since := w.onBackup()
	first := w.probes(11)
	w.timesFrom(since.Add(time.Second), "the probe", first[:11], units(t1, eleven)...)
	w.until(soon, "the probe's last datagram at the server itself", w.s1.Record, func(es siptest.Entries) siptest.Entries {
		return es.Received().Requests("REGISTER")
	}, 3+11)
	w.heal(w.s1)
	// "The interval starts anew at the end of the probe": 64*T1 and the interval.
	all := w.probes(12)
	next := all[11]
	w.timesFrom(since.Add(time.Second), "the next probe", all[11:12], last+time.Second)
	if ids := all.CallIDs(); len(ids) != 2 || slices.Contains(ids, w.seen(w.n1, "REGISTER", 1)[0].CallID) {
		t.Errorf("the probes have Call-IDs %v, want one of its own each", ids)
	}
	w.copies("the first probe", first[:11], 11)
	p.UntilAt(soon, w.n1)
	// Until then service was on the backup.
	for _, s := range p.States() {
		if s.At.After(since.Add(slack)) && s.At.Before(next.At) && (!s.Registered || s.Server != w.n2.SIP()) {
			t.Errorf("during the probe the phone was at %q, registered %v", s.Server, s.Registered)
		}
	}
	// That registration is the line's now.
	p.Register(1)
	after := w.probes(13)[12]
	if after.CallID != next.CallID || after.CSeq != next.CSeq+1 {
		t.Errorf("the next REGISTER has Call-ID %s, CSeq %d; the probe had %s, %d", after.CallID, after.CSeq, next.CallID, next.CSeq)
	}
	// The backup's binding is left to expire.
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 1)
	w.quiet(1500*time.Millisecond, "more probes", &w.n1.Capture)
}

func TestWithoutFailbackNoPacketGoesToThePrimary(t *testing.T) {
	w := build(t)
	w.set("Enable Failback:0", "Failback Interval:1")
	p, _ := w.onBackup()
	w.seen(w.n1, "REGISTER", 3)
	w.heal(w.s1)
	w.call(p)
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	w.quiet(3*time.Second, "a packet to the primary", &w.n1.Capture)
	w.copies("REGISTER at the primary", w.n1.Capture.Requests(""), 3)
	p.Register(1) // "until something starts a new pass"
	p.UntilAt(soon, w.n1)
}

// A refresh at the backup neither delays the probe nor undoes the failback.
func TestTheProbeComesInTimeThoughTheBackupIsRefreshed(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.MaxExpires = 3 * time.Second })
	w.set("Failback Interval:4") // and refreshes each 1.5 s
	p, since := w.onBackup()
	refreshed := w.await(w.s2.Record, "REGISTER", 3)
	if refreshed[2].CallID != refreshed[0].CallID || refreshed[2].CSeq != refreshed[0].CSeq+2 {
		t.Errorf("the refreshes are of another registration\n%s", refreshed)
	}
	w.heal(w.s1)
	w.timesFrom(since, "the probe", w.probes(1)[:1], 4*time.Second)
	p.UntilAt(soon, w.n1)
	back := time.Now()
	w.probes(2) // refreshed there from now on
	w.exactly("REGISTER at the backup after the failback", w.s2.Record.Requests("REGISTER").After(back), 0)
	if s := p.State(); s.Server != w.n1.SIP() {
		t.Errorf("the phone is at %s", s.Server)
	}
}

// A call stays with the server it was set up through; the next one goes to the
// primary.
func TestACallStaysWithItsServerWhenTheLineGoesBack(t *testing.T) {
	w := build(t)
	w.set("Failback Interval:1")
	p, _ := w.onBackup()
	w.heal(w.s1)
	w.call(p)
	p.UntilAt(soon, w.n1)
	if s := p.State(); s.Call != "up" {
		t.Fatalf("the call is %s", s.Call)
	}
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 0)
	w.call(p)
	w.exactly("INVITE at the primary", w.s1.Record.Requests("INVITE"), 1)
	w.exactly("INVITE at the backup", w.s2.Record.Requests("INVITE"), 1)
}

func TestAPrimaryThatRefusesTheProbeIsNotReturnedTo(t *testing.T) {
	w := build(t)
	w.set("Failback Interval:1")
	p, _ := w.onBackup()
	w.heal(w.s1)
	w.s1.SetRules(reply("REGISTER", 403))
	probes := w.probes(2)
	w.timesFrom(probes[0].At, "the probes", probes[:2], 0, time.Second)
	if s := p.State(); !s.Registered || s.Server != w.n2.SIP() {
		t.Errorf("the phone left the backup: %+v", s)
	}
}
