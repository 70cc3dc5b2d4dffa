package gpio

import (
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
// by the chip where it can.
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
