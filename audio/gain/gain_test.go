package gain

import "testing"

func flat(n int, v int16) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func TestGainInDB(t *testing.T) {
	for _, tc := range []struct {
		dB   float64
		want int16
	}{{0, 10000}, {-6.0206, 5000}, {-20, 1000}, {6.0206, 20000}, {30, 32767}, {90, 32767}, {Mute, 0}, {-200, 0}} {
		g := New(tc.dB)
		s := flat(8, 10000)
		g.Apply(s, 8000)
		if d := int(s[7]) - int(tc.want); d < -2 || d > 2 {
			t.Errorf("%v dB: %d, want %d", tc.dB, s[7], tc.want)
		}
	}
}

// A change is a slope of at most 10 ms, never a step.
func TestChangesAreSoft(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		g := New(0)
		for _, dB := range []float64{Mute, 0, -20, 20} {
			before := g.now
			g.Set(dB)
			s := flat(rate/100, 1000)
			g.Apply(s, rate)
			last := int16(int64(before) * 1000 >> 14)
			for i, v := range s {
				if d := int(v) - int(last); d > 130 || d < -130 {
					t.Fatalf("rate %d to %v dB: sample %d steps from %d to %d", rate, dB, i, last, v)
				}
				last = v
			}
			if g.now != g.want {
				t.Errorf("rate %d: %v dB not reached in 10 ms", rate, dB)
			}
		}
	}
}

func TestSilent(t *testing.T) {
	var g Gain
	if !g.Silent() {
		t.Error("the zero value is heard")
	}
	g.Set(0)
	if g.Silent() {
		t.Error("silent while it rises")
	}
}

func TestMixSaturates(t *testing.T) {
	d := []int16{30000, -30000, 5, 7}
	Mix(d, []int16{10000, -10000, 6})
	if want := [4]int16{32767, -32768, 11, 7}; [4]int16(d) != want {
		t.Errorf("mixed %v", d)
	}
}

func BenchmarkApply(b *testing.B) {
	g := New(-3)
	s := flat(160, 1000)
	b.ReportAllocs()
	for b.Loop() {
		g.Apply(s, 16000)
	}
}
