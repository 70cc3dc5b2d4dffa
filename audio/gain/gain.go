// Package gain makes voice louder or quieter without a click and adds voices
// together. It is pure and allocates nothing.
package gain

import "math"

// Mute is the gain, in dB, at and below which nothing is heard.
const Mute = -90

const (
	unity = 1 << 14 // the fixed point of a factor
	ramp  = 10      // ms from silence to unity and back
)

// A Gain is a factor that moves softly to what it is set to. The zero value
// is silence.
type Gain struct{ now, want int32 }

// New gives a gain that is at dB already.
func New(dB float64) Gain {
	f := Factor(dB)
	return Gain{f, f}
}

// Factor is the fixed-point factor of a gain in dB, limited to +30 dB.
func Factor(dB float64) int32 {
	if dB <= Mute {
		return 0
	}
	return int32(math.Round(unity * math.Pow(10, min(dB, 30)/20)))
}

// Set makes it move to dB.
func (g *Gain) Set(dB float64) { g.want = Factor(dB) }

// SetFactor makes it move to a factor that Factor gave.
func (g *Gain) SetFactor(f int32) { g.want = f }

// Silent says whether what comes out now, and until the next Set, is silence.
func (g *Gain) Silent() bool { return g.now == 0 && g.want == 0 }

// Apply scales s in place, at rate samples a second.
func (g *Gain) Apply(s []int16, rate int) {
	if g.now == g.want {
		if g.now == unity {
			return
		}
		for i, v := range s {
			s[i] = clip(int64(v) * int64(g.now) >> 14)
		}
		return
	}
	samples := int32(ramp * rate / 1000)
	step := (max(g.now, g.want, unity) + samples - 1) / samples
	for i, v := range s {
		if g.now < g.want {
			g.now = min(g.now+step, g.want)
		} else if g.now > g.want {
			g.now = max(g.now-step, g.want)
		}
		s[i] = clip(int64(v) * int64(g.now) >> 14)
	}
}

// Mix adds src to dst, which must be as long.
func Mix(dst, src []int16) {
	src = src[:min(len(src), len(dst))]
	for i, v := range src {
		dst[i] = clip(int64(dst[i]) + int64(v))
	}
}

func clip(v int64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
