//go:build linux

package inside

import (
	"context"
	"slices"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// A number on the matrix becomes an INVITE, and putting the handset back a BYE.
func TestKeysBecomeAnInvite(t *testing.T) {
	w := enter(t)
	pressed := w.dial(t, "600")
	invite := requests(t, w.primary.Record, "INVITE", 1, 5*time.Second)[0]
	late := invite.At.Sub(pressed)
	t.Logf("INVITE %v after the key went down", late.Round(100*time.Microsecond))
	if late > 150*time.Millisecond {
		t.Errorf("the INVITE came %v after the key", late)
	}
	w.untilCall(t, 5*time.Second, "up")
	time.Sleep(2 * time.Second)
	calls := w.party.Calls()
	if n := calls[len(calls)-1].Packets(); n < 90 {
		t.Errorf("the far party got %d voice packets in 2 s, want about 100", n)
	}
	must(t, w.desk.HangUp())
	requests(t, w.primary.Record, "BYE", 1, 2*time.Second)
	w.untilCall(t, 5*time.Second, "idle")
}

// A call comes: the phone rings with the handset on the hook, lifting takes it,
// and the far party ends it.
func TestAnIncomingCallRings(t *testing.T) {
	w := enter(t)
	call := w.party.Call("600", "100", primaryAddr)
	s := w.untilCall(t, 5*time.Second, "incoming")
	s = w.until(t, 2*time.Second, "it rings", func(s state) bool { return s.Sound == "ring" })
	t.Logf("the screen says %q", s.Screen)
	time.Sleep(4 * time.Second) // for the WAV
	must(t, w.desk.Lift())
	w.untilCall(t, 2*time.Second, "up")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	must(t, call.Wait(ctx, siptest.Up))
	call.Hangup()
	w.until(t, 5*time.Second, "the call is over", func(s state) bool { return *s.Call == "idle" })
	must(t, w.desk.HangUp())
}

// A primary that says nothing: the INVITE is repeated as RFC 3261 17.1.1.2 has it,
// moves when N retransmissions are over, goes to the backup once that has the
// registration, and the line comes back when the primary is well.
func TestASilentPrimary(t *testing.T) {
	w := enter(t)
	w.primary.Silence()
	w.dial(t, "600")
	w.untilCall(t, 30*time.Second, "up")
	tries := w.primary.Record.Requests("INVITE")
	offsets := tries.Offsets()
	want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}
	if !slices.EqualFunc(offsets, want, near) {
		t.Errorf("INVITEs at the silent primary after %v, want %v", offsets, want)
	}
	register := requests(t, w.backup.Record, "REGISTER", 1, time.Second)[0]
	invite := requests(t, w.backup.Record, "INVITE", 1, time.Second)[0]
	if d := register.At.Sub(tries[0].At); !near(d, 7500*time.Millisecond) {
		t.Errorf("the backup was asked after %v, want 7.5 s", d)
	}
	if invite.At.Before(register.At) {
		t.Error("the backup got the INVITE before the REGISTER")
	}
	must(t, w.desk.HangUp())
	w.untilCall(t, 5*time.Second, "idle")

	must(t, w.primary.Heal())
	began := time.Now()
	w.until(t, 30*time.Minute, "back at the primary", func(s state) bool { return s.Server == primaryAddr.String() })
	t.Logf("back at the primary after %v", time.Since(began).Round(time.Second))
}

// near allows for what the phone and this test themselves take; in virtual time
// nothing else does.
func near(got, want time.Duration) bool {
	return got > want-20*time.Millisecond && got < want+40*time.Millisecond
}
