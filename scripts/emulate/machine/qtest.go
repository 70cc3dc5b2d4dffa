//go:build linux

package machine

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"phoned/scripts/emulate/guest"
)

// Pins are a key matrix and a hookswitch on the i.MX6UL's own GPIO block, moved
// over QEMU's qtest socket while the guest runs: what the block drives is heard as
// "IRQ raise" and "IRQ lower", and its inputs are set. Lines 0 to 5 are the rows,
// 6 to 11 the columns, 12 is the hookswitch, 13 the headset's contact.
type Pins struct {
	conn    net.Conn
	answers chan string
	failed  chan struct{}

	ask sync.Mutex // one command at a time

	mu    sync.Mutex // below
	rows  [6]bool    // level that the guest drives
	level [14]bool   // level that the inputs have
	keys  uint64
}

// The block that has the pins, by its place in the machine (a wrong one crashes
// QEMU), and as Linux names its chip.
const (
	pinsBlock = "/machine/soc/gpio3"
	PinsChip  = "20a8000.gpio"
)

const (
	firstColumn = 6
	hookPin     = 12
	headsetPin  = 13
)

// Pins takes over the pins of an EVK that was started with QTest.
func (m *Machine) Pins(ctx context.Context) (*Pins, error) {
	conn, err := m.dial(ctx, "qtest")
	if err != nil {
		return nil, fmt.Errorf("take the pins of the board: %w", err)
	}
	p := &Pins{conn: conn, answers: make(chan string, 1), failed: make(chan struct{})}
	edges := make(chan edge, 1024)
	go p.read(edges)
	go p.follow(edges)
	if err := p.command("irq_intercept_out " + pinsBlock); err != nil {
		return nil, err
	}
	for i := range p.rows {
		p.rows[i] = true
	}
	for pin := firstColumn; pin <= headsetPin; pin++ {
		if err := p.set(pin, pin != hookPin); err != nil { // pulled up; on the hook
			return nil, err
		}
	}
	return p, nil
}

// An edge is a row that the guest has driven.
type edge struct {
	pin  int
	high bool
}

// read takes apart answers and edges. It ends with the machine.
func (p *Pins) read(edges chan<- edge) {
	defer close(edges)
	defer close(p.failed)
	lines := bufio.NewScanner(p.conn)
	for lines.Scan() {
		text := lines.Text()
		var pin int
		if _, err := fmt.Sscanf(text, "IRQ raise %d", &pin); err == nil {
			edges <- edge{pin, true}
			continue
		}
		if _, err := fmt.Sscanf(text, "IRQ lower %d", &pin); err == nil {
			edges <- edge{pin, false}
			continue
		}
		p.answers <- text
	}
}

// follow keeps the columns at what the rows and the keys make them.
func (p *Pins) follow(edges <-chan edge) {
	for e := range edges {
		p.mu.Lock()
		if e.pin < len(p.rows) {
			p.rows[e.pin] = e.high
		}
		p.mu.Unlock()
		_ = p.settle() // the machine is off
	}
}

// settle sets the columns: low where a held key joins them to a low row.
func (p *Pins) settle() error {
	for column := range 6 {
		p.mu.Lock()
		high := true
		for row, level := range p.rows {
			if !level && p.keys&(1<<(6*row+column)) != 0 {
				high = false
			}
		}
		changed := p.level[firstColumn+column] != high
		p.mu.Unlock()
		if changed {
			if err := p.set(firstColumn+column, high); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Pins) set(pin int, high bool) error {
	p.mu.Lock()
	p.level[pin] = high
	p.mu.Unlock()
	level := 0
	if high {
		level = 1
	}
	return p.command(fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d", pinsBlock, pin, level))
}

func (p *Pins) command(line string) error {
	p.ask.Lock()
	defer p.ask.Unlock()
	if _, err := fmt.Fprintln(p.conn, line); err != nil {
		return fmt.Errorf("pins of the board: %w", err)
	}
	select {
	case answer := <-p.answers:
		if !strings.HasPrefix(answer, "OK") {
			return fmt.Errorf("pins of the board: %s: %s", line, answer)
		}
		return nil
	case <-p.failed:
		return fmt.Errorf("pins of the board: the machine is off")
	}
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
	p.mu.Lock()
	p.keys = all
	p.mu.Unlock()
	return p.settle()
}

// Press presses keys one after the other.
func (p *Pins) Press(keys ...string) error {
	for _, key := range keys {
		if err := p.Hold(key); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
		if err := p.Hold(); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// Lift takes the handset off the hook, or puts it back.
func (p *Pins) Lift(up bool) error { return p.set(hookPin, up) }
