//go:build linux

package lab

import (
	"strings"
	"testing"
	"time"
)

// Requests inside a call, against a far side and proxies that were not written
// for this phone.

// A hold that meets silence is served over the backup, whose proxy has never
// heard of the call, and so is all that follows.
func TestSmartHoldThroughABlackHole(t *testing.T) {
	t.Parallel()
	w := newSmartWorld(t)
	p := w.phone("null")
	w.warm()
	w.call(p)
	w.s1.Silence()
	mark := time.Now()
	p.Press("hold")
	p.UntilCall(12*time.Second, "held")
	hold := w.s2.Got("INVITE", mark, 1)[0]
	t.Logf("hold at the backup after %v", hold.At.Sub(mark))
	if d := hold.At.Sub(mark); d > 2*time.Second+w.Stall() {
		t.Errorf("hold at the backup after %v", d)
	}
	ack := w.s2.Got("ACK", mark, 1)[0]
	if ack.CSeq != hold.CSeq {
		t.Errorf("ACK %d of INVITE %d", ack.CSeq, hold.CSeq)
	}
	mark = time.Now()
	p.Press("hold")
	p.UntilCall(3*time.Second, "up")
	w.s2.Got("INVITE", mark, 1)
	mark = time.Now()
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 3*time.Second)
	w.s2.Got("BYE", mark, 1)
}

// A far side that knows nothing of session timers or of reliable responses: the
// call is refreshed by the phone alone, and the voice does not notice.
func TestASessionTimerAgainstBaresip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Session Timer:1", "S Timer Expires:90", "PRACK:1")
	p := w.phone("null")
	began := time.Now()
	w.baresip.Dial("100", w.s1)
	p.UntilCall(5*time.Second, "incoming")
	p.Lift()
	p.UntilCall(5*time.Second, "up")
	<-time.After(50 * time.Second)
	var refreshes []string
	for _, m := range w.far.Capture.Entries().After(began) {
		if m.Request && (m.Method == "UPDATE" || m.Method == "INVITE") && m.Header("Session-Expires") != "" {
			refreshes = append(refreshes, m.Method+" "+m.Header("Session-Expires"))
		}
	}
	t.Log(strings.Join(refreshes, "; "))
	if len(refreshes) == 0 || !strings.Contains(refreshes[0], "90;refresher=uac") {
		t.Errorf("refreshes: %q", refreshes)
	}
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call is %s", s.Call)
	}
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)
}
