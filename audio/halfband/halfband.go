// Package halfband doubles and halves the sample rate: 8000 to 16000 samples a
// second and back, for a narrow-band codec on a wide-band device. The filter is
// a half-band FIR of 47 taps (Kaiser window): the telephone band up to 3400 Hz
// passes within 0.2 dB, its images above 4600 Hz are 50 dB down; the delay is
// 1.5 ms. It is pure and allocates nothing.
package halfband

import "math"

const (
	pairs = 12        // half of the taps that are not zero, the centre aside
	odd   = 2 * pairs // taps of the branch that computes
	shift = 14        // the fixed point of the taps
)

// taps are the odd taps of the filter, scaled to a sum of one half.
var taps = design()

func design() (t [odd]int32) {
	var h [odd]float64
	var sum float64
	for i := range h {
		x := float64(2*i - odd + 1) // odd distances from the centre
		sinc := math.Sin(math.Pi*x/2) / (math.Pi * x)
		y := x / float64(odd)
		h[i] = sinc * bessel(5.1*math.Sqrt(1-y*y))
		sum += h[i]
	}
	for i := range h {
		t[i] = int32(math.Round(h[i] / sum / 2 * (1 << shift)))
	}
	return t
}

// bessel is the modified Bessel function I0, which shapes the Kaiser window.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 25; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

// Up doubles the rate. The zero value is silence before the first sample.
type Up struct{ past [odd - 1]int16 }

// Reset forgets what it has heard.
func (u *Up) Reset() { *u = Up{} }

// Double writes 2*len(src) samples to dst, which must hold them, and returns
// their number. It takes at most 320 samples at a time.
func (u *Up) Double(dst, src []int16) int {
	var line [odd - 1 + 320]int16
	n := min(len(src), len(dst)/2, 320)
	copy(line[:], u.past[:])
	copy(line[odd-1:], src[:n])
	for i := range n {
		var acc int32
		for k, s := range line[i : i+odd] {
			acc += int32(s) * taps[k]
		}
		dst[2*i] = clip((acc + 1<<(shift-2)) >> (shift - 1))
		dst[2*i+1] = line[i+pairs]
	}
	copy(u.past[:], line[n:n+odd-1])
	return 2 * n
}

// Down halves the rate. The zero value is silence before the first sample.
type Down struct{ past [2*odd - 2]int16 }

// Reset forgets what it has heard.
func (d *Down) Reset() { *d = Down{} }

// Halve writes len(src)/2 samples to dst, which must hold them, and returns
// their number. It takes at most 640 samples at a time; a last odd one is lost.
func (d *Down) Halve(dst, src []int16) int {
	var line [2*odd - 2 + 640]int16
	n := min(len(src)/2, len(dst), 320)
	copy(line[:], d.past[:])
	copy(line[2*odd-2:], src[:2*n])
	for i := range n {
		acc := int32(line[2*i+odd-1]) << (shift - 1)
		for k := range taps {
			acc += int32(line[2*(i+k)]) * taps[k]
		}
		dst[i] = clip((acc + 1<<(shift-1)) >> shift)
	}
	copy(d.past[:], line[2*n:2*n+2*odd-2])
	return n
}

func clip(v int32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
