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
// with phoned stopped, and in virtual time: on a machine that is busy, hands would
// be slower than keys repeat.
//
//	go run ./scripts/emulate guest-test -virtual -display ./hw/board -run Emulated
func TestEmulatedBoard(t *testing.T) {
	if _, err := os.Stat(phoneSim); err != nil {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -virtual PACKAGE runs it on the emulated board: ", err)
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
	time.Sleep(100 * time.Millisecond)            // the board may take a moment for a new wish
	const long, slow = 1300 * time.Millisecond, 2 // a second of hw.Slow and more; changes a second
	begin := time.Now()
	changes := 0
	lit := s.lit(l)
	for time.Since(begin) < long {
		time.Sleep(20 * time.Millisecond)
		if now := s.lit(l); now != lit {
			lit = now
			changes++
		}
	}
	switch rate := float64(changes) / time.Since(begin).Seconds(); {
	case rate > slow:
		return hw.Fast
	case changes > 0:
		return hw.Slow
	case lit:
		return hw.On
	}
	return hw.Off
}

// lit tells whether a lamp's line is high now.
func (s *seen) lit(l hw.Lamp) bool {
	text, err := os.ReadFile(filepath.Join(phoneSim, "lamps"))
	if err != nil {
		s.t.Fatal(err)
	}
	all, err := strconv.ParseUint(strings.TrimSpace(string(text)), 0, 32)
	if err != nil {
		s.t.Fatal(err)
	}
	return all>>l&1 == 1
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
