//go:build linux

package handset

import (
	"testing"
	"time"
)

// The story that the handset is for: keys of the matrix dial, the voice goes both
// ways through ALSA, the primary dies, and the next call is made through the
// backup.
func TestKeysDialAndTheVoiceIsHeard(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)

	p.Dial("200")
	p.UntilCall(15*time.Second, "up")
	w.baresip.Await("CALL_ESTABLISHED", 1, 5*time.Second)
	if n := len(w.s1.Capture.Requests("INVITE").Branches()); n == 0 {
		t.Error("no INVITE at the primary")
	}
	time.Sleep(4 * time.Second)
	p.Lift(false)
	p.UntilCall(5*time.Second, "idle")
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)

	// Silence from the phone's microphone is sound, too: packets in a row.
	if sent := w.far.Arrived(w.plug.Node()); sent.Length() < 3*time.Second {
		t.Errorf("the far party got %v of voice", sent.Length())
	}
	ear := p.Ear()
	from, to := ear.Span(440)
	share, gap := ear.From(from).Share(440)
	t.Logf("the far party's tone is heard from %v to %v, gap %v, share %v", from, to, gap, share)
	if to-from < 3*time.Second || gap > 100*time.Millisecond {
		t.Errorf("the far party's tone was heard from %v to %v with a gap of %v", from, to, gap)
	}
}

// A primary that falls silent: the call is made again through the backup, at the
// times of the specification.
func TestTheBackupGetsTheCall(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)
	w.s1.Silence()
	p.Dial("200")
	p.UntilCall(30*time.Second, "up")
	tries := w.s1.Capture.Requests("INVITE")
	if len(tries) != 4 || len(tries.Branches()) != 1 {
		t.Fatalf("the silent primary got %d INVITEs, want one and three copies\n%s", len(tries), tries)
	}
	first := tries[0]
	second := w.s2.Capture.Requests("INVITE")[0]
	// T1 500 ms and three retransmissions: 0.5 + 1 + 2 + 4 s, RFC 3261 17.1.1.2.
	if d := second.At.Sub(first.At); d < 7*time.Second || d > 9*time.Second {
		t.Errorf("the INVITE went to the backup after %v, want about 7.5 s and a REGISTER", d)
	}
	p.Lift(false)
	p.UntilCall(5*time.Second, "idle")
}
