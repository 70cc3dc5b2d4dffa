//go:build linux

package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"phoned/scripts/emulate/guest"
)

// Pins are a key matrix, a hookswitch, a headset's contact and lamps on the
// i.MX6UL's own GPIO block, moved over QEMU's qtest socket while the guest runs.
// Rows are driven as open drains: by the direction of the line, of which the
// block tells nobody outside. So its registers are read, all the time while a key
// is down, and its inputs are set to what copper would make them.
type Pins struct {
	mu      sync.Mutex
	conn    net.Conn
	answers *bufio.Scanner
	keys    uint64 // held down
	lifted  bool
	plugged bool
	err     error

	wake chan struct{}
}

// The lines of the block that are used: rows, columns, switches, lamps.
const (
	firstRow    = 0
	firstColumn = 6
	hookPin     = 12
	headsetPin  = 13
	firstLamp   = 14
	lamps       = 8
)

// The block that has the pins: its place in the machine (a wrong one crashes
// QEMU), the address of its registers (i.MX6UL reference manual, GPIO4), and its
// name in Linux.
const (
	pinsBlock = "/machine/soc/gpio3"
	pinsDR    = 0x020a8000 // levels: driven ones, and of inputs what they have
	pinsGDIR  = 0x020a8004 // 1 = driven
	PinsChip  = "20a8000.gpio"
)

// How often the pins are looked at: while a key is down, and at rest, when only a
// reset of the board can have changed them.
const (
	whileHeld = 100 * time.Microsecond
	atRest    = 50 * time.Millisecond
)

// Pins takes over the pins of an EVK that was started with QTest, until the
// machine is off.
func (m *Machine) Pins(ctx context.Context) (*Pins, error) {
	conn, err := m.dial(ctx, "qtest")
	if err != nil {
		return nil, fmt.Errorf("take the pins of the board: %w", err)
	}
	p := &Pins{conn: conn, answers: bufio.NewScanner(conn), wake: make(chan struct{}, 1)}
	if err := p.settle(); err != nil {
		return nil, err
	}
	go p.run()
	return p, nil
}

// run keeps the inputs at what the rows and the keys make them.
func (p *Pins) run() {
	for p.settle() == nil {
		p.mu.Lock()
		pause := atRest
		if p.keys != 0 {
			pause = whileHeld
		}
		p.mu.Unlock()
		select {
		case <-p.wake:
		case <-time.After(pause):
		}
	}
}

// settle sets the inputs once.
func (p *Pins) settle() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	level, driven, err := p.registers()
	for pin := firstColumn; pin <= headsetPin && err == nil; pin++ {
		want := p.want(pin, driven&^level)
		if driven>>pin&1 == 0 && level>>pin&1 != want {
			_, err = p.command(fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d", pinsBlock, pin, want))
		}
	}
	p.err = err
	return err
}

// want is the level of an input while these lines are driven low.
func (p *Pins) want(pin int, low uint32) uint32 {
	switch pin {
	case hookPin:
		return bit(p.lifted) // the switch opens; pulled up
	case headsetPin:
		return bit(!p.plugged)
	}
	for row := range 6 {
		if low>>(firstRow+row)&1 == 1 && p.keys>>(6*row+pin-firstColumn)&1 == 1 {
			return 0
		}
	}
	return 1
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// registers are the levels and directions of the block's lines.
func (p *Pins) registers() (level, driven uint32, err error) {
	if driven, err = p.command(fmt.Sprintf("readl %#x", pinsGDIR)); err == nil {
		level, err = p.command(fmt.Sprintf("readl %#x", pinsDR))
	}
	return level, driven, err
}

// command is one word of QEMU's qtest protocol (softmmu/qtest.c).
func (p *Pins) command(line string) (uint32, error) {
	if _, err := fmt.Fprintln(p.conn, line); err != nil {
		return 0, fmt.Errorf("pins of the board: %w", err)
	}
	if !p.answers.Scan() {
		return 0, errors.New("pins of the board: the machine is off")
	}
	var value uint64
	switch answer := p.answers.Text(); {
	case answer == "OK":
		return 0, nil
	default:
		if _, err := fmt.Sscanf(answer, "OK %v", &value); err != nil {
			return 0, fmt.Errorf("pins of the board: %s: %s", line, answer)
		}
		return uint32(value), nil
	}
}

// change moves something and waits until the pins have it.
func (p *Pins) change(move func()) error {
	p.mu.Lock()
	move()
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return p.settle()
}

// Hold holds these keys down and no others.
func (p *Pins) Hold(keys ...string) error {
	var all uint64
	for _, key := range keys {
		mask, err := guest.Mask(key)
		if err != nil {
			return err
		}
		all |= mask
	}
	return p.change(func() { p.keys = all })
}

// Press presses keys one after the other, as a finger does, each for so long.
func (p *Pins) Press(long time.Duration, keys ...string) error {
	for _, key := range keys {
		if err := p.Hold(key); err != nil {
			return err
		}
		time.Sleep(long)
		if err := p.Hold(); err != nil {
			return err
		}
		time.Sleep(long)
	}
	return nil
}

// Lift takes the handset off the hook, or puts it back.
func (p *Pins) Lift(up bool) error { return p.change(func() { p.lifted = up }) }

// Headset plugs a headset in or out.
func (p *Pins) Headset(in bool) error { return p.change(func() { p.plugged = in }) }

// Lamps are the lamps that are lit, bit n for LAMPn.
func (p *Pins) Lamps() (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	level, driven, err := p.registers()
	return level & driven >> firstLamp & (1<<lamps - 1), err
}
