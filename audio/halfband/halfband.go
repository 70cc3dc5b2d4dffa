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

// most is how many samples of the lower rate are taken at a time.
const most = 320

// Up doubles the rate. The zero value is silence before the first sample.
type Up struct{ line [odd - 1 + most]int16 } // the last samples, and room for the next

// Reset forgets what it has heard.
func (u *Up) Reset() { *u = Up{} }

// Double writes 2*len(src) samples to dst, which must hold them, and returns
// their number. It takes at most 320 samples at a time.
func (u *Up) Double(dst, src []int16) int {
	n := min(len(src), len(dst)/2, most)
	copy(u.line[odd-1:], src[:n])
	for i := range n {
		w := (*[odd]int16)(u.line[i:])
		var acc int32
		for k := range pairs { // the taps are symmetric
			acc += (int32(w[k]) + int32(w[odd-1-k])) * taps[k]
		}
		dst[2*i] = clip((acc + 1<<(shift-2)) >> (shift - 1))
		dst[2*i+1] = w[pairs]
	}
	copy(u.line[:odd-1], u.line[n:])
	return 2 * n
}

// Down halves the rate. The zero value is silence before the first sample.
type Down struct{ line [2*odd - 2 + 2*most]int16 }

// Reset forgets what it has heard.
func (d *Down) Reset() { *d = Down{} }

// Halve writes len(src)/2 samples to dst, which must hold them, and returns
// their number. It takes at most 640 samples at a time; a last odd one is lost.
func (d *Down) Halve(dst, src []int16) int {
	n := min(len(src)/2, len(dst), most)
	copy(d.line[2*odd-2:], src[:2*n])
	for i := range n {
		w := (*[2*odd - 1]int16)(d.line[2*i:])
		acc := int32(w[odd-1]) << (shift - 1)
		for k := range pairs {
			acc += (int32(w[2*k]) + int32(w[2*(odd-1-k)])) * taps[k]
		}
		dst[i] = clip((acc + 1<<(shift-1)) >> shift)
	}
	copy(d.line[:2*odd-2], d.line[2*n:])
	return n
}

func clip(v int32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
