package tone

import (
	"math"
	"time"
)

const (
	tableBits  = 10
	usualDB    = -13  // dBm0 of each frequency
	fullDBm0   = 3.17 // dBm0 of a sine that fills 16 bits (G.711 A-law, ITU-T G.711 table 5)
	edge       = 4    // ms of fade in and out of a segment, so that nothing clicks
	strikeHalf = 45   // ms in which a struck note loses half its level
)

// sine is one turn, in 1<<14 steps of level, and the first point again.
var sine = func() (t [1<<tableBits + 1]int32) {
	for i := range t {
		t[i] = int32(math.Round(math.Sin(2*math.Pi*float64(i)/(1<<tableBits)) * (1 << 14)))
	}
	return t
}()

// A Generator plays a Spec. The zero value is silence. It allocates nothing.
type Generator struct {
	spec  Spec
	rate  int
	level int32            // of one frequency, in samples
	step  [MaxTones]uint32 // of the phase, a turn being 1<<32
	phase [MaxTones]uint32 //
	seg   int              // which segment sounds
	pos   int              // samples played of it
	long  int              // samples it lasts; 0 = for ever
	env   int32            // the envelope, 1<<14 = full
	decay int64            // of a struck note, per sample, 1<<30 = none
	hit   int64            // a struck note's level, 1<<30 = full
	on    bool             // some frequency of the segment sounds
}

// Start plays spec from its beginning at rate samples a second.
func (g *Generator) Start(spec Spec, rate int) {
	*g = Generator{spec: spec, rate: rate}
	if len(spec.Segments) == 0 || rate == 0 {
		return
	}
	dB := spec.LevelDB
	if dB == 0 {
		dB = usualDB
	}
	g.level = int32(32767 * math.Pow(10, (min(dB, fullDBm0)-fullDBm0)/20))
	if spec.Strike {
		g.decay = int64((1 << 30) * math.Pow(0.5, 1000/float64(strikeHalf*rate)))
	}
	g.enter(0)
}

// Stop ends the tone, with a short fade inside the next Generate.
func (g *Generator) Stop() {
	if g.Silent() {
		return
	}
	if !g.on || g.env == 0 {
		*g = Generator{}
		return
	}
	// Leave a last segment as long as the fade, and nothing after it.
	g.spec.Segments = nil
	g.long = g.pos + g.edge()
}

// Silent says whether the tone is over or was never started.
func (g *Generator) Silent() bool { return g.rate == 0 || len(g.spec.Segments) == 0 && g.long == 0 }

// Generate writes the next samples to s, silence included.
func (g *Generator) Generate(s []int16) {
	for i := range s {
		s[i] = g.next()
	}
}

// enter begins a segment of the cadence; the phases run on, so that a frequency
// that continues does so without a step.
func (g *Generator) enter(i int) {
	seg := g.spec.Segments[i]
	g.seg, g.pos, g.on = i, 0, false
	g.long = int(seg.Long * time.Duration(g.rate) / time.Second)
	g.hit = 1 << 30
	for k, hz := range seg.Hz {
		g.step[k] = uint32(uint64(hz) << 32 / uint64(g.rate))
		if hz == 0 {
			g.phase[k] = 0
		}
		g.on = g.on || hz != 0
	}
	if seg.Long > 0 && g.long == 0 {
		g.long = 1
	}
}

func (g *Generator) edge() int { return edge * g.rate / 1000 }

func (g *Generator) next() int16 {
	if g.Silent() {
		return 0
	}
	if g.long > 0 && g.pos >= g.long {
		if len(g.spec.Segments) == 0 {
			*g = Generator{}
			return 0
		}
		g.enter((g.seg + 1) % len(g.spec.Segments))
	}
	g.pos++
	if !g.on {
		g.env = 0
		return 0
	}
	rise := int32((1 << 14) / g.edge())
	if g.long > 0 && g.long-g.pos < g.edge() && !g.holds() {
		g.env = max(0, g.env-rise)
	} else {
		g.env = min(1<<14, g.env+rise)
	}
	var sum int32
	for k, step := range g.step {
		if step == 0 {
			continue
		}
		p := g.phase[k]
		i := p >> (32 - tableBits)
		frac := int32(p >> (32 - tableBits - 10) & 1023)
		sum += sine[i] + (sine[i+1]-sine[i])*frac>>10
		g.phase[k] = p + step
	}
	v := int64(sum) * int64(g.level) >> 14 * int64(g.env) >> 14
	if g.spec.Strike {
		v = v * (g.hit >> 10) >> 20
		g.hit = g.hit * g.decay >> 30
	}
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}

// holds says whether the cadence goes on with the same frequencies, so that
// there is no edge to fade.
func (g *Generator) holds() bool {
	n := len(g.spec.Segments)
	return n > 0 && !g.spec.Strike && g.spec.Segments[(g.seg+1)%n].Hz == g.spec.Segments[g.seg].Hz
}
