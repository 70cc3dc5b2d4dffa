package codec

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"

	"phoned/hw"
)

// A Codec connects mouths and ears. Its methods may be called from any
// goroutine and do not wait for the chip; only Close does.
type Codec struct {
	target  target
	fault   func(string)
	woken   chan struct{} // of size 1: there is something new
	closing chan struct{}
	done    chan struct{}

	mu     sync.Mutex
	wish   wish
	lost   bool
	closed bool
}

// A wish is what the phone wants of the codec.
type wish struct {
	route hw.Route
	muted bool
}

// A target is what the goroutine drives: the chip or the mixer.
type target interface {
	begin(wish) []act // from nothing known
	change(from, to wish) []act
	renew(wish) []act // what heals a reset that nobody saw; none if it can't
	end(wish) []act
	trouble(error) string // a failure in words
	forgotten() string    // that the chip lost its settings
}

// An act is done, and then a time passes.
type act struct {
	do   func() error
	wait time.Duration
}

// How the goroutine tries.
const (
	renewEvery  = 5 * time.Second
	firstWait   = 100 * time.Millisecond // after a failure; it doubles
	longestWait = 5 * time.Second
)

// again are the pauses before an act is tried again at once: a disturbed bit
// is none of the owner's business.
var again = []time.Duration{2 * time.Millisecond, 10 * time.Millisecond}

var errClosing = errors.New("the codec is being closed")

// OpenChip starts to drive a WM8960. An error is one of the board file; a chip
// that does not answer is none: it is told to fault and tried again.
//
// fault hears, on the codec's goroutine, a sentence when the codec fails and ""
// when it is well again; it must not wait for the codec. It may be nil.
func OpenChip(bus i2c.Bus, chip Chip, fault func(text string)) (*Codec, error) {
	if err := chip.Check(); err != nil {
		return nil, fmt.Errorf("codec WM8960: %w", err)
	}
	if chip.Address == 0 {
		chip.Address = defaultAddress
	}
	return open(&wm8960{bus: bus, chip: chip}, fault), nil
}

func open(t target, fault func(string)) *Codec {
	if fault == nil {
		fault = func(string) {}
	}
	c := &Codec{
		target: t, fault: fault,
		woken: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go c.run()
	return c
}

// SetRoute connects a mouth and an ear. Told again what is so already, it has
// the whole route written again.
func (c *Codec) SetRoute(r hw.Route) {
	c.tell(func() { c.wish.route = r })
}

// SetMute silences the mouth, without a click.
func (c *Codec) SetMute(on bool) {
	c.tell(func() { c.wish.muted = on })
}

// Lost says that the chip has lost what it was told, for who can notice: see
// Chip.Sign. The chip is set up from the start again, and the owner is told.
func (c *Codec) Lost() {
	c.tell(func() { c.lost = true })
}

// Close makes the chip silent and ends the goroutine. It waits for a transfer
// that is under way.
func (c *Codec) Close() error {
	c.tell(func() {
		if !c.closed {
			c.closed = true
			close(c.closing)
		}
	})
	<-c.done
	return nil
}

// tell changes what is wanted and wakes the goroutine.
func (c *Codec) tell(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// wanted takes what is wanted now.
func (c *Codec) wanted() (w wish, lost, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lost, c.lost = c.lost, false
	return c.wish, lost, c.closed
}

// run drives the target until Close: the latest wish, one after the other.
func (c *Codec) run() {
	defer close(c.done)
	var have wish
	known := false // the target has what have says
	ill := ""      // what the owner was told
	wait := firstWait
	for {
		want, lost, closed := c.wanted()
		if closed {
			if ill == "" {
				_ = c.carry(c.target.end(have), nil) // nobody is left to be told
			}
			return
		}
		if lost && known {
			known = false
			ill = c.tellFault(ill, c.target.forgotten())
		}
		acts := c.target.begin(want)
		if known {
			// A wish is the moment to heal a chip that lost something unnoticed:
			// somebody is about to speak.
			acts = append(c.target.change(have, want), c.target.renew(want)...)
		}
		switch err := c.carry(acts, c.closing); {
		case errors.Is(err, errClosing):
			continue
		case err != nil:
			known = false
			ill = c.tellFault(ill, c.target.trouble(err))
			c.rest(wait)
			wait = min(2*wait, longestWait)
			continue
		}
		have, known, wait = want, true, firstWait
		ill = c.tellFault(ill, "")
		if err := c.keep(have); err != nil {
			known = false
			ill = c.tellFault(ill, c.target.trouble(err))
		}
	}
}

// tellFault tells the owner what is new and returns it.
func (c *Codec) tellFault(before, now string) string {
	if before != now {
		c.fault(now)
	}
	return now
}

// rest waits before the next try.
func (c *Codec) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.closing:
	}
}

// keep renews the target until something new is wanted.
func (c *Codec) keep(have wish) error {
	t := time.NewTicker(renewEvery)
	defer t.Stop()
	for {
		select {
		case <-c.woken:
			return nil
		case <-t.C:
			if err := c.carry(c.target.renew(have), c.closing); err != nil && !errors.Is(err, errClosing) {
				return err
			}
		}
	}
}

// carry does all acts, in their order, and stops at the first that fails again
// and again. A close of stop ends it with errClosing.
func (c *Codec) carry(acts []act, stop <-chan struct{}) error {
	pause := func(d time.Duration) error {
		if d == 0 {
			select {
			case <-stop:
				return errClosing
			default:
				return nil
			}
		}
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-stop:
			return errClosing
		}
	}
	for _, a := range acts {
		err := a.do()
		for _, d := range again {
			if err == nil {
				break
			}
			if pause(d) != nil {
				return errClosing
			}
			err = a.do()
		}
		if err != nil {
			return err
		}
		if err := pause(a.wait); err != nil {
			return err
		}
	}
	return nil
}
