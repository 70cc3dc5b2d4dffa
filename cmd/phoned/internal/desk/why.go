package desk

import (
	"time"

	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
	"phoned/sip/ua"
)

// decided keeps a decision of a line, and tells it to the phone and to those
// who watch.
func (d *Desk) decided(ev ua.Decided) {
	r := journal.Record{
		Time: today(ev.At), Line: ev.Line, Decision: ev.Decision,
		From:   journal.Target{Server: ev.From, Address: ev.FromAddress},
		To:     journal.Target{Server: ev.To, Address: ev.ToAddress},
		Method: ev.Method, Cause: ev.Cause, Status: ev.Status, Call: ev.Call != 0, Cost: ev.Cost, Until: today(ev.Until),
	}
	d.watchers.decided(r)
	d.step(phone.Decided{Record: r})
}

// today is a time of the user agent by the clock of now: that of the start may
// have been wrong, before the phone had the time from the network.
func today(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Now().Round(0).Add(-time.Since(t))
}

// healthTold keeps what is known of a line's servers, and tells it on.
func (d *Desk) healthTold(ev ua.Health) {
	h := phone.Health{Line: ev.Line, Targets: make([]phone.TargetHealth, 0, len(ev.Targets))}
	for _, t := range ev.Targets {
		t.Since, t.Until = today(t.Since), today(t.Until)
		h.Targets = append(h.Targets, phone.TargetHealth(t))
	}
	d.watchers.healthTold(h)
	d.step(h)
}

// drill begins a drill, or tells why not.
func (d *Desk) drill(c Drill) {
	d.step(phone.Tick{}) // the phone knows what time it is
	refusal := d.phone.DrillRefusal(c.Line)
	if c.Reply != nil {
		select {
		case c.Reply <- refusal:
		default: // a channel without room has no reader that counts on it
		}
	}
	if refusal == phone.NoRefusal {
		d.step(phone.DrillNow{Line: c.Line})
	}
}

// Decisions are the last n decisions of a line, oldest first; of all lines with
// line 0.
func (d *Desk) Decisions(n, line int) []journal.Record { return d.watchers.decisions(n, line) }

// Health is what is known of the servers of each line, by line.
func (d *Desk) Health() []phone.Health { return d.watchers.health() }
