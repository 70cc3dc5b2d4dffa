package board

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"phoned/hw"
	"phoned/hw/codec"
)

// Options are what the board's surroundings give it.
type Options struct {
	// Mixer opens the controls of a sound card, which a codec of kind "mixer"
	// needs. It is called again after a control has failed.
	Mixer func(card string) (Mixing, error)
}

// Mixing is an open mixer.
type Mixing interface {
	codec.Controls
	Close() error
}

// ErrClosed is the error of a board that is closed.
var ErrClosed = errors.New("the board is closed")

const inputQueue = 64 // inputs that wait for the phone

// Board is a real handset. Its methods may be called from any goroutine.
//
// It can be moved by a program, too: Tap, Hold, Release, Hook and Headset are
// fingers that a test or a far helper has. What they do comes in one order with
// what real fingers do.
type Board struct {
	panel   panel
	display display // nil: there is none
	codec   router  // nil: nothing to route

	inputs chan hw.Input
	moves  chan move
	faulty chan struct{} // holds a token while faults has something new
	done   chan struct{}
	ended  chan struct{}

	mu     sync.Mutex
	closed bool
	faults [parts]string
}

// The parts of a board that fail each for itself, in the order in which faults
// are told.
const (
	partPanel = iota
	partDisplay
	partCodec
	parts
)

// A panel is the keys, switches and lamps: *gpio.Panel.
type panel interface {
	Inputs() <-chan hw.Input
	SetLamp(hw.Lamp, hw.Light) error
	Close() error
}

// A display is what a screen is drawn on: an lcd.Display.
type display interface {
	Show(hw.Screen) error
	Wake()
	Close() error
}

// A router is the codec: *codec.Codec.
type router interface {
	SetRoute(hw.Route)
	SetMute(on bool)
	Close() error
}

// Open opens the parts of a board. The error says what of the board is missing,
// or what its file wants that the chips can not do. A display or a codec that is
// not there is no error but a Fault input.
func Open(c Config, o Options) (*Board, error) {
	b, err := open(c, realMakers(o))
	if err != nil {
		return nil, fmt.Errorf("open board %s: %w", c.Name, err)
	}
	return b, nil
}

// makers open the parts: those of the hardware, or a test's.
type makers struct {
	panel func(Config) (panel, error)
	// display and codec may return nil: there is none.
	display func(c Config, fault func(text string)) (display, error)
	codec   func(c Config, fault func(text string)) (router, error)
}

func open(c Config, m makers) (_ *Board, err error) {
	b := &Board{
		inputs: make(chan hw.Input, inputQueue),
		moves:  make(chan move),
		faulty: make(chan struct{}, 1),
		done:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.closeParts())
		}
	}()
	if b.panel, err = m.panel(c); err != nil {
		return nil, err
	}
	if b.display, err = m.display(c, func(text string) { b.fault(partDisplay, text) }); err != nil {
		return nil, fmt.Errorf("[display]: %w", err)
	}
	if b.codec, err = m.codec(c, func(text string) { b.fault(partCodec, text) }); err != nil {
		return nil, fmt.Errorf("[codec]: %w", err)
	}
	go b.run()
	return b, nil
}

// Inputs delivers what happens on the board. The text of a Fault tells all that
// is out of order now.
func (b *Board) Inputs() <-chan hw.Input { return b.inputs }

// SetLamp makes a lamp shine; one that the board has not got stays dark.
func (b *Board) SetLamp(l hw.Lamp, light hw.Light) error {
	if l >= hw.LampCount {
		return fmt.Errorf("no board has a lamp number %d", l)
	}
	if b.isClosed() {
		return ErrClosed
	}
	return b.panel.SetLamp(l, light)
}

// Show puts a screen on the display. What goes wrong there comes as a Fault
// input.
func (b *Board) Show(s hw.Screen) error {
	if b.isClosed() {
		return ErrClosed
	}
	if b.display == nil {
		return nil
	}
	return b.display.Show(s)
}

// Router is the board as one whose codec can be told which mouth and ear it
// connects; nil if it has nothing to choose.
func (b *Board) Router() hw.Router {
	if b.codec == nil {
		return nil
	}
	return b.codec
}

// Tap presses a key and releases it.
func (b *Board) Tap(k hw.Key) {
	b.move(move{press, k})
	b.move(move{release, k})
}

// Hold keeps a key down for a time; with 0 until Release.
func (b *Board) Hold(k hw.Key, long time.Duration) {
	b.move(move{press, k})
	if long > 0 {
		// The timer ends by itself; after Close, Release does nothing.
		time.AfterFunc(long, func() { b.Release(k) })
	}
}

// Release lets a key up that Tap or Hold put down.
func (b *Board) Release(k hw.Key) { b.move(move{release, k}) }

// Hook lifts the handset or puts it down, until the real one is moved.
func (b *Board) Hook(up bool) {
	if up {
		b.move(move{kind: hookUp})
	} else {
		b.move(move{kind: hookDown})
	}
}

// Headset plugs a headset in or out, until the real one is moved.
func (b *Board) Headset(in bool) {
	if in {
		b.move(move{kind: headsetIn})
	} else {
		b.move(move{kind: headsetOut})
	}
}

// Close puts the lamps out, gives everything back and ends the inputs.
func (b *Board) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	b.mu.Unlock()
	close(b.done)
	<-b.ended
	return b.closeParts()
}

func (b *Board) closeParts() error {
	var errs []error
	if b.panel != nil {
		errs = append(errs, b.panel.Close())
	}
	if b.display != nil {
		errs = append(errs, b.display.Close())
	}
	if b.codec != nil {
		errs = append(errs, b.codec.Close())
	}
	return errors.Join(errs...)
}

func (b *Board) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// fault notes what a part says of itself. It never waits.
func (b *Board) fault(part int, text string) {
	b.mu.Lock()
	b.faults[part] = text
	b.mu.Unlock()
	select {
	case b.faulty <- struct{}{}:
	default:
	}
}

// move asks run for a move; after Close it does nothing.
func (b *Board) move(m move) {
	select {
	case b.moves <- m:
	case <-b.done:
	}
}

// run brings everything that happens into one order until Close.
func (b *Board) run() {
	defer close(b.ended)
	defer close(b.inputs)
	var m merger
	var told string
	in := b.panel.Inputs()
	for {
		var out []hw.Input
		select {
		case <-b.done:
			return
		case i, open := <-in:
			switch {
			case !open:
				in = nil
			case i.Kind == hw.Fault:
				b.fault(partPanel, i.Text)
			default:
				out = m.real(i)
			}
		case move := <-b.moves:
			out = m.program(move)
		case <-b.faulty:
			if text := b.faultText(); text != told {
				told = text
				out = []hw.Input{{Kind: hw.Fault, Text: text}}
			}
		}
		if !b.tell(out) {
			return
		}
	}
}

// faultText is everything that is out of order.
func (b *Board) faultText() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, text := range b.faults {
		if text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ". ")
}

// tell gives inputs to the phone, and light to whoever made them; false = the
// board was closed.
func (b *Board) tell(inputs []hw.Input) bool {
	for _, in := range inputs {
		if in.Kind != hw.Fault && b.display != nil {
			b.display.Wake()
		}
		select {
		case b.inputs <- in:
		case <-b.done:
			return false
		}
	}
	return true
}
