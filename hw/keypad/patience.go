package keypad

import "time"

// A patience is how much of something is borne: once every interval, and for a
// while most times as often. The zero value is full.
type patience struct {
	used time.Time // when the patience is full again
}

// take is false when the patience is at its end.
func (p *patience) take(now time.Time, every time.Duration, most int) bool {
	if p.used.Before(now) {
		p.used = now
	}
	if p.used.Sub(now) >= time.Duration(most)*every {
		return false
	}
	p.used = p.used.Add(every)
	return true
}
