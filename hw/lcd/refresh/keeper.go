package refresh

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"phoned/hw"
)

const (
	// interval is the shortest time from one redraw to the next.
	interval = 100 * time.Millisecond
	// pageTime is how long a page stands when there are more; a reader manages
	// about four short lines in it.
	pageTime = 4 * time.Second
	// retryTime is how long after one that failed the next redraw is tried.
	retryTime = 5 * time.Second
)

// A keeper is the goroutine of a Display and what it knows.
type keeper struct {
	*Display
	latest hw.Screen // to be drawn
	drawn  hw.Screen // on the glass
	page   int
	lit    bool
	dimmed bool   // the light was tried, also if it failed
	broken string // what the owner was told of the drawing
	dark   string // and of the light

	// When each is due; zero = never.
	drawAt, turnAt, darkAt time.Time
	soonest                time.Time // that the next redraw may be
}

func newKeeper(d *Display) *keeper { return &keeper{Display: d} }

// run draws until Close.
func (k *keeper) run() {
	now := time.Now()
	k.drawAt = now // an empty display, until there is a screen
	k.take(now)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-k.quit:
			k.ended <- k.end()
			return
		case <-k.changed:
			k.take(time.Now())
		case <-timer.C:
		}
		now := time.Now()
		k.work(now)
		// Without anything to do an hour is as good as never.
		next := now.Add(time.Hour)
		for _, at := range [...]time.Time{k.drawAt, k.turnAt, k.darkAt} {
			if !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		timer.Reset(next.Sub(now))
	}
}

// end leaves the device dark and free.
func (k *keeper) end() error {
	var light error
	if k.lit {
		light = k.cfg.Light(false)
	}
	return errors.Join(light, k.panel.Close())
}

// take gets the newest screen and plans its redraw.
func (k *keeper) take(now time.Time) {
	title, soft, rows := k.latest.Title, k.latest.Soft, len(k.latest.Rows)
	if k.taken(&k.latest) {
		k.light(true)
		if k.cfg.LightOff > 0 {
			k.darkAt = now.Add(k.cfg.LightOff)
		}
	}
	if title != k.latest.Title || soft != k.latest.Soft || rows != len(k.latest.Rows) {
		k.page, k.turnAt = 0, time.Time{} // another matter: from its beginning
	}
	if k.drawAt.IsZero() && !same(&k.latest, &k.drawn) {
		k.drawAt = now
		if k.soonest.After(now) {
			k.drawAt = k.soonest
		}
	}
}

// work does what is due.
func (k *keeper) work(now time.Time) {
	due := func(at time.Time) bool { return !at.IsZero() && !at.After(now) }
	if due(k.darkAt) {
		k.darkAt = time.Time{}
		k.light(false)
	}
	if due(k.turnAt) {
		k.page++
		k.turnAt = time.Time{}
		if k.drawAt.IsZero() {
			k.drawAt = now
		}
	}
	if due(k.drawAt) {
		k.draw(now)
	}
}

// draw paints the newest screen and puts it on the glass.
func (k *keeper) draw(now time.Time) {
	k.drawAt, k.soonest = time.Time{}, now.Add(interval)
	picture := k.painter.Paint(k.latest, k.page)
	if err := k.panel.Draw(picture); err != nil {
		k.drawAt = now.Add(retryTime)
		k.soonest = k.drawAt
		k.tell(&k.broken, fmt.Sprintf("The display does not work (%v).", err))
		return
	}
	k.tell(&k.broken, "")
	keep(&k.drawn, k.latest)
	switch {
	case k.painter.Pages() < 2:
		k.page, k.turnAt = 0, time.Time{}
	case k.turnAt.IsZero():
		k.turnAt = now.Add(pageTime)
	}
}

// light turns the light behind the glass on or off.
func (k *keeper) light(on bool) {
	if k.cfg.Light == nil || k.dimmed && k.lit == on {
		return
	}
	k.dimmed, k.lit = true, on
	if err := k.cfg.Light(on); err != nil {
		k.tell(&k.dark, fmt.Sprintf("The light of the display does not work (%v).", err))
		return
	}
	k.tell(&k.dark, "")
}

// tell passes a fault or its end on, once each. One that remains is told again
// when the other one is gone.
func (k *keeper) tell(fault *string, text string) {
	if *fault == text || *fault != "" && text != "" {
		return
	}
	*fault = text
	switch {
	case text != "":
		k.cfg.Fault(text)
	case k.broken != "":
		k.cfg.Fault(k.broken)
	default:
		k.cfg.Fault(k.dark) // or that all is well
	}
}

// same tells whether two screens look the same.
func same(a, b *hw.Screen) bool {
	return a.Time == b.Time && a.Server == b.Server && a.Flags == b.Flags && a.Title == b.Title &&
		a.Big == b.Big && a.Soft == b.Soft && slices.Equal(a.Rows, b.Rows)
}
