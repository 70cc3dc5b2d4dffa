package jitter

import (
	"math"
	"math/rand/v2"
	"sort"
	"sync"
	"testing"
	"time"

	"phoned/audio/g711"
)

type mulaw struct{}

func (mulaw) Decode(dst []int16, b []byte) int { return g711.DecodeU(dst, b) }

// vowel is five seconds whose pitch and loudness wander, never silent; its end
// leads to its beginning.
var vowel = sync.OnceValue(func() []int16 {
	s := make([]int16, 5*clock)
	phase := 0.0
	for i := range s {
		t := float64(i) / clock
		phase += (120 + 20*math.Sin(2*math.Pi*0.6*t)) / clock
		v := 0.0
		for h := 1.0; h <= 12; h++ {
			v += math.Sin(2*math.Pi*h*phase) / (1 + math.Abs(h-5)/2)
		}
		s[i] = int16(2500 * v * (0.7 + 0.3*math.Sin(2*math.Pi*2.2*t)))
	}
	return s
})

func voice(n int) []int16 {
	s := make([]int16, 0, n+5*clock)
	for len(s) < n {
		s = append(s, vowel()...)
	}
	return s[:n]
}

// A packet of the simulated network.
type packet struct {
	at     time.Duration // arrival
	ts     uint32
	marker bool
	n      int // where its voice begins
}

// A network makes of the packets sent those that arrive.
type network func(i int, p packet, rnd *rand.Rand) []packet

// A run is a stream through a network into a Playout.
type run struct {
	seed     uint64
	long     time.Duration
	ppm      float64 // the device's clock against the sender's
	first    uint32  // timestamp
	network  network
	lateness time.Duration // the device's thread wakes up to so much late
}

// A result is what came out.
type result struct {
	out      []int16
	p        *Playout
	verdicts [5]int
	lost     int             // packets that never came
	delays   []time.Duration // at each second
}

func (r run) play(t testing.TB) result {
	t.Helper()
	rnd := rand.New(rand.NewPCG(r.seed, 7))
	total := int(r.long/time.Second) * clock
	in := voice(total)
	coded := make([]byte, total)
	g711.EncodeU(coded, in)
	var wire []packet
	res := result{p: new(Playout)}
	for i := 0; i*160 < total; i++ {
		p := packet{at: time.Duration(i) * 20 * time.Millisecond, ts: r.first + uint32(i*160), n: i * 160, marker: i == 0}
		got := []packet{p}
		if r.network != nil {
			got = r.network(i, p, rnd)
		}
		if len(got) == 0 {
			res.lost++
		}
		wire = append(wire, got...)
	}
	sort.SliceStable(wire, func(i, j int) bool { return wire[i].at < wire[j].at })
	p := res.p
	p.Reset(mulaw{}, clock)
	period := time.Duration(10e6 * (1 + r.ppm*1e-6))
	frame := make([]int16, 80)
	for k := 0; ; k++ {
		due := 3*time.Millisecond + time.Duration(k)*period
		if due > r.long {
			break
		}
		now := due
		if r.lateness > 0 {
			now += time.Duration(rnd.Int64N(int64(r.lateness)))
		}
		for len(wire) > 0 && wire[0].at <= now {
			w := wire[0]
			wire = wire[1:]
			res.verdicts[p.Put(w.at, w.ts, w.marker, coded[w.n:w.n+160])]++
		}
		p.Pull(now, frame)
		res.out = append(res.out, frame...)
		if k%100 == 99 {
			res.delays = append(res.delays, p.Delay())
		}
	}
	return res
}

// gaps is the share of 10 ms frames, from a time on, that are 25 dB quieter
// than the voice is on average, and the longest row of them.
func (r result) gaps(from time.Duration) (share float64, longest time.Duration) {
	out := r.out[int(from*clock/time.Second):]
	var sum float64
	for _, v := range out {
		sum += float64(v) * float64(v)
	}
	limit := sum / float64(len(out)) / math.Pow(10, 2.5)
	n, row := 0, 0
	for i := 0; i+80 <= len(out); i += 80 {
		e := 0.0
		for _, v := range out[i : i+80] {
			e += float64(v) * float64(v)
		}
		if e/80 >= limit {
			row = 0
			continue
		}
		n++
		row++
		longest = max(longest, time.Duration(row)*10*time.Millisecond)
	}
	return float64(n) / float64(len(out)/80), longest
}

// clicks counts samples that step far more than the voice ever does.
func (r result) clicks(t testing.TB) int {
	t.Helper()
	limit := 0
	in := voice(clock * 5)
	for i := 1; i < len(in); i++ {
		limit = max(limit, int(in[i])-int(in[i-1]), int(in[i-1])-int(in[i]))
	}
	n := 0
	for i := 1; i < len(r.out); i++ {
		if d := int(r.out[i]) - int(r.out[i-1]); d > limit*5/4 || d < -limit*5/4 {
			n++
		}
	}
	return n
}
