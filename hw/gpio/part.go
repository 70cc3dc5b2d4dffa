package gpio

import (
	"time"

	"phoned/hw"
	"phoned/hw/keypad"
)

// core is a keypad.Matrix or a keypad.Switch.
type core interface {
	Step(now time.Time, ev keypad.Event) []keypad.Action
	Deadline() time.Time
}

// A part is the keypad or a switch: its core, and its lines while they work.
type part struct {
	name  string
	core  core
	open  func() (lines, error)
	lines lines // nil = lost
	retry retry
}

// A retry is the time until lines that were lost are tried again: 1 s, then
// twice as long each time, up to 30 s.
type retry struct {
	at    time.Time // zero = the lines work
	wait  time.Duration
	since time.Time // they have worked
}

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	// Lines that have worked for so long are tried again soon.
	wellAgain = time.Minute
)

func (r *retry) lost(now time.Time) {
	r.wait = min(2*r.wait, lastRetry)
	if r.wait == 0 || r.at.IsZero() && now.Sub(r.since) >= wellAgain {
		r.wait = firstRetry
	}
	r.at = now.Add(r.wait)
}

func (r *retry) found(now time.Time) { r.at, r.since = time.Time{}, now }

// deadline is when the part wants to be looked at; zero = not by itself.
func (o *part) deadline() time.Time {
	if o.lines == nil {
		return earlier(o.retry.at, o.core.Deadline())
	}
	return o.core.Deadline()
}

// edges wakes for the part; nil never does.
func (o *part) edges() <-chan struct{} {
	if o.lines == nil {
		return nil
	}
	return o.lines.edges()
}

// earlier is the earlier of two times; a zero one is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// feed tells a part one event and carries its actions out, with all that
// follows from them.
func (p *Panel) feed(o *part, ev keypad.Event) {
	for more := true; more; {
		more = false
		var err error
		for _, a := range o.core.Step(time.Now(), ev) {
			switch {
			case a.Kind == keypad.Tell:
				p.told(o, a.Input)
			case o.lines == nil:
			case a.Kind == keypad.Scan:
				ev, more = keypad.Event{Kind: keypad.Scanned}, true
				ev.Frame, err = o.lines.scan(a.Rows)
			case a.Kind == keypad.Watch:
				ev = keypad.Event{Kind: keypad.Edge}
				more, err = o.lines.watch(a.Rows)
			}
		}
		if err != nil {
			p.lose(o, err)
			ev, more = keypad.Event{Kind: keypad.Lost}, true
		}
	}
}

// told passes an input of a core on.
func (p *Panel) told(o *part, in hw.Input) {
	if in.Kind == hw.Fault {
		p.fault(trouble{part: o.name, key: in.Key}, in.Text)
		return
	}
	p.queue = append(p.queue, in)
}

// lose gives the lines of a part up for a while.
func (p *Panel) lose(o *part, err error) {
	o.lines.close()
	o.lines = nil
	o.retry.lost(time.Now())
	p.failed(o.name, err)
	p.alarmed = true
}

// lookAround asks the parts whose lines still work whether they do. They may
// have been on the same chip, and Linux 6.1 tells nobody of its end who only
// waits for edges.
func (p *Panel) lookAround() {
	for p.alarmed {
		p.alarmed = false
		for _, o := range p.parts {
			if o.lines != nil {
				p.feed(o, keypad.Event{Kind: keypad.Edge})
			}
		}
		if l := p.lamps; l.bank != nil {
			if _, err := l.bank.get(); err != nil {
				p.loseLamps(err)
			}
		}
	}
}

// tend does what is due for a part.
func (p *Panel) tend(o *part) {
	now := time.Now()
	if o.lines == nil && !o.retry.at.IsZero() && !now.Before(o.retry.at) {
		l, err := o.open()
		if err != nil {
			o.retry.lost(now)
			p.failed(o.name, err)
			return
		}
		o.lines = l
		o.retry.found(now)
		p.feed(o, keypad.Event{Kind: keypad.Ready})
		if o.lines != nil { // still
			p.well(o.name)
		}
		return
	}
	if at := o.core.Deadline(); !at.IsZero() && !now.Before(at) {
		p.feed(o, keypad.Event{Kind: keypad.Tick})
	}
}
