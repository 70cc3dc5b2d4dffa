package keypad

import (
	"fmt"
	"time"

	"phoned/hw"
)

// A Config describes a matrix. A time that is 0 is the default in brackets.
type Config struct {
	Keys   [][]hw.Key // by row and column; hw.NoKey where there is none
	Diodes bool       // every key has a diode: no key ever looks like another

	Scan        time.Duration // between two scans while a key is down [5 ms]
	Debounce    time.Duration // how long a key must be steady [15 ms]
	Long        time.Duration // from Press to Long [1 s]
	RepeatAfter time.Duration // from Press to the first Repeat [500 ms]
	RepeatEvery time.Duration // from one Repeat to the next [120 ms]
	Stuck       time.Duration // how long a key is down until it must be stuck [30 s]
}

// The defaults. Switches bounce for 5 ms, bad ones for 10 (the data sheets of
// rubber and snap-dome keys), and a hasty finger is on a key for 50.
const (
	defaultScan        = 5 * time.Millisecond
	defaultDebounce    = 15 * time.Millisecond
	defaultLong        = time.Second
	defaultRepeatAfter = 500 * time.Millisecond
	defaultRepeatEvery = 120 * time.Millisecond
	defaultStuck       = 30 * time.Second
)

const (
	// A level counts when so many readings in a row agree, however late they
	// come: two may be the same bounce.
	agreeing = 3
	// How often something that is out of order is looked at: seldom enough to
	// cost nothing, often enough for a finger on a key of the same row.
	lookEvery = 50 * time.Millisecond
	// A key that was out of order counts as well when it has been up so long.
	healing = time.Second
	// A key that repeats stops by itself, long before it counts as stuck.
	mostRepeats = 60
	// A finger taps a key up to 8 times a second; for a moment more often.
	tapEvery = 125 * time.Millisecond
	mostTaps = 10
)

// repeats tells the keys that go on while they are held.
func repeats(k hw.Key) bool {
	switch k {
	case hw.KeyVolumeUp, hw.KeyVolumeDown, hw.KeyUp, hw.KeyDown, hw.KeyBack:
		return true
	}
	return false
}

// check completes the times and tells what no matrix can be.
func (c *Config) check() error {
	if len(c.Keys) == 0 || len(c.Keys[0]) == 0 {
		return fmt.Errorf("a keypad without keys")
	}
	if len(c.Keys) > MaxRows || len(c.Keys[0]) > MaxColumns {
		return fmt.Errorf("a keypad of %d rows and %d columns: at most %d and %d",
			len(c.Keys), len(c.Keys[0]), MaxRows, MaxColumns)
	}
	seen := map[hw.Key]bool{}
	for r, row := range c.Keys {
		if len(row) != len(c.Keys[0]) {
			return fmt.Errorf("row %d of the keypad has %d keys, the first one has %d", r+1, len(row), len(c.Keys[0]))
		}
		for _, k := range row {
			if k != hw.NoKey && seen[k] {
				return fmt.Errorf("key %s is on the keypad twice", k)
			}
			seen[k] = true
		}
	}
	for _, t := range []struct {
		d   *time.Duration
		def time.Duration
	}{
		{&c.Scan, defaultScan},
		{&c.Debounce, defaultDebounce},
		{&c.Long, defaultLong},
		{&c.RepeatAfter, defaultRepeatAfter},
		{&c.RepeatEvery, defaultRepeatEvery},
		{&c.Stuck, defaultStuck},
	} {
		if *t.d <= 0 {
			*t.d = t.def
		}
	}
	return nil
}
