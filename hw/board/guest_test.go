package board

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// phoneSim is where the emulated handset's kernel module shows its wires.
const phoneSim = "/sys/devices/platform/phone-sim"

// TestEmulatedBoard puts the board file "emulated", with every real part behind
// it, through the tests that each board passes. It runs inside the emulator only,
// with phoned stopped.
func TestEmulatedBoard(t *testing.T) {
	if _, err := os.Stat(phoneSim); err != nil {
		t.Skip("this is no emulated handset: ", err)
	}
	hwtest.Test(t, func(t *testing.T) (hw.Board, hwtest.Hand) {
		c, err := Load("emulated")
		if err != nil {
			t.Fatal(err)
		}
		copper(t, "keys", "0")
		copper(t, "hook", "0")
		copper(t, "headset", "0")
		b, err := Open(c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &seen{Board: b, t: t, config: c}
		_ = b.Show(hw.Screen{})
		time.Sleep(300 * time.Millisecond) // a display is redrawn every 100 ms
		s.blank = s.glass()
		return s, s
	})
}

// A seen is the board under test with what it was last told to show, and a hand
// on its copper.
type seen struct {
	*Board
	t      *testing.T
	config Config
	keys   uint64 // that are held down, as phone-sim counts them
	screen hw.Screen
	blank  uint64
}

func (s *seen) Show(screen hw.Screen) error {
	s.screen = screen
	return s.Board.Show(screen)
}

func (s *seen) Press(k hw.Key)   { s.hold(k, true) }
func (s *seen) Release(k hw.Key) { s.hold(k, false) }

func (s *seen) hold(k hw.Key, down bool) {
	for row, names := range s.config.Keypad.Keys {
		if column := slices.Index(names, k.String()); column >= 0 {
			bit := uint64(1) << (len(names)*row + column)
			s.keys &^= bit
			if down {
				s.keys |= bit
			}
		}
	}
	s.move("keys", fmt.Sprint(s.keys))
}

func (s *seen) Hook(up bool)    { s.contact("hook", up) }
func (s *seen) Headset(in bool) { s.contact("headset", in) }

func (s *seen) contact(file string, on bool) {
	if on {
		s.move(file, "1")
	} else {
		s.move(file, "0")
	}
}

// move is as slow as a hand: slower than the debouncing.
func (s *seen) move(file, value string) {
	copper(s.t, file, value)
	time.Sleep(150 * time.Millisecond)
}

// Light watches a lamp for longer than its slowest blinking.
func (s *seen) Light(l hw.Lamp) hw.Light {
	time.Sleep(100 * time.Millisecond) // the board may take a moment for a new wish
	changes, lit, before := 0, false, false
	const looks, every = 110, 20 * time.Millisecond
	for i := range looks {
		if i > 0 {
			time.Sleep(every)
		}
		text, err := os.ReadFile(filepath.Join(phoneSim, "lamps"))
		if err != nil {
			s.t.Fatal(err)
		}
		all, err := strconv.ParseUint(strings.TrimSpace(string(text)), 0, 32)
		if err != nil {
			s.t.Fatal(err)
		}
		lit = all>>l&1 == 1
		if i > 0 && lit != before {
			changes++
		}
		before = lit
	}
	switch {
	case changes > 4:
		return hw.Fast
	case changes > 0:
		return hw.Slow
	case lit:
		return hw.On
	}
	return hw.Off
}

// Shows tells whether a text is of the screen that is to be seen, and whether
// there is anything on the glass. That its pixels are right is tested in hw/lcd.
func (s *seen) Shows(text string) bool {
	all := []string{s.screen.Time, s.screen.Title, s.screen.Big}
	for _, r := range s.screen.Rows {
		all = append(all, r.Text)
	}
	if !slices.Contains(all, text) {
		return false
	}
	for end := time.Now().Add(2 * time.Second); s.glass() == s.blank; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

var seed = maphash.MakeSeed()

// glass is what is on the display, in short.
func (s *seen) glass() uint64 {
	picture, err := os.ReadFile(s.config.Display.Device)
	if err != nil {
		s.t.Fatal(err)
	}
	return maphash.Bytes(seed, bytes.TrimRight(picture, "\x00"))
}

func copper(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(phoneSim, file), []byte(value), 0o644); err != nil {
		t.Fatal(err)
	}
}
