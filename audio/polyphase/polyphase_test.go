package polyphase

import (
	"math"
	"testing"
)

const high = 48000

func sine(n, rate int, freq float64) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(math.Round(16000 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))))
	}
	return s
}

// gainDB is the level of freq in s against a sine of amplitude 16000.
func gainDB(s []int16, rate int, freq float64) float64 {
	var re, im float64
	for i, v := range s {
		a := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(v) * math.Cos(a)
		im += float64(v) * math.Sin(a)
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(s))/16000+1e-9)
}

// raised is a second of s at 48000 Hz, from its second half.
func raised(factor int, s []int16) []int16 {
	u := NewUp(factor)
	frame := high / factor / 100
	out := make([]int16, 0, len(s)*factor)
	for i := 0; i+frame <= len(s); i += frame {
		var o [480]int16
		out = append(out, o[:u.Raise(o[:], s[i:i+frame])]...)
	}
	return out[high/2 : high]
}

func lowered(factor int, s []int16) []int16 {
	d := NewDown(factor)
	out := make([]int16, 0, len(s)/factor)
	for i := 0; i+480 <= len(s); i += 480 {
		var o [160]int16
		out = append(out, o[:d.Lower(o[:], s[i:i+480])]...)
	}
	return out[high/factor/2 : high/factor]
}

// bands are what passes and what must not, in Hz.
var bands = map[int]struct{ pass, stop []float64 }{
	3: {[]float64{100, 300, 1000, 3400, 5000, 6000, 7000}, []float64{9000, 9500, 11000, 15000, 17000, 20000, 23000}},
	6: {[]float64{100, 300, 1000, 2000, 3000, 3400}, []float64{4600, 5000, 7000, 9000, 12000, 16000, 20000, 23000}},
}

func TestTheVoicePasses(t *testing.T) {
	for factor, b := range bands {
		low := high / factor
		for _, f := range b.pass {
			up := raised(factor, sine(low, low, f))
			if g := gainDB(up, high, f); math.Abs(g) > 0.1 {
				t.Errorf("up by %d, %v Hz: %.2f dB", factor, f, g)
			}
			for image := float64(low); image < high/2+1; image += float64(low) {
				for _, at := range []float64{image - f, image + f} {
					if at > high/2 {
						continue
					}
					if g := gainDB(up, high, at); g > -50 {
						t.Errorf("up by %d, image of %v Hz at %v Hz: %.1f dB", factor, f, at, g)
					}
				}
			}
			if g := gainDB(lowered(factor, sine(high, high, f)), low, f); math.Abs(g) > 0.1 {
				t.Errorf("down by %d, %v Hz: %.2f dB", factor, f, g)
			}
		}
	}
}

func TestWhatWouldFoldIntoTheVoiceDoesNot(t *testing.T) {
	for factor, b := range bands {
		low := float64(high / factor)
		for _, f := range b.stop {
			alias := math.Abs(f - low*math.Round(f/low))
			if g := gainDB(lowered(factor, sine(high, high, f)), high/factor, alias); g > -50 {
				t.Errorf("down by %d, %v Hz is heard at %v Hz: %.1f dB", factor, f, alias, g)
			}
		}
	}
}

// A constant is the same after both ways: the gain is exactly 1, also in each
// phase of a filter.
func TestAConstantStays(t *testing.T) {
	for factor := range bands {
		s := make([]int16, high/factor)
		for i := range s {
			s[i] = 12345
		}
		for i, v := range raised(factor, s) {
			if v != 12345 {
				t.Fatalf("up by %d: sample %d is %d", factor, i, v)
			}
		}
		s = append(s, make([]int16, high-len(s))...)
		for i := range s {
			s[i] = 12345
		}
		for i, v := range lowered(factor, s) {
			if v != 12345 {
				t.Fatalf("down by %d: sample %d is %d", factor, i, v)
			}
		}
	}
}

// A full square wave overshoots the range after a filter: it must be clipped,
// not wrapped.
func TestLoudIsClipped(t *testing.T) {
	square := func(n, half int) []int16 {
		s := make([]int16, n)
		for i := range s {
			s[i] = 32767
			if i/half%2 == 1 {
				s[i] = -32768
			}
		}
		return s
	}
	for factor := range bands {
		low := high / factor
		for name, o := range map[string][]int16{"up": raised(factor, square(low, 10)), "down": lowered(factor, square(high, 60))} {
			for i := 1; i < len(o); i++ {
				if d := int(o[i]) - int(o[i-1]); d > 60000 || d < -60000 {
					t.Fatalf("%s by %d: sample %d jumps from %d to %d", name, factor, i, o[i-1], o[i])
				}
			}
		}
	}
}

// Any cutting into frames gives the same samples, and Reset forgets.
func TestFramesJoin(t *testing.T) {
	for factor := range bands {
		in := sine(160, high/factor, 700)
		u, d := NewUp(factor), NewDown(factor)
		up, down := make([]int16, 160*factor), make([]int16, 160)
		u.Raise(up, in)
		d.Lower(down, up)
		u.Reset()
		d.Reset()
		for i := 0; i < 160; i += 16 {
			o, p := make([]int16, 16*factor), make([]int16, 16)
			if n := u.Raise(o, in[i:i+16]); n != len(o) {
				t.Fatalf("%d samples", n)
			}
			if n := d.Lower(p, o); n != 16 {
				t.Fatalf("%d samples", n)
			}
			for k, v := range p {
				if v != down[i+k] {
					t.Fatalf("by %d, sample %d: %d and %d", factor, i+k, v, down[i+k])
				}
			}
		}
	}
}

// More than fits is left.
func TestNoMoreThanFits(t *testing.T) {
	u, d := NewUp(3), NewDown(6)
	if n := u.Raise(make([]int16, 10), make([]int16, 100)); n != 9 {
		t.Errorf("up: %d", n)
	}
	if n := u.Raise(make([]int16, 5000), make([]int16, 1000)); n != 3*most {
		t.Errorf("up: %d", n)
	}
	if n := d.Lower(make([]int16, 5000), make([]int16, 5000)); n != most {
		t.Errorf("down: %d", n)
	}
	if n := d.Lower(make([]int16, 5), make([]int16, 17)); n != 2 {
		t.Errorf("down: %d", n)
	}
}

func TestNothingAllocates(t *testing.T) {
	u, d := NewUp(3), NewDown(3)
	low, wide := make([]int16, 160), make([]int16, 480)
	if n := testing.AllocsPerRun(100, func() { u.Raise(wide, low); d.Lower(low, wide) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// One period of 10 ms there and back.
func BenchmarkPeriod(b *testing.B) {
	for _, factor := range []int{3, 6} {
		b.Run(map[int]string{3: "16000", 6: "8000"}[factor], func(b *testing.B) {
			u, d := NewUp(factor), NewDown(factor)
			low, wide := make([]int16, 480/factor), make([]int16, 480)
			b.ReportAllocs()
			for b.Loop() {
				u.Raise(wide, low)
				d.Lower(low, wide)
			}
		})
	}
}
