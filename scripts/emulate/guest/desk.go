package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys are the keys of the emulated board, row by row, as the board file
// "emulated" of package hw/board names them.
var Keys = [6][6]string{
	{"1", "2", "3", "line1", "line2", "line3"},
	{"4", "5", "6", "line4", "hold", "transfer"},
	{"7", "8", "9", "mute", "speaker", "redial"},
	{"*", "0", "#", "send", "reject", "menu"},
	{"volume+", "volume-", "up", "down", "ok", "back"},
	{"soft1", "soft2", "soft3", "soft4", "none", "none"},
}

// Mask is the bit of a key in the file keys of phone-sim.
func Mask(key string) (uint64, error) {
	for row, keys := range Keys {
		if column := slices.Index(keys[:], key); column >= 0 && key != "none" {
			return 1 << (6*row + column), nil
		}
	}
	return 0, fmt.Errorf("the emulated board has no key %q", key)
}

// A Desk is the side of phone-sim that a person touches. It works in the guest.
type Desk struct {
	Dir string // of the device; empty = where the module puts it
}

// How long a finger stays on a key, and off it.
const (
	holdTime  = 120 * time.Millisecond
	pauseTime = 120 * time.Millisecond
)

func (d Desk) file(name string) string {
	dir := d.Dir
	if dir == "" {
		dir = "/sys/devices/platform/phone-sim"
	}
	return filepath.Join(dir, name)
}

func (d Desk) write(name string, value uint64) error {
	if err := os.WriteFile(d.file(name), []byte(strconv.FormatUint(value, 10)), 0); err != nil {
		return fmt.Errorf("phone-sim: set %s to %d: %w", name, value, err)
	}
	return nil
}

func (d Desk) read(name string) (uint64, error) {
	b, err := os.ReadFile(d.file(name))
	if err != nil {
		return 0, fmt.Errorf("phone-sim: read %s: %w", name, err)
	}
	return strconv.ParseUint(strings.TrimSpace(string(b)), 0, 64)
}

// Hold holds these keys down and no others.
func (d Desk) Hold(keys ...string) error {
	var all uint64
	for _, key := range keys {
		mask, err := Mask(key)
		if err != nil {
			return err
		}
		all |= mask
	}
	return d.write("keys", all)
}

// Press presses keys one after the other, as a finger does.
func (d Desk) Press(keys ...string) error {
	for _, key := range keys {
		if err := d.Hold(key); err != nil {
			return err
		}
		time.Sleep(holdTime)
		if err := d.Hold(); err != nil {
			return err
		}
		time.Sleep(pauseTime)
	}
	return nil
}

// Lift takes the handset off the hook.
func (d Desk) Lift() error { return d.write("hook", 1) }

// HangUp puts the handset back.
func (d Desk) HangUp() error { return d.write("hook", 0) }

// Headset plugs a headset in or out.
func (d Desk) Headset(in bool) error {
	if in {
		return d.write("headset", 1)
	}
	return d.write("headset", 0)
}

// BreakCodec lets the codec answer nothing, or answer again.
func (d Desk) BreakCodec(broken bool) error {
	if broken {
		return d.write("nack", 1)
	}
	return d.write("nack", 0)
}

// ResetCodec takes the codec's power away for a moment.
func (d Desk) ResetCodec() error { return d.write("codec", 1) }

// Lamps are the lamps that are lit, bit n for LAMPn.
func (d Desk) Lamps() (uint64, error) { return d.read("lamps") }

// Codec are the codec's registers.
func (d Desk) Codec() ([]uint16, error) {
	b, err := os.ReadFile(d.file("codec"))
	if err != nil {
		return nil, fmt.Errorf("phone-sim: read the codec: %w", err)
	}
	var registers []uint16
	for _, word := range strings.Fields(string(b)) {
		v, err := strconv.ParseUint(word, 16, 16)
		if err != nil {
			return nil, fmt.Errorf("phone-sim: codec register %d: %w", len(registers), err)
		}
		registers = append(registers, uint16(v))
	}
	return registers, nil
}
