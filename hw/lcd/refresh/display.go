package refresh

import (
	"errors"
	"image"
	"sync"
	"time"

	"phoned/hw"
	"phoned/hw/lcd"
)

// ErrClosed is the error of a display that is closed.
var ErrClosed = errors.New("the display is closed")

// A Panel is the glass. Only one goroutine calls it.
type Panel interface {
	// Draw shows a picture in the panel's own format. After an error the next
	// call must draw everything, whatever was drawn before.
	Draw(*image.Paletted) error
	Close() error
}

// A Config says how a display is kept.
type Config struct {
	// Light turns the light behind the glass on or off; nil if there is none.
	// Only the goroutine of the display calls it.
	Light func(on bool) error
	// LightOff is how long after the last use the light goes off; 0 = never.
	LightOff time.Duration
	// Fault, if not nil, is told in a sentence what of the display failed, once, and
	// an empty text when it is well again. It must not call the display.
	Fault func(text string)
}

// A Display shows screens on a panel. It is an lcd.Display.
type Display struct {
	panel   Panel
	painter *lcd.Painter
	cfg     Config

	mu     sync.Mutex
	closed bool
	screen hw.Screen // the newest
	woken  bool      // somebody used the phone since the last look

	changed chan struct{}
	quit    chan struct{}
	ended   chan error
}

var _ lcd.Display = (*Display)(nil)

// Start keeps a panel up to date until Close. The panel is the display's from
// now on.
func Start(panel Panel, painter *lcd.Painter, cfg Config) *Display {
	d := &Display{
		panel: panel, painter: painter, cfg: cfg, woken: true,
		changed: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan error, 1),
	}
	if d.cfg.Fault == nil {
		d.cfg.Fault = func(string) {}
	}
	go newKeeper(d).run()
	return d
}

// Show puts a screen on the display within 100 ms. What the user should look
// at turns the light on; a running clock does not.
func (d *Display) Show(s hw.Screen) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	if s.Title != d.screen.Title || s.Soft != d.screen.Soft || s.Flags != d.screen.Flags {
		d.woken = true
	}
	keep(&d.screen, s)
	d.notify()
	return nil
}

// Wake turns the light on.
func (d *Display) Wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = true
	d.notify()
}

// notify wakes the goroutine; d.mu is held.
func (d *Display) notify() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Close turns the light off and closes the panel; the last picture may stay on
// the glass.
func (d *Display) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.mu.Unlock()
	close(d.quit)
	return <-d.ended
}

// taken puts the newest screen into to, and tells whether somebody used the
// phone.
func (d *Display) taken(to *hw.Screen) (woken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep(to, d.screen)
	woken, d.woken = d.woken, false
	return woken
}

// keep copies a screen with its rows, which are the caller's.
func keep(to *hw.Screen, s hw.Screen) {
	rows := append(to.Rows[:0], s.Rows...)
	*to = s
	to.Rows = rows
}
