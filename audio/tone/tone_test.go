package tone

import (
	"math"
	"strings"
	"testing"
	"time"

	"phoned/audio"
)

func TestParse(t *testing.T) {
	s, err := Parse(" 350+440/200, 0/300,480 + 620/0 ")
	if err != nil {
		t.Fatal(err)
	}
	want := []Segment{
		{Hz: [MaxTones]uint16{350, 440}, Long: 200 * time.Millisecond},
		{Long: 300 * time.Millisecond},
		{Hz: [MaxTones]uint16{480, 620}},
	}
	for i := range want {
		if s.Segments[i] != want[i] {
			t.Errorf("part %d = %+v, want %+v", i, s.Segments[i], want[i])
		}
	}
	if got := s.String(); got != "350+440/200,0/300,480+620/0" {
		t.Errorf("written as %q", got)
	}
	if s, err := Parse("  "); err != nil || len(s.Segments) != 0 {
		t.Errorf("an empty text is %v, %v", s, err)
	}
}

func TestParseTellsWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"425":                              `part 1: "425" is not of the form frequency/milliseconds`,
		"425/200,x/300":                    `part 2: "x" is not a frequency from 20 to 3800 Hz`,
		"425/-1":                           `"-1" is not a time from 0 to 60000 ms`,
		"425/60001":                        `is not a time`,
		"5/100":                            `"5" is not a frequency`,
		"9000/100":                         `"9000" is not a frequency`,
		"425/0,0/100":                      `lasts for ever, so nothing can follow`,
		"1+2+3+4+5/100":                    `has 5 frequencies, at most 4`,
		"425/100,":                         `part 2: "" is not of the form`,
		"425/100/3":                        `"100/3" is not a time`,
		strings.Repeat("0/1,", 64) + "0/1": `has 65 parts, at most 64`,
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("425/200,0/300")
	f.Add("350+440/0")
	f.Add("1/,+,/0/")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q is written as %q and read as %v, %v", text, s, again, err)
		}
		var g Generator
		g.Start(s, 8000)
		g.Generate(make([]int16, 500))
	})
}

// power is the amplitude of freq in s.
func power(s []int16, rate int, freq float64) float64 {
	var re, im float64
	for i, v := range s {
		a := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(v) * math.Cos(a)
		im += float64(v) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(s))
}

func TestATwoToneCadence(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		spec, _ := Parse("350+440/200,0/300")
		var g Generator
		g.Start(spec, rate)
		for turn := range 3 {
			s := make([]int16, rate/2)
			g.Generate(s)
			on, off := s[rate/100:rate/5-rate/100], s[rate/5:]
			for _, f := range []float64{350, 440} {
				if a := power(on, rate, f); a < 4500 || a > 5700 {
					t.Errorf("turn %d: %v Hz has amplitude %.0f, want about 5080 (-13 dBm0)", turn, f, a)
				}
			}
			if a := power(on, rate, 1000); a > 100 {
				t.Errorf("turn %d: 1000 Hz has amplitude %.0f", turn, a)
			}
			for i, v := range off {
				if v != 0 {
					t.Fatalf("turn %d: sample %d of the pause is %d", turn, i, v)
				}
			}
		}
	}
}

// Neither a cadence nor Stop may click: no step between samples that the tone
// itself does not make.
func TestNoClicks(t *testing.T) {
	spec, _ := Parse("400/100,400/53,0/51,400/100")
	var g Generator
	g.Start(spec, 8000)
	s := make([]int16, 8000)
	g.Generate(s[:6003])
	g.Stop()
	g.Generate(s[6003:])
	limit := 5200 * 2 * math.Pi * 400 / 8000
	for i := 1; i < len(s); i++ {
		if d := math.Abs(float64(s[i]) - float64(s[i-1])); d > limit {
			t.Fatalf("sample %d steps by %.0f, the tone alone by %.0f", i, d, limit)
		}
	}
	if !g.Silent() {
		t.Error("sounds after Stop")
	}
}

func TestEverySoundHasADefault(t *testing.T) {
	for s := audio.DialTone; s <= audio.Ring; s++ {
		var g Generator
		g.Start(Default(s), 16000)
		b := make([]int16, 16000)
		g.Generate(b)
		loud := 0
		for _, v := range b {
			loud = max(loud, int(v), -int(v))
		}
		if loud < 1000 || loud > 32000 {
			t.Errorf("sound %d peaks at %d", s, loud)
		}
	}
	if len(Default(audio.Silence).Segments) != 0 {
		t.Error("silence sounds")
	}
	var total time.Duration
	for _, seg := range Default(audio.ComfortBeep).Segments {
		total += seg.Long
	}
	if total != 2*time.Second {
		t.Errorf("the comfort beep comes every %v, want 2 s", total)
	}
}

func TestGenerateAllocatesNothing(t *testing.T) {
	spec := Default(audio.Ring)
	s := make([]int16, 160)
	var g Generator
	if n := testing.AllocsPerRun(100, func() { g.Start(spec, 16000); g.Generate(s); g.Stop(); g.Generate(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGenerate(b *testing.B) {
	spec, _ := Parse("350+440/0")
	var g Generator
	g.Start(spec, 16000)
	s := make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		g.Generate(s)
	}
}
