package codec

import (
	"fmt"
	"math"
)

// A scale turns dB into the steps of one of the chip's gains.
type scale struct {
	name    string
	lowest  float64 // dB at step first
	highest float64
	step    float64 // dB
	first   uint16
	exact   []float64 // dB at the steps 0, 1, ... where they are not even
}

// The gains of the WM8960.
var (
	// LINVOL: 000000 = -17.25 dB, 0.75 dB a step, 111111 = +30 dB.
	inputGain = scale{name: "mouth", lowest: -17.25, highest: 30, step: 0.75}
	// LMICBOOST (WM8960 p. 23, table 5).
	boostGain = scale{name: "boost", exact: []float64{0, 13, 20, 29}}
	// LIN2BOOST: 000 = mute, 001 = -12 dB, 3 dB a step, 111 = +6 dB (WM8960 p. 23, table 6).
	lineGain = scale{name: "mouth", lowest: -12, highest: 6, step: 3, first: 1}
	// LOUT1VOL, SPKLVOL: 0110000 = -73 dB, 1 dB a step, 1111111 = +6 dB.
	outputGain = scale{name: "ear", lowest: -73, highest: 6, step: 1, first: 0x30}
)

// at is the step for a gain. A gain between two steps is an error: the board
// file shall say what the chip does.
func (s scale) at(db float64) (uint16, error) {
	for i, v := range s.exact {
		if v == db {
			return uint16(i), nil
		}
	}
	if s.exact != nil {
		return 0, fmt.Errorf("%s gain of %g dB: it is one of %v dB", s.name, db, s.exact)
	}
	// Not a number is in no range.
	if !(db >= s.lowest && db <= s.highest) {
		return 0, fmt.Errorf("%s gain of %g dB: it is %g to %g dB", s.name, db, s.lowest, s.highest)
	}
	steps := (db - s.lowest) / s.step
	if steps != math.Trunc(steps) {
		return 0, fmt.Errorf("%s gain of %g dB: it is %g to %g dB in steps of %g dB", s.name, db, s.lowest, s.highest, s.step)
	}
	return s.first + uint16(steps), nil
}
