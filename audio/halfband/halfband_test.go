package halfband

import (
	"math"
	"testing"
)

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

func up(s []int16) []int16 {
	var u Up
	var out [160]int16
	var all []int16
	for i := 0; i+80 <= len(s); i += 80 {
		n := u.Double(out[:], s[i:i+80])
		all = append(all, out[:n]...)
	}
	return all
}

func down(s []int16) []int16 {
	var d Down
	var out [80]int16
	var all []int16
	for i := 0; i+160 <= len(s); i += 160 {
		n := d.Halve(out[:], s[i:i+160])
		all = append(all, out[:n]...)
	}
	return all
}

func TestTheTelephoneBandPasses(t *testing.T) {
	for _, f := range []float64{100, 300, 1000, 2000, 3000, 3400} {
		o := up(sine(8000, 8000, f))[400:15600]
		if g := gainDB(o, 16000, f); math.Abs(g) > 0.2 {
			t.Errorf("up, %v Hz: %.2f dB", f, g)
		}
		if g := gainDB(o, 16000, 8000-f); g > -50 {
			t.Errorf("up, image of %v Hz: %.1f dB", f, g)
		}
		if g := gainDB(down(sine(16000, 16000, f))[400:7600], 8000, f); math.Abs(g) > 0.2 {
			t.Errorf("down, %v Hz: %.2f dB", f, g)
		}
	}
	for _, f := range []float64{4600, 5000, 6000, 7500} {
		if g := gainDB(down(sine(16000, 16000, f))[400:7600], 8000, 8000-f); g > -50 {
			t.Errorf("down, alias of %v Hz: %.1f dB", f, g)
		}
	}
}

// A full square wave overshoots the range after a filter: it must be clipped,
// not wrapped.
func TestLoudIsClipped(t *testing.T) {
	s := make([]int16, 800)
	for i := range s {
		s[i] = 32767
		if i/10%2 == 1 {
			s[i] = -32768
		}
	}
	o := up(s)
	for i := 60; i < len(o); i++ {
		if d := int(o[i]) - int(o[i-1]); d > 60000 || d < -60000 {
			t.Fatalf("sample %d jumps from %d to %d", i, o[i-1], o[i])
		}
	}
}

// Any cutting into frames gives the same samples.
func TestFramesJoin(t *testing.T) {
	in := sine(320, 16000, 700)
	whole := make([]int16, 160)
	var d Down
	d.Halve(whole, in)
	var parts []int16
	d.Reset()
	for i := 0; i < 320; i += 16 {
		o := make([]int16, 8)
		d.Halve(o, in[i:i+16])
		parts = append(parts, o...)
	}
	for i := range whole {
		if whole[i] != parts[i] {
			t.Fatalf("sample %d: %d and %d", i, whole[i], parts[i])
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	var u Up
	var d Down
	s, o := make([]int16, 80), make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		u.Double(o, s)
		d.Halve(s, o)
	}
}
