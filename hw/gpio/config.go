package gpio

import (
	"errors"
	"fmt"
	"time"

	"phoned/hw"
)

// A Config tells which lines a board has. A line is called by its name in the
// device tree, "KEYPAD_ROW0", or where a device tree names none, by its chip's
// label and its number there, "209c000.gpio:18". Parts without lines are not
// there: a board may have no headset plug, or no lamp for mute.
type Config struct {
	// Chip is where names are looked for: a chip's label ("phone-sim"), name
	// ("gpiochip2") or path ("/dev/gpiochip2"); "" looks on every chip.
	Chip    string
	Keypad  Keypad
	Hook    Switch // active = the handset is lifted
	Headset Switch // active = a headset is plugged in
	Lamps   [hw.LampCount]Lamp
}

// A Keypad is a matrix of keys. Its rows are driven low one at a time, as open
// drains, so that two keys never join two drivers; its columns are pulled up,
// by the chip where its driver can (Allwinner), else by the pads' settings in
// the device tree (i.MX) or by resistors.
type Keypad struct {
	Rows    []string
	Columns []string
	Keys    [][]hw.Key // by row and column; hw.NoKey where there is none
	Diodes  bool       // every key has a diode: there are no ghosts

	// The times; 0 is the default in brackets.
	Settle      time.Duration // from driving a row to reading the columns [20 µs; negative = none]
	Scan        time.Duration // between two scans while a key is down [5 ms]
	Debounce    time.Duration // how long a key must be steady [15 ms]
	Long        time.Duration // how long a key is down until it counts as held [1 s]
	RepeatAfter time.Duration // from Press to the first Repeat [500 ms]
	RepeatEvery time.Duration // from one Repeat to the next [120 ms]
	Stuck       time.Duration // how long a key is down until it must be stuck [30 s]
}

// A Switch is one line that is read: the hook or the headset plug.
type Switch struct {
	Line      string        // "" = there is none
	ActiveLow bool          // the level is low when the switch is active
	NoPull    bool          // the board has a pull-up of its own
	Debounce  time.Duration // [30 ms]

	// Flash is the key that a short tap on the hook stands for; hw.NoKey turns
	// it off, and hanging up is told without waiting for FlashMax.
	Flash    hw.Key
	FlashMin time.Duration // [80 ms]
	FlashMax time.Duration // [700 ms]
}

// A Lamp is one line that is driven.
type Lamp struct {
	Line      string // "" = there is none, and what it should show is not shown
	ActiveLow bool   // the lamp shines when the level is low
}

const defaultSettle = 20 * time.Microsecond

// lines are all lines of a board.
func (c *Config) lines() (all []string) {
	all = append(all, c.Keypad.Rows...)
	all = append(all, c.Keypad.Columns...)
	for _, line := range []string{c.Hook.Line, c.Headset.Line} {
		if line != "" {
			all = append(all, line)
		}
	}
	for _, l := range c.Lamps {
		if l.Line != "" {
			all = append(all, l.Line)
		}
	}
	return all
}

// check tells what no board can be. What is wrong with the keys themselves is
// told by package keypad.
func (c *Config) check() error {
	k := &c.Keypad
	if k.Settle == 0 {
		k.Settle = defaultSettle
	}
	if len(k.Rows) != len(k.Keys) {
		return fmt.Errorf("the keypad has %d rows of keys on %d lines", len(k.Keys), len(k.Rows))
	}
	if len(k.Keys) > 0 && len(k.Columns) != len(k.Keys[0]) {
		return fmt.Errorf("the keypad has %d columns of keys on %d lines", len(k.Keys[0]), len(k.Columns))
	}
	seen := map[string]bool{}
	for _, line := range c.lines() {
		if line == "" {
			return errors.New("a row or column of the keypad has no line")
		}
		if seen[line] {
			return fmt.Errorf("the line %s has two uses", line)
		}
		seen[line] = true
	}
	if len(seen) == 0 {
		return errors.New("there are no lines in its description")
	}
	return nil
}
