package gpio

import (
	"time"

	"phoned/hw"
)

// The halves of the lights that blink.
const (
	slowHalf = time.Second
	fastHalf = 250 * time.Millisecond
)

// lamps are the lamps of a board. All that blink do so together; while none
// does, nothing wakes for them.
type lamps struct {
	lines  []string
	lamp   []hw.Lamp // by line
	low    uint64    // the lines that are active low
	bank   bank      // nil = lost, or there are none
	retry  retry
	light  [hw.LampCount]hw.Light
	lit    uint64    // the lines that shine
	begun  time.Time // of the blinking; zero = nothing blinks
	toggle time.Time // when something changes by itself
}

func newLamps(cfg *Config) *lamps {
	l := &lamps{}
	for i, c := range cfg.Lamps {
		if c.Line == "" {
			continue
		}
		if c.ActiveLow {
			l.low |= 1 << len(l.lines)
		}
		l.lines = append(l.lines, c.Line)
		l.lamp = append(l.lamp, hw.Lamp(i))
	}
	return l
}

func (l *lamps) open(h host, chip string) (err error) {
	if len(l.lines) == 0 {
		return nil
	}
	l.lit = 0
	l.bank, err = h.take(chip, request{use: asLamp, lines: l.lines, activeLow: l.low})
	return err
}

// deadline is when the lamps want to be looked at; zero = not by themselves.
func (l *lamps) deadline() time.Time {
	if l.bank == nil {
		return l.retry.at
	}
	return l.toggle
}

// set takes what the lamps should show.
func (l *lamps) set(now time.Time, want [hw.LampCount]hw.Light) {
	l.light = want
	blinks := false
	for _, lamp := range l.lamp {
		blinks = blinks || want[lamp] == hw.Slow || want[lamp] == hw.Fast
	}
	switch {
	case !blinks:
		l.begun = time.Time{}
	case l.begun.IsZero():
		l.begun = now // the first one shines at once
	}
}

// shine makes the lines what the lamps show now.
func (l *lamps) shine(now time.Time) error {
	if l.bank == nil {
		return nil
	}
	l.toggle = time.Time{}
	var lit uint64
	for i, lamp := range l.lamp {
		half := fastHalf
		switch l.light[lamp] {
		case hw.Off:
			continue
		case hw.On:
			lit |= 1 << i
			continue
		case hw.Slow:
			half = slowHalf
		}
		halves := now.Sub(l.begun) / half
		if halves%2 == 0 {
			lit |= 1 << i
		}
		l.toggle = earlier(l.toggle, l.begun.Add((halves+1)*half))
	}
	if lit == l.lit {
		return nil
	}
	if err := l.bank.set(lit^l.lit, lit); err != nil {
		return err
	}
	l.lit = lit
	return nil
}

// tendLamps does what is due for the lamps.
func (p *Panel) tendLamps() {
	l, now := p.lamps, time.Now()
	if l.bank == nil {
		if l.retry.at.IsZero() || now.Before(l.retry.at) {
			return
		}
		if err := l.open(p.host, p.cfg.Chip); err != nil {
			l.retry.lost(now)
			p.failed(lampsName, err)
			return
		}
		l.retry.found(now)
	}
	if err := l.shine(now); err != nil {
		p.loseLamps(err)
		return
	}
	p.well(lampsName)
}

// loseLamps gives the lamps up for a while.
func (p *Panel) loseLamps(err error) {
	p.lamps.bank.close()
	p.lamps.bank = nil
	p.lamps.retry.lost(time.Now())
	p.failed(lampsName, err)
	p.alarmed = true
}
