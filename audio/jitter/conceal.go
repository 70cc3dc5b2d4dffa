package jitter

// Pitch limits, in samples per 1000 of the rate.
const (
	shortest = 5  // ms of the shortest period repeated
	longest  = 15 // ms of the longest
	window   = 20 // ms that are compared to find the period
	loud     = 10 // ms of concealment at full level
	gone     = 60 // ms after which it is silent
)

const maxRate = 16000

// A concealer makes up voice where there is none: the last pitch period again
// and again, after 10 ms fading by a fifth each 10 ms (the scheme of ITU-T
// G.711 Appendix I, with one period and no delay of its own).
type concealer struct {
	rate    int
	period  [longest * maxRate / 1000]int16
	pitch   int
	next    int   // in the period
	lost    int   // samples made up since the last good one
	bridge  int64 // the step from the last good sample to the period, taken away over joint samples
	joint   int
	scratch [maxRate / 100]int16
}

// history is how many samples lose needs.
func (c *concealer) history() int { return (window + longest) * c.rate / 1000 }

// begin finds the period at the end of past.
func (c *concealer) begin(past []int16) {
	end := len(past)
	w := window * c.rate / 1000
	m := similar(past, end-w, w, shortest*c.rate/1000, longest*c.rate/1000, -1, c.rate/8000)
	c.pitch, c.next = m.lag, 0
	copy(c.period[:c.pitch], past[end-c.pitch:])
	// The end of the period fades into what came before its beginning, so that
	// it can be repeated without a step.
	c.joint = c.pitch / 4
	fade(c.period[c.pitch-c.joint:c.pitch], past[end-c.joint:], past[end-c.pitch-c.joint:end-c.pitch])
	c.bridge = int64(past[end-1]) - int64(past[end-c.pitch-1])
}

// lose writes what comes after past, which must hold history() samples.
func (c *concealer) lose(out, past []int16) {
	if c.lost == 0 {
		c.begin(past)
	}
	full, end := loud*c.rate/1000, gone*c.rate/1000
	for i := range out {
		if c.lost >= end {
			out[i] = 0
			continue
		}
		v := int64(c.period[c.next])
		if c.lost < c.joint {
			v += c.bridge * int64(c.joint-c.lost) / int64(c.joint)
		}
		if c.next++; c.next == c.pitch {
			c.next = 0
		}
		if c.lost > full {
			v = v * int64(end-c.lost) / int64(end-full)
		}
		out[i] = clip(v)
		c.lost++
	}
}

// interrupt makes the next good frame fade in over what would have followed past.
func (c *concealer) interrupt(past []int16) {
	if c.lost == 0 {
		c.begin(past)
		c.lost = 1
	}
}

// silent says that the voice is missing for so long that nothing is made up any more.
func (c *concealer) silent() bool { return c.lost >= gone*c.rate/1000 }

// good joins a frame that did arrive to what was made up before it.
func (c *concealer) good(frame []int16) {
	if c.lost == 0 || len(frame) == 0 {
		return
	}
	n := min(c.pitch/4+c.lost*4/10, c.rate/100, len(frame))
	c.lose(c.scratch[:n], nil)
	fade(frame[:n], c.scratch[:n], frame[:n])
	c.lost = 0
}
