package phone

import (
	"testing"
	"time"

	"phoned/hw"
	"phoned/sip/failover"
)

// The display runs on by itself: every second where it counts, else every
// minute.
func TestRepaint(t *testing.T) {
	at := epoch.Add(1500 * time.Millisecond)
	press := func(k hw.Key) Event { return Input{hw.Input{Kind: hw.Press, Key: k}} }
	up := []Event{Incoming{Call: 2, Line: 1, Number: "300"}, press(hw.KeyOK), Established{Call: 2, Server: 1}}
	for _, c := range []struct {
		name   string
		events []Event
		next   time.Duration
	}{
		{"at rest", nil, time.Minute},
		{"a call is up", up, 2 * time.Second},
		{"a call is on hold", append(up[:3:3], press(hw.KeyHold), MediaChanged{Call: 2, LocalHold: true}), 2 * time.Second},
		{"the next attempt is counted down", []Event{LineState{Line: 1, Phase: failover.Waiting, Next: at.Add(20 * time.Second)}}, 2 * time.Second},
		{"no attempt is planned", []Event{LineState{Line: 1, Phase: failover.Waiting}}, time.Minute},
	} {
		p := New(parseConfig(t, "config"))
		p.Step(at, Tick{})
		for _, ev := range c.events {
			p.Step(at, ev)
		}
		if got := p.Deadline().Sub(epoch); got != c.next {
			t.Errorf("%s: the next deadline is at %v, want %v", c.name, got, c.next)
		}
	}
}

// A clock that steps back moves nothing back.
func TestTimeNeverRunsBack(t *testing.T) {
	p := New(parseConfig(t, "config"))
	p.Step(epoch, Tick{})
	p.Step(epoch.Add(-time.Hour), Input{hw.Input{Kind: hw.HookUp}})
	if d := p.Deadline(); !d.After(epoch) {
		t.Errorf("deadline %v", d)
	}
}
