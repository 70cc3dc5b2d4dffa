package gpio

import (
	"time"

	"phoned/hw/keypad"
)

// A bank is a number of lines that were taken together. Bit i is the i-th of
// them; a set one is active.
type bank interface {
	// set drives the lines of a mask.
	set(mask, values uint64) error
	// get reads all lines.
	get() (uint64, error)
	// watch makes the next edge known on edges, once; so are those since the
	// last time.
	watch()
	edges() <-chan struct{}
	close()
}

// A use is what lines are taken for.
type use uint8

const (
	asRow    use = iota // driven low or left alone
	asColumn            // pulled up, with edges to active
	asSwitch            // with edges both ways
	asLamp              // driven both ways
)

// A request asks for a bank of lines, all inactive at first.
type request struct {
	use       use
	lines     []string
	activeLow uint64 // by line
	pull      bool   // the chip's pull-up
}

// A host has lines. The real one is the kernel.
type host interface {
	// find tells of every line that is not there, or not free.
	find(chip string, lines []string) error
	take(chip string, r request) (bank, error)
	// settle waits for the levels of lines that were driven.
	settle(time.Duration)
}

// lines are what a core of package keypad reads.
type lines interface {
	// scan answers keypad.Scan.
	scan(keypad.Rows) (keypad.Frame, error)
	// watch answers keypad.Watch; edge tells that there is no need to wait.
	watch(keypad.Rows) (edge bool, err error)
	edges() <-chan struct{}
	close()
}

// matrixLines are the rows and columns of a keypad.
type matrixLines struct {
	rows, columns bank
	driven        uint64
	host          host
	pause         time.Duration
}

func openMatrix(h host, cfg *Config) (lines, error) {
	k := &cfg.Keypad
	rows, err := h.take(cfg.Chip, request{use: asRow, lines: k.Rows, activeLow: ^uint64(0)})
	if err != nil {
		return nil, err
	}
	columns, err := h.take(cfg.Chip, request{use: asColumn, lines: k.Columns, activeLow: ^uint64(0), pull: true})
	if err != nil {
		rows.close()
		return nil, err
	}
	return &matrixLines{rows: rows, columns: columns, host: h, pause: k.Settle}, nil
}

// drive drives rows and no others.
func (m *matrixLines) drive(rows uint64) error {
	if change := m.driven ^ rows; change != 0 {
		// All at once: a row is never driven together with the one before.
		if err := m.rows.set(change, rows); err != nil {
			return err
		}
		m.driven = rows
	}
	if m.pause > 0 {
		m.host.settle(m.pause)
	}
	return nil
}

func (m *matrixLines) scan(rows keypad.Rows) (f keypad.Frame, err error) {
	for r := range f {
		if rows>>r&1 == 0 {
			continue
		}
		if err := m.drive(1 << r); err != nil {
			return f, err
		}
		low, err := m.columns.get()
		if err != nil {
			return f, err
		}
		f[r] = uint16(low)
	}
	return f, nil
}

func (m *matrixLines) watch(rows keypad.Rows) (edge bool, err error) {
	if err := m.drive(uint64(rows)); err != nil {
		return false, err
	}
	// First watch, then read: what closes between the two is seen twice rather
	// than never.
	m.columns.watch()
	low, err := m.columns.get()
	return low != 0, err
}

func (m *matrixLines) edges() <-chan struct{} { return m.columns.edges() }

func (m *matrixLines) close() {
	m.rows.close()
	m.columns.close()
}

// switchLine is the line of a switch.
type switchLine struct {
	bank
	last uint64
}

func openSwitch(h host, cfg *Config, s *Switch) (lines, error) {
	r := request{use: asSwitch, lines: []string{s.Line}, pull: !s.NoPull}
	if s.ActiveLow {
		r.activeLow = 1
	}
	b, err := h.take(cfg.Chip, r)
	if err != nil {
		return nil, err
	}
	return &switchLine{bank: b}, nil
}

func (s *switchLine) scan(keypad.Rows) (f keypad.Frame, err error) {
	s.last, err = s.get()
	f[0] = uint16(s.last & 1)
	return f, err
}

func (s *switchLine) watch(keypad.Rows) (edge bool, err error) {
	s.bank.watch()
	now, err := s.get()
	return now != s.last, err
}
