package codec

import (
	"fmt"

	"periph.io/x/conn/v3/i2c"
)

// wm8960 is the chip at its bus.
type wm8960 struct {
	bus  i2c.Bus
	chip Chip
}

func (t *wm8960) begin(w wish) []act { return t.acts(t.chip.powerUp(w)) }

func (t *wm8960) change(from, to wish) []act {
	return t.acts(t.chip.change(t.chip.registers(from), t.chip.registers(to)))
}

func (t *wm8960) renew(w wish) []act { return t.acts(t.chip.renew(w)) }

func (t *wm8960) end(w wish) []act { return t.acts(t.chip.powerDown(w)) }

func (t *wm8960) trouble(err error) string {
	// Which register it was says nothing; without it the sentence stays the same
	// from one try to the next, and is told once.
	return fmt.Sprintf("The sound chip does not answer (%s: %v).", t.bus, err)
}

func (t *wm8960) forgotten() string { return "The sound chip lost its settings; it gets them again." }

// acts are the transfers of a sequence, one for each register: the chip takes no
// more in one.
func (t *wm8960) acts(s sequence) []act {
	acts := make([]act, len(s))
	for i, w := range s {
		acts[i] = act{wait: w.wait, do: func() error {
			b := w.bytes()
			return t.bus.Tx(t.chip.Address, b[:], nil)
		}}
	}
	return acts
}
