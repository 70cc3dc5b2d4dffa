package board

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"phoned/hw"
	"phoned/hw/lcd/fb"
	"phoned/hw/lcd/refresh"
	"phoned/hw/lcd/st7567"
)

// displayRetry is how often a display that is not there is looked for.
const displayRetry = 5 * time.Second

// openDisplay starts the display; nil if the board has none.
func openDisplay(c Config, fault func(string)) (display, error) {
	var open func(refresh.Config) (display, error)
	switch c.Display.Kind {
	case "framebuffer":
		open = c.openFramebuffer
	case "st7567":
		open = c.openST7567
	default:
		return nil, nil
	}
	opening, drawing := twoVoices(fault)
	return startLate(opening, func() (display, error) {
		light := c.light()
		r := refresh.Config{LightOff: time.Duration(c.Display.LightOffS) * time.Second, Fault: drawing}
		if light != nil {
			r.Light = light.turn
		}
		d, err := open(r)
		if err != nil {
			return nil, err
		}
		return withEnds{d, []func() error{light.Close}}, nil
	}), nil
}

// twoVoices lets two tell what is wrong through one: each what it has to say,
// and "" when it is well again.
func twoVoices(fault func(string)) (one, other func(string)) {
	var mu sync.Mutex
	var said [2]string
	voice := func(i int) func(string) {
		return func(text string) {
			mu.Lock()
			defer mu.Unlock()
			said[i] = text
			if said[0] != "" && said[1] != "" {
				fault(said[0] + ". " + said[1])
			} else {
				fault(said[0] + said[1])
			}
		}
	}
	return voice(0), voice(1)
}

func (c Config) openFramebuffer(r refresh.Config) (display, error) {
	d, err := fb.Open(fb.Config{Device: c.Display.Device, Rotate: c.Display.Rotate, Night: c.Display.Night, Refresh: r})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (c Config) openST7567(r refresh.Config) (display, error) {
	data, err := openOutput(c.Chip, c.Display.DataLine, 0)
	if err != nil {
		return nil, err
	}
	var reset *output
	var resetPin st7567.Pin // a nil interface: no such line
	if c.Display.ResetLine != "" {
		if reset, err = openOutput(c.Chip, c.Display.ResetLine, 1); err != nil {
			return nil, errors.Join(err, data.Close())
		}
		resetPin = reset
	}
	d, err := st7567.Open(st7567.Config{
		Device: c.Display.Device, SpeedHz: c.Display.SpeedHz, Contrast: c.Display.Contrast, Ratio: c.Display.Ratio,
		Flip: c.Display.Flip, Column: c.Display.Column, Refresh: r,
	}, data, resetPin)
	if err != nil {
		return nil, errors.Join(err, data.Close(), reset.Close())
	}
	return withEnds{d, []func() error{data.Close, reset.Close}}, nil
}

// withEnds is a display with what is closed after it.
type withEnds struct {
	display
	ends []func() error
}

func (d withEnds) Close() error {
	err := d.display.Close()
	for _, end := range d.ends {
		err = errors.Join(err, end())
	}
	return err
}

// light is the light behind the display; nil if the board has none to turn.
func (c Config) light() *light {
	switch line, isLine := strings.CutPrefix(c.Display.Backlight, "line:"); {
	case isLine:
		return &light{open: func() (func(bool) error, func() error, error) {
			o, err := openOutput(c.Chip, line, 1)
			if err != nil {
				return nil, nil, err
			}
			return o.switchOn, o.Close, nil
		}}
	case c.Display.Backlight != "":
		return &light{open: func() (func(bool) error, func() error, error) {
			turn, err := refresh.Backlight(filepath.Join(refresh.Backlights, c.Display.Backlight))
			return turn, func() error { return nil }, err
		}}
	}
	return nil
}

// A light is opened when it is turned, so that a display without its light
// shows all the same. Only the display's goroutine turns it.
type light struct {
	open  func() (turn func(on bool) error, end func() error, err error)
	onOff func(on bool) error // nil until it is open
	end   func() error
}

func (l *light) turn(on bool) error {
	if l.onOff == nil {
		turn, end, err := l.open()
		if err != nil {
			return err
		}
		l.onOff, l.end = turn, end
	}
	return l.onOff(on)
}

// Close gives the light back; a nil one is none.
func (l *light) Close() error {
	if l == nil || l.end == nil {
		return nil
	}
	return l.end()
}

// A late is a display that is opened when it is there: at once, as a rule. Until
// then what shall be shown is kept.
type late struct {
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	screen *hw.Screen // to be shown when it is open; nil = nothing yet
	open   display    // nil until it is
	closed bool
}

// startLate tries to open a display until it works or Close. What is wrong is
// told to fault.
func startLate(fault func(string), open func() (display, error)) *late {
	ctx, cancel := context.WithCancel(context.Background())
	l := &late{cancel: cancel, ended: make(chan struct{})}
	if d, err := open(); err == nil {
		l.opened(d)
		close(l.ended)
		return l
	} else {
		fault("The display does not work (" + err.Error() + ").")
	}
	go func() {
		defer close(l.ended)
		retry := time.NewTicker(displayRetry)
		defer retry.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-retry.C:
			}
			d, err := open()
			if err == nil {
				fault("")
				l.opened(d)
				return
			}
			fault("The display does not work (" + err.Error() + ").")
		}
	}()
	return l
}

// opened takes a display over and shows what waits.
func (l *late) opened(d display) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = d
	if l.screen != nil {
		_ = d.Show(*l.screen) // new, it can not be closed
		l.screen = nil
	}
}

// Show implements display.
func (l *late) Show(s hw.Screen) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.open != nil:
		return l.open.Show(s)
	}
	s.Rows = append([]hw.Row(nil), s.Rows...)
	l.screen = &s
	return nil
}

// Wake implements display.
func (l *late) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil && !l.closed {
		l.open.Wake()
	}
}

// Close implements display.
func (l *late) Close() error {
	l.cancel()
	<-l.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.open == nil {
		l.closed = true
		return nil
	}
	l.closed = true
	return l.open.Close()
}
