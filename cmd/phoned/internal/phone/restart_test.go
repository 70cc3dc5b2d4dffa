package phone

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/hw"
)

// The menu's last entry restarts the phone, after one question; a phone that
// nobody would start again has no such entry.
func TestTheMenuRestartsThePhone(t *testing.T) {
	for _, restarts := range []bool{true, false} {
		now := time.Date(2026, 3, 1, 14, 2, 0, 0, time.UTC)
		p := New(Config{Restarts: restarts, Serial: "PH-7", MAC: "00:1a:2b:03:04:05"})
		asked, shown := false, ""
		press := func(keys ...hw.Key) {
			for _, k := range keys {
				for _, a := range p.Step(now, Input{hw.Input{Kind: hw.Press, Key: k}}) {
					switch a := a.(type) {
					case Restart:
						asked = true
					case Show:
						shown = a.Screen.Title
						for _, r := range a.Screen.Rows {
							shown += " / " + r.Text
						}
					}
				}
			}
		}
		press(hw.KeyMenu)
		press(slices.Repeat([]hw.Key{hw.KeyDown}, 20)...)
		press(hw.KeyOK)
		if !restarts {
			if !strings.Contains(shown, "About / ") || !strings.Contains(shown, "Serial number: PH-7") || !strings.Contains(shown, "MAC: 00:1a:2b:03:04:05") {
				t.Errorf("the last entry is not About with what the maker wrote: %s", shown)
			}
			continue
		}
		press(hw.KeyDown, hw.KeyOK) // "Back"
		if asked || !strings.HasPrefix(shown, "Menu") {
			t.Errorf("asked %t, shows %s", asked, shown)
		}
		press(hw.KeyOK, hw.KeyOK)
		if !asked || !strings.Contains(shown, "The phone restarts.") {
			t.Errorf("asked %t, shows %s", asked, shown)
		}
	}
}
