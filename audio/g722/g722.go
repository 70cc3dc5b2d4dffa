// Package g722 encodes and decodes ITU-T G.722 at 64 kbit/s: 16000 samples a
// second on the wire's 8000 Hz RTP clock (RFC 3551 §4.5.2), so one byte is one
// tick and two samples. At a sample rate of 8000 the upper band is left out and
// one byte is one sample. It wraps github.com/gotranspile/g722 and keeps its
// state in place, so that it allocates nothing once made.
package g722

import lib "github.com/gotranspile/g722"

// The states of a codec that has seen nothing, by which one is reset in place.
var (
	freshEncoder = [2]lib.Encoder{*lib.NewEncoder(lib.Rate64000, 0), *lib.NewEncoder(lib.Rate64000, lib.FlagSampleRate8000)}
	freshDecoder = [2]lib.Decoder{*lib.NewDecoder(lib.Rate64000, 0), *lib.NewDecoder(lib.Rate64000, lib.FlagSampleRate8000)}
)

// fresh gives the index of the states for a rate in Hz.
func fresh(rate int) int {
	if rate == 8000 {
		return 1
	}
	return 0
}

// An Encoder is one direction's state. It must be Reset before its first use.
type Encoder struct {
	state   lib.Encoder
	perByte int
}

// Reset forgets what was encoded; rate is 8000 or 16000 samples a second.
func (e *Encoder) Reset(rate int) {
	e.state = freshEncoder[fresh(rate)]
	e.perByte = 2 - fresh(rate)
}

// Encode encodes as many whole bytes of src as dst takes and returns their number.
func (e *Encoder) Encode(dst []byte, src []int16) int {
	if e.perByte == 0 {
		return 0
	}
	n := min(len(dst), len(src)/e.perByte)
	if n == 0 {
		return 0
	}
	return e.state.Encode(dst[:n], src[:n*e.perByte])
}

// A Decoder is one direction's state. It must be Reset before its first use.
type Decoder struct {
	state   lib.Decoder
	perByte int
}

// Reset forgets what was decoded; rate is 8000 or 16000 samples a second.
func (d *Decoder) Reset(rate int) {
	d.state = freshDecoder[fresh(rate)]
	d.perByte = 2 - fresh(rate)
}

// Decode decodes as much of src as dst takes and returns the number of samples.
func (d *Decoder) Decode(dst []int16, src []byte) int {
	if d.perByte == 0 {
		return 0
	}
	n := min(len(src), len(dst)/d.perByte)
	if n == 0 {
		return 0
	}
	return d.state.Decode(dst[:n*d.perByte], src[:n])
}
