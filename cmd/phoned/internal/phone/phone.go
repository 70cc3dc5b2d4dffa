package phone

import "time"

// Phone is one telephone: its calls, its hook, its display. The zero value is
// of no use; see New. It belongs to one goroutine.
type Phone struct {
	cfg Config
	now time.Time
	out []Action
}

// New makes a phone at rest: on hook, no call, no line registered.
func New(cfg Config) *Phone {
	return &Phone{cfg: cfg}
}

// Step tells the phone one event and returns what to do about it, in order.
// The slice is valid until the next Step. Time never runs back: an earlier now
// counts as the last one.
func (p *Phone) Step(now time.Time, ev Event) []Action {
	if now.After(p.now) {
		p.now = now
	}
	p.out = p.out[:0]
	return p.out
}

// Deadline is when the phone wants a Tick at the latest; zero = never.
func (p *Phone) Deadline() time.Time { return time.Time{} }

// Snapshot is the phone as it is after the last Step.
func (p *Phone) Snapshot() Snapshot { return Snapshot{} }
