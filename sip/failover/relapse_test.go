package failover

import (
	"testing"
	"time"

	"phoned/sip"
)

// A hall is a smart line between two servers that answer at once, unless they
// are down.
type hall struct {
	*phone
	down   [2]bool
	events []Event
	seen   []Action
}

// until lets time pass.
func (h *hall) until(to time.Duration) {
	for {
		for len(h.events) > 0 {
			e := h.events[0]
			h.events = h.events[1:]
			h.tell(e)
		}
		d := h.Deadline()
		if d > to {
			break
		}
		h.now = max(h.now, d)
		h.tell(Event{})
	}
	h.now = to
}

func (h *hall) tell(e Event) {
	for _, a := range h.Step(h.now, e, nil) {
		h.seen = append(h.seen, a)
		switch {
		case a.Kind == Probe && !h.down[a.Server]:
			h.events = append(h.events, Event{Kind: Health, Server: a.Server})
		case a.Kind != Send || a.Method != sip.REGISTER:
		case h.down[a.Server]:
			h.events = append(h.events, Event{Kind: Unreachable, Tx: a.Tx, Cause: Refused})
		case a.Purpose == ForWarmth:
			h.events = append(h.events, Event{Kind: Response, Tx: a.Tx, Status: 401})
		default:
			h.events = append(h.events, Event{Kind: Response, Tx: a.Tx, Status: 200, Expires: 3600 * time.Second})
		}
	}
}

// lose lets server s die, come back when the line has left it, and half an hour
// pass, in which the line returns. It tells how long after the loss the line
// looked at the primary, and what it told the owner if that was postponed.
func (h *hall) lose(s int8) (look, postponed time.Duration) {
	h.down[s] = true
	h.seen = nil
	h.tell(Event{Kind: Health, Server: s, Cause: Refused, Urgent: true})
	h.until(h.now + 2*time.Second)
	h.down[s] = false
	moved := h.now
	h.until(h.now + 30*time.Minute)
	for _, a := range h.seen {
		if a.Kind == Notice && a.Notice == Postponed {
			postponed = a.At
		}
		if a.Kind == Decide && a.Decision == Watch && look == 0 {
			look = a.At - steadyTime - moved // until it is steady
		}
	}
	return look, postponed
}

func newHall() *hall {
	cfg := testConfig(2)
	cfg.Smart, cfg.FailbackInterval = true, time.Minute
	h := &hall{phone: newPhone(cfg)}
	h.tell(Event{Kind: Start})
	h.until(10 * time.Second)
	return h
}

// near tells whether a wait is what was wanted: the move itself took up to 2 s.
func near(got, want time.Duration) bool { return got <= want && got > want-2*time.Second }

// A primary that is lost again soon after the line has returned is looked at
// less often, up to a limit; one that has stayed for an hour as often as at first.
func TestRelapses(t *testing.T) {
	h := newHall()
	look, postponed := h.lose(0)
	if !near(look, time.Minute) || postponed != 0 {
		t.Fatalf("the first loss: the primary was looked at after %v, postponed until %v", look, postponed)
	}
	// lose waits for half an hour: that is no relapse.
	if look, postponed = h.lose(0); !near(look, time.Minute) || postponed != 0 {
		t.Errorf("lost half an hour after the return: looked at after %v, postponed until %v", look, postponed)
	}
	for i, want := range []time.Duration{2, 4, 8, 16, 16} {
		h.backAt = h.now - 2*time.Minute // as if it had returned but now
		if look, postponed = h.lose(0); !near(look, want*time.Minute) || postponed == 0 {
			t.Errorf("relapse %d: looked at after %v, postponed until %v, want %v", i+1, look, postponed, want*time.Minute)
		}
	}
	h.until(h.now + 50*time.Minute)
	if look, postponed = h.lose(0); !near(look, time.Minute) || postponed != 0 {
		t.Errorf("lost an hour after the return: looked at after %v, postponed until %v", look, postponed)
	}
}

// What brings a line back to the primary by necessity, or for a drill, is no
// return that a loss could make a relapse of.
func TestNoRelapse(t *testing.T) {
	h := newHall()
	h.lose(0)
	h.backAt = h.now - 2*time.Minute
	h.tell(Event{Kind: Drill})
	h.until(h.now + time.Second)
	if h.active != 0 || h.relapses != 0 {
		t.Errorf("after a drill: at %d, %d relapses", h.active, h.relapses)
	}

	h = newHall()
	h.down[0] = true
	h.tell(Event{Kind: Health, Cause: Refused, Urgent: true})
	h.until(h.now + 10*time.Second) // at the backup
	h.down = [2]bool{false, true}
	h.tell(Event{Kind: Health})
	h.tell(Event{Kind: Health, Server: 1, Cause: Refused, Urgent: true})
	h.until(h.now + 2*time.Second)
	h.down[1] = false
	h.tell(Event{Kind: Health, Server: 1})
	if look, postponed := h.lose(0); !near(look, time.Minute) || postponed != 0 {
		t.Errorf("lost after a return without a choice: looked at after %v, postponed until %v", look, postponed)
	}
}
