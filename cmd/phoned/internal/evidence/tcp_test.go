//go:build linux

package evidence

import (
	"testing"
	"time"
)

// An idle connection that ends is no evidence: after 1 to 2 s the phone
// reconnects and registers at the same server.
func TestATCPServerThatRestartsWhileIdleIsRegisteredAtAgain(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.Stop()
	gone := time.Now()
	w.heal(w.s1)
	again := w.await(w.s1.Record, "REGISTER", 2)
	connected := w.syns(w.n1, 2)
	w.exactly("connections to the primary", connected, 2)
	if d := connected[1].At.Sub(gone); d < time.Second-slack || d > 2*time.Second+slack+w.Stall() {
		t.Errorf("reconnected after %v, want 1 to 2 s", d)
	}
	if a, b := again[0].Message, again[1].Message; b.CallID != a.CallID || b.CSeq != a.CSeq+1 {
		t.Errorf("not the same registration\n%s", again)
	}
	p.UntilAt(soon, w.n1)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
	for _, s := range p.States() {
		if s.Server == w.n2.SIP() {
			t.Errorf("the phone went to the backup")
		}
	}
}

func TestACallDoesNotWaitForTheReconnect(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.Stop()
	w.heal(w.s1)
	dialled := time.Now()
	w.call(p)
	if d := w.seen(w.n1, "INVITE", 1)[0].At.Sub(dialled); d > 300*time.Millisecond+w.Stall() {
		t.Errorf("the INVITE left after %v", d)
	}
	// "At once if a request needs it."
	again := w.await(w.s1.Record, "REGISTER", 2)
	if d := again[1].At.Sub(dialled); d > 300*time.Millisecond+w.Stall() {
		t.Errorf("the REGISTER left after %v", d)
	}
	w.quiet(2*time.Second, "another REGISTER for the same loss", w.s1.Record, "REGISTER")
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

// A server that stays away is found dead by the REGISTER.
func TestATCPServerThatIsGoneIsLeftAfterTheReconnectFails(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.Stop()
	gone := time.Now()
	p.UntilAt(soon, w.n2)
	tried := w.syns(w.n1, 2)[1]
	if d := tried.At.Sub(gone); d < time.Second-slack || d > 2*time.Second+slack+w.Stall() {
		t.Errorf("reconnected after %v, want 1 to 2 s", d)
	}
	w.atOnce("the backup was connected to", tried, w.syns(w.n2, 1)[0])
}
