package phone

import "time"

// Deadline is when the phone wants a Tick at the latest; zero before the
// first Step.
func (p *Phone) Deadline() time.Time {
	if p.now.IsZero() {
		return time.Time{}
	}
	at := p.repaint()
	soonest := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	for _, c := range p.calls {
		soonest(c.limit)
		soonest(c.holdUntil)
	}
	if p.dial != nil {
		soonest(p.dial.sendAt)
		soonest(p.dial.toneUntil)
	}
	if p.failed != nil {
		soonest(p.failed.until)
	}
	if p.menu != nil {
		soonest(p.menu.until)
	}
	soonest(p.banner.until)
	soonest(p.saveAt)
	return at
}

// due tells whether a moment has come; the zero moment never comes.
func (p *Phone) due(t time.Time) bool { return !t.IsZero() && !p.now.Before(t) }

// tick does everything whose time has come.
func (p *Phone) tick() {
	if p.due(p.banner.until) {
		p.banner = banner{}
	}
	if p.menu != nil && p.due(p.menu.until) {
		p.menu = nil
	}
	if p.due(p.saveAt) {
		p.saveVolumes()
	}
	if p.failed != nil && p.due(p.failed.until) {
		p.clearFailure()
	}
	if d := p.dial; d != nil {
		switch {
		case p.due(d.sendAt):
			p.send()
		case p.due(d.toneUntil):
			p.toneOver()
		}
	}
	// Copied, since giving up a call takes it out of the list.
	for _, c := range append([]*call(nil), p.calls...) {
		if p.due(c.holdUntil) {
			c.holdUntil = time.Time{}
			p.agreeHold(c)
		}
		if p.due(c.limit) {
			p.giveUp(c)
		}
	}
}

// repaint is when the display changes by itself: with the next second while a
// duration or a countdown runs, else with the next minute.
func (p *Phone) repaint() time.Time {
	if p.secondsRun() {
		return p.now.Truncate(time.Second).Add(time.Second)
	}
	return p.now.Truncate(time.Minute).Add(time.Minute)
}
