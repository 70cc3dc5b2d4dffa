// Package polyphase changes the sample rate by 3 or by 6: between a sound card
// of 48000 samples a second and the voice's 16000 or 8000. The filters are
// linear-phase FIRs (Kaiser window). By 3: 72 taps, up to 7000 Hz pass within
// 0.1 dB and above 9000 Hz is 50 dB down, for a delay of 0.75 ms. By 6: 120 taps,
// up to 3400 Hz pass within 0.1 dB and above 4600 Hz is 50 dB down, for 1.25 ms.
// It is pure and allocates nothing but in NewUp and NewDown.
package polyphase

import "math"

const (
	shift = 14  // the fixed point of the taps
	most  = 160 // samples of the lower rate taken at a time
	long  = 120 // taps of the longest filter
	beta  = 4.5 // of the Kaiser window: 50 dB
	row   = 3   // phases of an Up that are computed together
	block = 12  // pairs of taps of a Down that are computed together
)

// taps is how long the filter for a factor is: a multiple of the factor, and of
// two blocks.
func taps(factor int) int {
	if factor == 6 {
		return long
	}
	return 72
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
	past   int                   // samples before the newest that count
	rows   [6 / row][][row]int32 // the taps of three phases each, the oldest sample's first
	line   [long/3 + most]int16  // the last samples, and room for the next
}

// NewUp makes an Up of factor 3 or 6. Before the first sample there is silence.
func NewUp(factor int) *Up {
	u := &Up{factor: usual(factor)}
	h := design(u.factor)
	length := len(h) / u.factor
	u.past = length - 1
	one := make([]float64, length)
	for p := range u.factor {
		for k := range one {
			one[u.past-k] = h[p+k*u.factor]
		}
		if u.rows[p/row] == nil {
			u.rows[p/row] = make([][row]int32, length)
		}
		for k, v := range fix(one, float64(u.factor)) {
			u.rows[p/row][k][p%row] = v
		}
	}
	return u
}

// Reset forgets what it has heard.
func (u *Up) Reset() { clear(u.line[:]) }

// Raise writes factor*len(src) samples to dst, which must hold them, and returns
// their number. It takes at most 160 samples at a time.
func (u *Up) Raise(dst, src []int16) int {
	n := min(len(src), len(dst)/u.factor, most)
	copy(u.line[u.past:], src[:n])
	for g, taps := range u.rows {
		if len(taps) == 0 {
			break
		}
		for i := range n {
			a, b, c := three(u.line[i:], taps)
			out := (*[row]int16)(dst[i*u.factor+row*g:])
			out[0], out[1], out[2] = clip(a>>shift), clip(b>>shift), clip(c>>shift)
		}
	}
	copy(u.line[:u.past], u.line[n:n+u.past])
	return n * u.factor
}

// three is what three phases make of the samples in w. It is a function of its
// own so that all it needs is in the registers of a small processor.
//
//go:noinline
func three(w []int16, taps [][row]int32) (a, b, c int32) {
	a, b, c = 1<<(shift-1), 1<<(shift-1), 1<<(shift-1)
	w = w[:len(taps)]
	for k, v := range w {
		t := &taps[k]
		a += int32(v) * t[0]
		b += int32(v) * t[1]
		c += int32(v) * t[2]
	}
	return a, b, c
}

// A Down divides the rate.
type Down struct {
	factor int
	half   [][block]int32 // the first half of the taps, which are symmetric
	line   [long + 6*most]int16
}

// NewDown makes a Down of factor 3 or 6. Before the first sample there is
// silence.
func NewDown(factor int) *Down {
	d := &Down{factor: usual(factor)}
	t := fix(design(d.factor), 1)
	t = t[:len(t)/2]
	// What fix put on one tap to mend the sum belongs to two here.
	rest := int32(1 << shift)
	for _, v := range t {
		rest -= 2 * v
	}
	t[len(t)-1] += rest / 2
	d.half = make([][block]int32, len(t)/block)
	for i, v := range t {
		d.half[i/block][i%block] = v
	}
	return d
}

// Reset forgets what it has heard.
func (d *Down) Reset() { clear(d.line[:]) }

// Lower writes len(src)/factor samples to dst, which must hold them, and returns
// their number. It takes at most 160*factor samples at a time; last ones that
// make no whole sample are lost.
func (d *Down) Lower(dst, src []int16) int {
	n := min(len(src)/d.factor, len(dst), most)
	length := 2 * block * len(d.half)
	past := length - d.factor
	copy(d.line[past:], src[:n*d.factor])
	for i := range n {
		dst[i] = clip(folded(d.line[i*d.factor:][:length], d.half) >> shift)
	}
	copy(d.line[:past], d.line[n*d.factor:n*d.factor+past])
	return n
}

// folded is what symmetric taps make of the samples in w, from both ends at once.
//
//go:noinline
func folded(w []int16, half [][block]int32) int32 {
	acc := int32(1 << (shift - 1))
	for k := range half {
		if len(w) < 2*block {
			break // not so: w is as long as all taps
		}
		t := &half[k]
		a, z := (*[block]int16)(w), (*[block]int16)(w[len(w)-block:])
		acc += (int32(a[0]) + int32(z[11])) * t[0]
		acc += (int32(a[1]) + int32(z[10])) * t[1]
		acc += (int32(a[2]) + int32(z[9])) * t[2]
		acc += (int32(a[3]) + int32(z[8])) * t[3]
		acc += (int32(a[4]) + int32(z[7])) * t[4]
		acc += (int32(a[5]) + int32(z[6])) * t[5]
		acc += (int32(a[6]) + int32(z[5])) * t[6]
		acc += (int32(a[7]) + int32(z[4])) * t[7]
		acc += (int32(a[8]) + int32(z[3])) * t[8]
		acc += (int32(a[9]) + int32(z[2])) * t[9]
		acc += (int32(a[10]) + int32(z[1])) * t[10]
		acc += (int32(a[11]) + int32(z[0])) * t[11]
		w = w[block : len(w)-block]
	}
	return acc
}
