package jitter

import (
	"math/rand/v2"
	"testing"
	"time"
)

func delayed(by func(i int, rnd *rand.Rand) time.Duration) network {
	return func(i int, p packet, rnd *rand.Rand) []packet {
		p.at += by(i, rnd)
		return []packet{p}
	}
}

// On a perfect network every packet is played and the delay falls to the floor.
func TestAPerfectNetwork(t *testing.T) {
	r := run{long: 10 * time.Second}.play(t)
	if r.verdicts[Taken] != 500 || r.p.Counts().Concealed != 0 {
		t.Errorf("verdicts %v, %+v", r.verdicts, r.p.Counts())
	}
	if d := r.p.Delay(); d < 10*time.Millisecond || d > 32*time.Millisecond {
		t.Errorf("delay %v after 10 s, delays %v", d, r.delays)
	}
	if share, _ := r.gaps(100 * time.Millisecond); share > 0 || r.clicks(t) > 0 {
		t.Errorf("gaps %.3f, %d clicks", share, r.clicks(t))
	}
}

func TestNetworks(t *testing.T) {
	const msec = time.Millisecond
	bad := 0 // state of the burst loss
	for _, tc := range []struct {
		name     string
		run      run
		gap      float64       // share of frames after 2 s
		longest  time.Duration // row of gaps after 2 s
		late     float64       // share of packets
		delay    time.Duration // at the end, at most
		noDamage bool          // nothing is made up after the first second
	}{
		{
			name: "jitter of 0 to 60 ms", delay: 95 * msec, late: 0.01, gap: 0.001, longest: 10 * msec,
			run: run{network: delayed(func(_ int, r *rand.Rand) time.Duration { return time.Duration(r.IntN(60)) * msec })},
		},
		{
			name: "jitter with a long tail", delay: 110 * msec, late: 0.06, gap: 0.01, longest: 40 * msec,
			run: run{network: delayed(func(_ int, r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * 20e6) })},
		},
		{
			name: "a thread that wakes late", delay: 45 * msec,
			run: run{lateness: 5 * msec},
		},
		{
			name: "5 % loss", delay: 45 * msec, gap: 0.001, longest: 10 * msec,
			run: run{network: func(_ int, p packet, r *rand.Rand) []packet {
				if r.IntN(100) < 5 {
					return nil
				}
				return []packet{p}
			}},
		},
		{
			name: "20 % loss in bursts of 2", delay: 45 * msec, gap: 0.05, longest: 220 * msec,
			run: run{network: func(i int, p packet, r *rand.Rand) []packet {
				if i == 0 {
					bad = 0
				}
				if bad == 0 && r.IntN(1000) < 125 {
					bad = 1
				} else if bad == 1 && r.IntN(2) == 0 {
					bad = 0
				}
				if bad == 1 {
					return nil
				}
				return []packet{p}
			}},
		},
		{
			name: "every fifth packet overtaken by the next", delay: 65 * msec, gap: 0.001, longest: 10 * msec,
			run: run{network: delayed(func(i int, _ *rand.Rand) time.Duration {
				if i%5 == 0 {
					return 25 * msec
				}
				return 0
			})},
		},
		{
			name: "everything twice", delay: 45 * msec,
			run: run{network: func(_ int, p packet, _ *rand.Rand) []packet {
				q := p
				q.at += 5 * msec
				return []packet{p, q}
			}},
		},
		{name: "the timestamp wraps", delay: 45 * msec, noDamage: true, run: run{first: 0xffff0000}},
		{name: "the far side's clock is 200 ppm fast", delay: 45 * msec, noDamage: true, run: run{ppm: 200, long: 120 * time.Second}},
		{name: "the far side's clock is 200 ppm slow", delay: 45 * msec, noDamage: true, run: run{ppm: -200, long: 120 * time.Second}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seeds := uint64(4)
			if testing.Short() || tc.run.long > time.Minute {
				seeds = 1
			}
			for seed := range seeds {
				tc.run.seed = seed
				if tc.run.long == 0 {
					tc.run.long = 30 * time.Second
				}
				r := tc.run.play(t)
				share, longest := r.gaps(2 * time.Second)
				c := r.p.Counts()
				packets := tc.run.long / (20 * msec)
				late := float64(c.Late) / float64(packets)
				if share > tc.gap || longest > tc.longest {
					t.Errorf("seed %d: gap share %.4f (limit %.4f), longest %v (limit %v)", seed, share, tc.gap, longest, tc.longest)
				}
				if late > tc.late && tc.late > 0 {
					t.Errorf("seed %d: %.3f of the packets late, limit %.3f", seed, late, tc.late)
				}
				if d := r.p.Delay(); d > tc.delay {
					t.Errorf("seed %d: delay %v at the end, limit %v", seed, d, tc.delay)
				}
				if tc.noDamage && c.Concealed != 0 {
					t.Errorf("seed %d: %v made up", seed, c.Concealed)
				}
				if n := r.clicks(t); n > 0 {
					t.Errorf("seed %d: %d clicks", seed, n)
				}
				if seed == 0 {
					t.Logf("gap share %.4f, longest %v, late %.4f, delay %v of target %v, %+v", share, longest, late, r.p.Delay(), r.p.Target(), c)
				}
			}
		})
	}
}

// A clock that drifts is followed rarely and by pitch periods, not by gaps.
func TestDriftIsFollowedRarely(t *testing.T) {
	r := run{ppm: -200, long: 120 * time.Second}.play(t)
	// 200 ppm of 120 s are 24 ms, and the way from the first delay to the floor.
	if s := r.p.Counts().Skipped; s < 20*time.Millisecond || s > 70*time.Millisecond {
		t.Errorf("left out %v", s)
	}
	for i, d := range r.delays[10:] {
		if d < 10*time.Millisecond || d > 35*time.Millisecond {
			t.Fatalf("delay %v at second %d", d, i+10)
		}
	}
}

// The network stalls for 300 ms and then gives everything at once: the voice is
// played, and the delay comes down again.
func TestAStallIsCaughtUp(t *testing.T) {
	const stall, from = 300 * time.Millisecond, 10 * time.Second
	r := run{long: 20 * time.Second, network: func(_ int, p packet, _ *rand.Rand) []packet {
		if p.at >= from && p.at < from+stall {
			p.at = from + stall
		}
		return []packet{p}
	}}.play(t)
	if _, longest := r.gaps(9 * time.Second); longest > stall {
		t.Errorf("silent for %v", longest)
	}
	if d := r.delays[15]; d > 80*time.Millisecond {
		t.Errorf("delay is still %v five seconds later: %v", d, r.delays)
	}
	if n := r.clicks(t); n > 0 {
		t.Errorf("%d clicks", n)
	}
}

// The way becomes longer for good, as by another route.
func TestALongerWayIsFollowed(t *testing.T) {
	r := run{long: 30 * time.Second, network: func(_ int, p packet, _ *rand.Rand) []packet {
		if p.at >= 10*time.Second {
			p.at += 400 * time.Millisecond
		}
		return []packet{p}
	}}.play(t)
	if _, longest := r.gaps(9 * time.Second); longest > 560*time.Millisecond {
		t.Errorf("silent for %v", longest)
	}
	if d := r.delays[28]; d > 70*time.Millisecond {
		t.Errorf("delay is still %v: %v", d, r.delays)
	}
}

// A flood of two seconds at once is cut, not played out later.
func TestAFloodIsCut(t *testing.T) {
	r := run{long: 20 * time.Second, network: func(_ int, p packet, _ *rand.Rand) []packet {
		if p.at >= 8*time.Second && p.at < 9*time.Second {
			p.at = 9 * time.Second
		}
		return []packet{p}
	}}.play(t)
	if d := r.delays[10]; d > 550*time.Millisecond {
		t.Errorf("delay %v two seconds after the flood", d)
	}
	if d := r.delays[18]; d > 80*time.Millisecond {
		t.Errorf("delay %v ten seconds after the flood: %v", d, r.delays)
	}
}

func TestATimestampJumpIsFollowed(t *testing.T) {
	for _, marked := range []bool{false, true} {
		for _, by := range []uint32{1 << 20, 1 << 31, 0xfff00000} {
			r := run{long: 10 * time.Second, network: func(_ int, p packet, _ *rand.Rand) []packet {
				if p.at >= 5*time.Second {
					p.marker = marked && p.at < 5010*time.Millisecond
					p.ts += by
				}
				return []packet{p}
			}}.play(t)
			limit := 70 * time.Millisecond
			if !marked {
				limit = 110 * time.Millisecond
			}
			if _, longest := r.gaps(2 * time.Second); longest > limit || r.verdicts[Jumped] > follow-1 {
				t.Errorf("by %#x, marked %v: silent for %v, verdicts %v", by, marked, longest, r.verdicts)
			}
		}
	}
}

// One packet with a wild timestamp changes nothing.
func TestAWildPacketIsDropped(t *testing.T) {
	r := run{long: 5 * time.Second, network: func(i int, p packet, rnd *rand.Rand) []packet {
		q := p
		q.ts += 1<<24 + rnd.Uint32()>>2
		if i%7 == 3 {
			return []packet{p, q}
		}
		return []packet{p}
	}}.play(t)
	if c := r.p.Counts(); c.Concealed != 0 || c.Jumps != 0 {
		t.Errorf("%+v", c)
	}
}

// The far side is silent for two seconds and sends nothing (DTX): silence, and
// then its voice at once with the wanted delay.
func TestSilenceSuppression(t *testing.T) {
	r := run{long: 12 * time.Second, network: func(_ int, p packet, _ *rand.Rand) []packet {
		if p.at >= 5*time.Second && p.at < 7*time.Second {
			return nil
		}
		p.marker = p.at == 7*time.Second
		return []packet{p}
	}}.play(t)
	quiet := r.out[int(5.15*clock) : 7*clock]
	for i, v := range quiet {
		if v != 0 {
			t.Fatalf("%d ms after the end: %d", 150+i/8, v)
		}
	}
	loud := 0
	for _, v := range r.out[int(7.06*clock):int(7.1*clock)] {
		loud = max(loud, int(v))
	}
	if loud < 1000 {
		t.Error("the voice is not there 60 ms after its first packet")
	}
}

func TestAnotherSourceStartsAnew(t *testing.T) {
	var p Playout
	p.Reset(mulaw{}, clock)
	out := make([]int16, 80)
	b := make([]byte, 160)
	p.Put(0, 5, true, b)
	p.Pull(0, out)
	p.Restart()
	if v := p.Put(time.Millisecond, 0x80000000, false, b); v != Taken {
		t.Errorf("the new source's first packet: %v", v)
	}
}

func TestBadPackets(t *testing.T) {
	var p Playout
	p.Reset(mulaw{}, clock)
	if p.Put(0, 0, true, nil) != Bad || p.Put(0, 0, true, make([]byte, MaxPayload+1)) != Bad {
		t.Error("taken")
	}
}

func TestNothingAllocates(t *testing.T) {
	p := new(Playout)
	p.Reset(mulaw{}, clock)
	out, b := make([]int16, 80), make([]byte, 160)
	i := 0
	n := testing.AllocsPerRun(1000, func() {
		now := time.Duration(i) * 20 * time.Millisecond
		if i%10 != 3 {
			p.Put(now, uint32(i*160), false, b)
		}
		p.Pull(now, out)
		p.Pull(now+10*time.Millisecond, out)
		i++
	})
	if n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// Whatever arrives, a Pull returns and the position stays near the clock.
func FuzzPlayout(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 200, 9}, uint32(0xffffff00))
	f.Add([]byte("packets of every sort, some of them far away"), uint32(7))
	f.Fuzz(func(t *testing.T, script []byte, ts uint32) {
		p := new(Playout)
		p.Reset(mulaw{}, clock)
		out := make([]int16, 80)
		data := make([]byte, MaxPayload)
		now := time.Duration(0)
		for i, c := range script {
			switch c % 8 {
			case 0, 1:
				now += 10 * time.Millisecond
				p.Pull(now, out)
			case 2:
				ts += uint32(c) << (c % 24)
			case 3:
				ts -= uint32(c) << 3
			case 4:
				now += time.Duration(c) * time.Millisecond
			default:
				ts += 160
			}
			p.Put(now, ts, i%5 == 0, data[:int(c)*4%MaxPayload])
			if p.started && (p.line.ahead() < 0 || p.buf.n > slots || p.line.end > len(p.line.s)) {
				t.Fatalf("ahead %d, %d packets", p.line.ahead(), p.buf.n)
			}
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	p := new(Playout)
	p.Reset(mulaw{}, clock)
	out, data := make([]int16, 80), make([]byte, 160)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		now := time.Duration(i) * 20 * time.Millisecond
		p.Put(now, uint32(i*160), false, data)
		p.Pull(now, out)
		p.Pull(now+10*time.Millisecond, out)
		i++
	}
}

func BenchmarkFirstLostFrame(b *testing.B) {
	c := concealer{rate: clock}
	past := voice(clock)
	out := make([]int16, 80)
	b.ReportAllocs()
	for b.Loop() {
		c.lost = 0
		c.lose(out, past)
	}
}
