package keypad

import (
	"math/bits"
	"testing"

	"phoned/hw/hwtest"
)

// On every keypad of 4 by 4 with up to five keys down: what is closed and not
// doubtful is a key, and two keys are never doubtful.
func TestNoGhostIsWithoutDoubt(t *testing.T) {
	for keys := range 1 << 16 {
		n := bits.OnesCount(uint(keys))
		if n > 5 {
			continue
		}
		var w hwtest.Copper
		for r := range 4 {
			w.Closed[r] = uint16(keys >> (4 * r) & 15)
		}
		var f Frame
		for r := range 4 {
			f[r] = w.Columns(1 << r)
		}
		doubt := doubtful(&f, 4)
		for r := range 4 {
			if ghosts := f[r] &^ w.Closed[r] &^ doubt[r]; ghosts != 0 {
				t.Fatalf("keys %016b: row %d shows ghosts %04b", keys, r, ghosts)
			}
			if n <= 2 && doubt[r] != 0 {
				t.Fatalf("two keys %016b are doubtful", keys)
			}
		}
	}
}

// A key that moves while the rows are read leaves three corners: one of them
// can be the ghost of a fourth that was not seen.
func TestThreeCornersAreDoubtful(t *testing.T) {
	for missing := range 4 {
		f := Frame{3, 3}
		f[missing/2] &^= 1 << (missing % 2)
		if doubt := doubtful(&f, 2); doubt[0] != 3 || doubt[1] != 3 {
			t.Errorf("corner %d is missing: %v", missing, doubt)
		}
	}
}
