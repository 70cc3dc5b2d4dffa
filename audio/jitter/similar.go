package jitter

import "math"

// A match is how like each other two pieces of voice are that lie a lag apart.
type match struct {
	lag    int
	like   float64 // correlation squared, 0 to 1
	energy int64   // mean square of the piece
}

// similar looks for the lag from lo to hi, both multiples of step, at which
// s[a+sign*lag:] is most like s[a:], over w samples. All of them must lie in s.
func similar(s []int16, a, w, lo, hi, sign, step int) match {
	coarse := 2 * step
	m := match{lag: hi, like: -1}
	for lag := lo; lag <= hi; lag += coarse {
		if l := like(s[a:a+w], s[a+sign*lag:a+sign*lag+w], coarse); l > m.like {
			m.lag, m.like = lag, l
		}
	}
	centre := m.lag
	m.like = -1
	for lag := max(lo, centre-step); lag <= min(hi, centre+step); lag += step {
		if l := like(s[a:a+w], s[a+sign*lag:a+sign*lag+w], 1); l > m.like {
			m.lag, m.like = lag, l
		}
	}
	for _, v := range s[a : a+w] {
		m.energy += int64(v) * int64(v)
	}
	m.energy /= int64(w)
	return m
}

// like is the squared normalised correlation of x and y, looking at every
// step-th sample; 0 if they are opposed.
func like(x, y []int16, step int) float64 {
	var c, ex, ey int64
	for i := 0; i < len(x) && i < len(y); i += step {
		a, b := int64(x[i]), int64(y[i])
		c += a * b
		ex += a * a
		ey += b * b
	}
	if c <= 0 {
		return 0
	}
	return float64(c) * float64(c) / (float64(ex) * float64(ey))
}

// fade mixes: away fades out while to fades in, over len(dst) samples. dst may
// be either of them.
func fade(dst, away, to []int16) {
	n := int64(len(dst)) + 1
	for i := range dst {
		k := int64(i) + 1
		dst[i] = int16((int64(away[i])*(n-k) + int64(to[i])*k) / n)
	}
}

func clip(v int64) int16 { return int16(max(math.MinInt16, min(math.MaxInt16, v))) }
