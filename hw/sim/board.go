package sim

import (
	"errors"
	"sync"
	"time"

	"phoned/hw"
)

// Shown is what a Board shows.
type Shown struct {
	Screen hw.Screen
	Lamps  [hw.LampCount]hw.Light
	Up     bool // the handset is lifted
}

// Board is a simulated board. Its methods may be called from any goroutine.
// Those that move keys and hook wait until the phone has room for the input,
// as a finger waits for a key; after Close they do nothing.
type Board struct {
	inputs chan hw.Input
	done   chan struct{}

	moving sync.Mutex // held while inputs are put in, so that they keep their order

	mu      sync.Mutex
	closed  bool
	shown   Shown
	down    map[hw.Key]bool
	changed chan struct{}
}

// ErrClosed is the error of a board that is closed.
var ErrClosed = errors.New("the simulated board is closed")

// inputQueue is how many inputs wait for the phone.
const inputQueue = 64

// New makes a board with the handset down, dark lamps and an empty display.
func New() *Board {
	return &Board{
		inputs:  make(chan hw.Input, inputQueue),
		done:    make(chan struct{}),
		down:    map[hw.Key]bool{},
		changed: make(chan struct{}, 1),
	}
}

// Inputs delivers what was pressed and lifted.
func (b *Board) Inputs() <-chan hw.Input { return b.inputs }

// SetLamp makes a lamp shine.
func (b *Board) SetLamp(l hw.Lamp, light hw.Light) error {
	if l >= hw.LampCount {
		return errors.New("the simulated board has no such lamp")
	}
	return b.show(func(s *Shown) { s.Lamps[l] = light })
}

// Show puts a screen on the display.
func (b *Board) Show(screen hw.Screen) error {
	screen.Rows = append([]hw.Row(nil), screen.Rows...)
	return b.show(func(s *Shown) { s.Screen = screen })
}

func (b *Board) show(change func(*Shown)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	change(&b.shown)
	b.notify()
	return nil
}

// notify wakes the one who draws; b.mu is held.
func (b *Board) notify() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// Shown is what the board shows now.
func (b *Board) Shown() Shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shown
	s.Screen.Rows = append([]hw.Row(nil), s.Screen.Rows...)
	return s
}

// Changed wakes the one view of the board after a change.
func (b *Board) Changed() <-chan struct{} { return b.changed }

// Close ends the board and its inputs. Lamps and display stay as they are.
func (b *Board) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.done)
	b.mu.Unlock()
	// Whoever is putting an input in leaves by done; then nobody sends.
	b.moving.Lock()
	defer b.moving.Unlock()
	close(b.inputs)
	return nil
}

// Tap presses a key and releases it.
func (b *Board) Tap(k hw.Key) {
	b.Press(k)
	b.Release(k)
}

// Press puts a key down. One that is down is released first: no key goes down
// twice.
func (b *Board) Press(k hw.Key) {
	b.move(func() (in []hw.Input) {
		if b.down[k] {
			in = append(in, hw.Input{Kind: hw.Release, Key: k})
		}
		b.down[k] = true
		return append(in, hw.Input{Kind: hw.Press, Key: k})
	})
}

// Release lets a key up; one that is up stays so.
func (b *Board) Release(k hw.Key) {
	b.move(func() []hw.Input {
		if !b.down[k] {
			return nil
		}
		delete(b.down, k)
		return []hw.Input{{Kind: hw.Release, Key: k}}
	})
}

// Hold keeps a key down for a time; with 0 until Release.
func (b *Board) Hold(k hw.Key, long time.Duration) {
	b.Press(k)
	if long > 0 {
		// The timer ends by itself; after Close, Release does nothing.
		time.AfterFunc(long, func() { b.Release(k) })
	}
}

// Hook lifts the handset or puts it down; where it is already, nothing happens.
func (b *Board) Hook(up bool) {
	b.move(func() []hw.Input {
		if b.shown.Up == up {
			return nil
		}
		b.shown.Up = up
		b.notify()
		if up {
			return []hw.Input{{Kind: hw.HookUp}}
		}
		return []hw.Input{{Kind: hw.HookDown}}
	})
}

// Headset plugs a headset in or out.
func (b *Board) Headset(in bool) {
	kind := hw.HeadsetOut
	if in {
		kind = hw.HeadsetIn
	}
	b.move(func() []hw.Input { return []hw.Input{{Kind: kind}} })
}

// move changes the state under the lock and tells the inputs in order.
func (b *Board) move(change func() []hw.Input) {
	b.moving.Lock()
	defer b.moving.Unlock()
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	inputs := change()
	b.mu.Unlock()
	for _, in := range inputs {
		select {
		case b.inputs <- in:
		case <-b.done:
			return
		}
	}
}
