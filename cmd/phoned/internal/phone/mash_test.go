package phone

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var (
	seeds = flag.Uint64("seeds", 200, "how many seeds the key-masher tries")
	seed  = flag.Uint64("seed", 0, "the one seed to replay")
)

// Whatever is pressed, and whatever the network answers: one key never places
// two calls, putting the handset down frees the ear, no call of the user agent
// is forgotten, and the clock goes on.
func TestMasher(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed != 0 {
		first, last = *seed, *seed
	}
	for s := first; s <= last; s++ {
		w := newWorld(rand.New(rand.NewPCG(s, 1)).IntN)
		for i := range 300 {
			w.happen()
			if len(w.faults) > 0 {
				t.Fatalf("seed %d, event %d: %q (replay with -run Masher -seed %d)", s, i, w.faults, s)
			}
		}
		if w.end(); len(w.faults) > 0 {
			t.Fatalf("seed %d, at the end: %q", s, w.faults)
		}
	}
}

// FuzzPhone moves the same world by the fuzzer's bytes.
func FuzzPhone(f *testing.F) {
	f.Add([]byte("a user presses keys"))
	f.Add([]byte{0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 201, 202, 203})
	f.Fuzz(func(t *testing.T, b []byte) {
		i := 0
		w := newWorld(func(n int) int {
			if i >= len(b) {
				return 0
			}
			v := int(b[i])
			if i++; n > 256 && i < len(b) {
				v = v<<8 | int(b[i])
				i++
			}
			return v % n
		})
		for n := 0; i < len(b) && n < 200; n++ {
			w.happen()
		}
		w.end()
		if len(w.faults) > 0 {
			t.Fatalf("%q", w.faults)
		}
	})
}
