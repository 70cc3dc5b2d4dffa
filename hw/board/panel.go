package board

import (
	"time"

	"phoned/hw"
	"phoned/hw/gpio"
)

// panel is the part of a board file that hw/gpio needs.
func (c Config) panel() gpio.Config {
	p := gpio.Config{
		Chip: c.Chip,
		Keypad: gpio.Keypad{
			Rows: c.Keypad.Rows, Columns: c.Keypad.Columns, Diodes: c.Keypad.Diodes,
			Settle:      time.Duration(c.Keypad.SettleUS) * time.Microsecond,
			Scan:        ms(c.Keypad.ScanMS),
			Debounce:    ms(c.Keypad.DebounceMS),
			Long:        ms(c.Keypad.LongMS),
			RepeatAfter: ms(c.Keypad.RepeatAfterMS),
			RepeatEvery: ms(c.Keypad.RepeatEveryMS),
			Stuck:       ms(c.Keypad.StuckMS),
		},
		Hook:    c.Hook.gpio(),
		Headset: c.Headset.gpio(),
	}
	if p.Keypad.Settle == 0 {
		p.Keypad.Settle = -1 // 0 would be hw/gpio's own default
	}
	for _, names := range c.Keypad.Keys {
		row := make([]hw.Key, len(names))
		for i, name := range names {
			row[i], _ = parseKey(name) // checked when the file was read
		}
		p.Keypad.Keys = append(p.Keypad.Keys, row)
	}
	for l, line := range c.Lamps.lines() {
		p.Lamps[l] = gpio.Lamp{Line: line, ActiveLow: c.Lamps.Active == "low"}
	}
	return p
}

func (s Switch) gpio() gpio.Switch {
	flash, _ := parseKey(s.Flash)
	return gpio.Switch{
		Line: s.Line, ActiveLow: s.Active == "low", NoPull: s.Pull == "none", Debounce: ms(s.DebounceMS),
		Flash: flash, FlashMin: ms(s.FlashMinMS), FlashMax: ms(s.FlashMaxMS),
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }
