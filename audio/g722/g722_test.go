package g722

import (
	"bytes"
	"math"
	"testing"

	lib "github.com/gotranspile/g722"
)

func sine(n, rate int, freq, amplitude float64) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(amplitude * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return s
}

// levelAt measures the amplitude at freq and of everything else.
func levelAt(s []int16, rate int, freq float64) (tone, rest float64) {
	var re, im, total float64
	for i, v := range s {
		a := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(v) * math.Cos(a)
		im += float64(v) * math.Sin(a)
		total += float64(v) * float64(v)
	}
	n := float64(len(s))
	tone = 2 * math.Hypot(re, im) / n
	return tone, math.Sqrt(math.Max(0, 2*total/n-tone*tone))
}

func TestAToneComesBack(t *testing.T) {
	for _, tc := range []struct {
		rate int
		freq float64
	}{{16000, 1000}, {16000, 6000}, {8000, 1000}} {
		var e Encoder
		var d Decoder
		e.Reset(tc.rate)
		d.Reset(tc.rate)
		in := sine(tc.rate, tc.rate, tc.freq, 8000)
		frame := tc.rate / 50
		var out []int16
		for i := 0; i < len(in); i += frame {
			b := make([]byte, 160)
			if n := e.Encode(b, in[i:i+frame]); n != 160 {
				t.Fatalf("rate %d: a frame is %d bytes", tc.rate, n)
			}
			s := make([]int16, frame)
			if n := d.Decode(s, b); n != frame {
				t.Fatalf("rate %d: a frame is %d samples", tc.rate, n)
			}
			out = append(out, s...)
		}
		tone, rest := levelAt(out[tc.rate/2:], tc.rate, tc.freq)
		if tone < 7000 || tone > 9000 || rest > tone/20 {
			t.Errorf("rate %d, %v Hz: tone %.0f, rest %.0f", tc.rate, tc.freq, tone, rest)
		}
	}
}

// A Reset codec gives what a new one of the library gives.
func TestResetIsNew(t *testing.T) {
	in := sine(3200, 16000, 700, 9000)
	want := make([]byte, 1600)
	lib.NewEncoder(lib.Rate64000, 0).Encode(want, in)

	var e Encoder
	e.Reset(16000)
	e.Encode(make([]byte, 800), sine(1600, 16000, 3000, 20000))
	e.Reset(16000)
	got := make([]byte, 1600)
	e.Encode(got, in)
	if !bytes.Equal(got, want) {
		t.Error("a reset encoder differs from a new one")
	}
}

func TestLengthsAreHonoured(t *testing.T) {
	var e Encoder
	var d Decoder
	if e.Encode(make([]byte, 10), make([]int16, 20)) != 0 || d.Decode(make([]int16, 10), make([]byte, 5)) != 0 {
		t.Error("a codec worked before Reset")
	}
	e.Reset(16000)
	d.Reset(16000)
	if n := e.Encode(make([]byte, 3), make([]int16, 20)); n != 3 {
		t.Errorf("encoded %d bytes into 3", n)
	}
	if n := e.Encode(make([]byte, 30), make([]int16, 21)); n != 10 {
		t.Errorf("21 samples gave %d bytes", n)
	}
	if n := d.Decode(make([]int16, 7), make([]byte, 20)); n != 6 {
		t.Errorf("decoded %d samples into 7", n)
	}
}

func TestFramesAllocateNothing(t *testing.T) {
	var e Encoder
	var d Decoder
	s, b := make([]int16, 320), make([]byte, 160)
	n := testing.AllocsPerRun(100, func() {
		e.Reset(16000)
		d.Reset(16000)
		e.Encode(b, s)
		d.Decode(s, b)
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	var e Encoder
	var d Decoder
	e.Reset(16000)
	d.Reset(16000)
	s, p := sine(320, 16000, 440, 8000), make([]byte, 160)
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(p, s)
		d.Decode(s, p)
	}
}
