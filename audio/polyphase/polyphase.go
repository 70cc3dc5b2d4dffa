// Package polyphase changes the sample rate by 3 or by 6: between a sound card
// of 48000 samples a second and the voice's 16000 or 8000. The filters are
// linear-phase FIRs (Kaiser window). By 3: 96 taps, up to 7000 Hz pass within
// 0.1 dB and above 9000 Hz is 60 dB down, for a delay of 1 ms. By 6: 156 taps, up
// to 3400 Hz pass within 0.1 dB and above 4600 Hz is 60 dB down, for 1.6 ms. It
// is pure and allocates nothing but in NewUp and NewDown.
package polyphase

import "math"

const (
	shift = 14  // the fixed point of the taps
	most  = 160 // samples of the lower rate taken at a time
	long  = 156 // taps of the longest filter
	beta  = 5.8 // of the Kaiser window: 60 dB
)

// taps is how long the filter for a factor is: a multiple of twice the factor.
func taps(factor int) int {
	if factor == 6 {
		return long
	}
	return 96
}

// design makes the low-pass filter of a factor, of a sum of 1. It cuts at half
// the lower rate.
func design(factor int) []float64 {
	h := make([]float64, taps(factor))
	half := float64(len(h)) / 2
	var sum float64
	for i := range h {
		x := float64(i) + 0.5 - half
		y := x / half
		h[i] = math.Sin(math.Pi*x/float64(factor)) / (math.Pi * x) * bessel(beta*math.Sqrt(1-y*y))
		sum += h[i]
	}
	for i := range h {
		h[i] /= sum
	}
	return h
}

// bessel is the modified Bessel function I0, which shapes the Kaiser window.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 30; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

// fix rounds taps to the fixed point such that their sum is exactly 1: a constant
// stays what it is.
func fix(h []float64, scale float64) []int32 {
	t := make([]int32, len(h))
	rest := int32(1 << shift)
	top := 0
	for i, v := range h {
		t[i] = int32(math.Round(v * scale * (1 << shift)))
		rest -= t[i]
		if t[i] > t[top] {
			top = i
		}
	}
	t[top] += rest
	return t
}

func clip(v int32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}

// usual is the factor that is made of any but 3 and 6.
func usual(factor int) int {
	if factor == 6 {
		return 6
	}
	return 3
}

// An Up multiplies the rate.
type Up struct {
	factor int
	length int // taps of one phase
	phase  [6][]int32
	line   [long/3 + most]int16 // the last samples, and room for the next
}

// NewUp makes an Up of factor 3 or 6. Before the first sample there is silence.
func NewUp(factor int) *Up {
	u := &Up{factor: usual(factor)}
	h := design(u.factor)
	u.length = len(h) / u.factor
	one := make([]float64, u.length)
	for p := range u.factor {
		for k := range one { // the newest sample is last in the line
			one[u.length-1-k] = h[p+k*u.factor]
		}
		u.phase[p] = fix(one, float64(u.factor))
	}
	return u
}

// Reset forgets what it has heard.
func (u *Up) Reset() { clear(u.line[:]) }

// Raise writes factor*len(src) samples to dst, which must hold them, and returns
// their number. It takes at most 160 samples at a time.
func (u *Up) Raise(dst, src []int16) int {
	n := min(len(src), len(dst)/u.factor, most)
	past := u.length - 1
	copy(u.line[past:], src[:n])
	for i := range n {
		w := u.line[i : i+u.length]
		for p := range u.factor {
			t := u.phase[p][:len(w)]
			var acc int32
			for k, v := range w {
				acc += int32(v) * t[k]
			}
			dst[i*u.factor+p] = clip((acc + 1<<(shift-1)) >> shift)
		}
	}
	copy(u.line[:past], u.line[n:n+past])
	return n * u.factor
}

// A Down divides the rate.
type Down struct {
	factor int
	half   []int32 // the first half of the taps, which are symmetric
	line   [long + 6*most]int16
}

// NewDown makes a Down of factor 3 or 6. Before the first sample there is
// silence.
func NewDown(factor int) *Down {
	d := &Down{factor: usual(factor)}
	t := fix(design(d.factor), 1)
	d.half = t[:len(t)/2]
	// What fix put on one tap to mend the sum belongs to two here.
	rest := int32(1 << shift)
	for _, v := range d.half {
		rest -= 2 * v
	}
	d.half[len(d.half)-1] += rest / 2
	return d
}

// Reset forgets what it has heard.
func (d *Down) Reset() { clear(d.line[:]) }

// Lower writes len(src)/factor samples to dst, which must hold them, and returns
// their number. It takes at most 160*factor samples at a time; last ones that
// make no whole sample are lost.
func (d *Down) Lower(dst, src []int16) int {
	n := min(len(src)/d.factor, len(dst), most)
	length := 2 * len(d.half)
	past := length - d.factor
	copy(d.line[past:], src[:n*d.factor])
	for i := range n {
		w := d.line[i*d.factor : i*d.factor+length]
		front, back := w[:len(d.half)], w[len(d.half):]
		back = back[:len(d.half)]
		var acc int32
		for k, t := range d.half {
			acc += (int32(front[k]) + int32(back[len(back)-1-k])) * t
		}
		dst[i] = clip((acc + 1<<(shift-1)) >> shift)
	}
	copy(d.line[:past], d.line[n*d.factor:n*d.factor+past])
	return n
}
