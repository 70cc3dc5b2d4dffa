// Package keypad decides what the contacts of a phone mean: which keys of a
// matrix are down, whether the handset is lifted, and which contact is broken.
//
// A Matrix and a Switch are state machines without I/O. Their owner reads the
// lines as they say and tells what it read:
//
//	for _, a := range matrix.Step(now, event) {
//		carry it out: scan rows, watch for an edge, tell an input
//	}
//	wait for an edge if it watches, and until matrix.Deadline()
//
// The package starts no goroutine, reads no clock and touches no line. A Step
// allocates nothing but the words of a fault.
package keypad
