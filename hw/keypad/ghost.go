package keypad

import "math/bits"

// doubtful tells which crossings of a frame say nothing. Three keys on three
// corners of a rectangle join its two rows and its two columns, so that the
// fourth corner reads closed as well: of four closed corners nobody can tell
// which three are keys. Where only three read closed, a contact moved during
// the scan; they say nothing either. Every crossing that is closed and is not
// doubtful is a key that is down.
func doubtful(f *Frame, rows int) (doubt Frame) {
	for i := range rows {
		if f[i] == 0 {
			continue
		}
		for j := i + 1; j < rows; j++ {
			if either := f[i] | f[j]; f[i]&f[j] != 0 && bits.OnesCount16(either) > 1 {
				doubt[i] |= either
				doubt[j] |= either
			}
		}
	}
	return doubt
}
