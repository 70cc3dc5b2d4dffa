package alsa

import (
	"testing"
	"time"
)

// Two cards whose clocks differ by more than crystals do: minutes lose no period, for a frame is left out or put in now and again, and the delay stays.
func TestClocksThatDiffer(t *testing.T) {
	for _, c := range []struct {
		play, capture float64 // ppm
		step          int     // frames in which the cards tell where they are
	}{
		{100, -100, 1}, {-100, 100, 1}, {0, 300, 16}, {50, 0, 80}, {-50, 0, 80},
	} {
		f := newFake(t)
		play, capture := f.card(0, "Ear").pcms["D0p"], f.card(1, "Mouth").pcms["D0c"]
		play.ppm, capture.ppm = c.play, c.capture
		play.step, capture.step = c.step, c.step
		v := drive(t, f, cfg(t, "play=hw:Ear,capture=hw:Mouth,rate=8000"))
		if v.d.play.period != 80 {
			t.Fatal(v.d)
		}
		v.start()
		low, high := 1<<20, 0
		v.ear = func([]int16) {
			v.mouth = v.mouth[:0]
			play.heard = play.heard[:0]
			if n, e := v.d.play.waiting(); e == 0 && v.n > 1000 {
				low, high = min(low, n), max(high, n)
			}
		}
		const seconds = 240
		v.run(seconds * time.Second)
		got := v.d.Counts()
		drift := (c.capture - c.play) * 1e-6 * seconds * 8000
		if v.err != nil || got.Overruns != 0 || got.Dropped != 0 {
			t.Errorf("%+v: %+v, %v", c, got, v.err)
		}
		if off := float64(got.Trimmed) - max(drift, -drift); off > 100+max(drift, -drift)/10 || off < -100-float64(2*c.step) {
			t.Errorf("%+v: %d frames were trimmed, the clocks differ by %.0f", c, got.Trimmed, drift)
		}
		if high-low > 160+2*c.step {
			t.Errorf("%+v: %d to %d frames waited", c, low, high)
		}
	}
}

// One clock is never trimmed, however late the thread is.
func TestOneClockIsNotTrimmed(t *testing.T) {
	f := newFake(t)
	play, capture := f.duplex()
	play.step, capture.step = 160, 160
	play.ppm, capture.ppm = 80, 80
	v := drive(t, f, cfg(t, "rate=16000"))
	v.start()
	for i := range 30000 {
		v.f.now += time.Duration(i*i%11) * time.Millisecond
		v.turn()
		v.mouth = v.mouth[:0]
	}
	if v.err != nil || v.d.Counts() != (Counts{}) {
		t.Errorf("%+v, %v", v.d.Counts(), v.err)
	}
}

func TestNothingAllocates(t *testing.T) {
	for _, text := range []string{"rate=16000", "rate=48000,channels=2", "rate=48000,voice=8000", "rate=16000,voice=8000"} {
		f := newFake(t)
		play, capture := f.duplex()
		play.heard = make([]int32, 0, 1<<20)
		v := drive(t, f, cfg(t, text))
		v.start()
		frame := make([]int16, v.d.Rate()/100)
		f.log = make([]string, 0, 10000)
		period := func() {
			f.now += 10 * time.Millisecond
			if ok, err := v.d.Capture(f.now, frame); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if err := v.d.Play(frame); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(100, period); n != 0 {
			t.Errorf("%s: %v allocations a period", text, n)
		}
		if n := testing.AllocsPerRun(20, func() {
			capture.state = stateXrun
			if _, err := v.d.Capture(f.now, frame); err != nil {
				t.Fatal(err)
			}
			period()
			v.d.Stop()
			if err := v.d.Start(f.now); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations to begin anew", text, n)
		}
	}
}

// The device's own work for one period, without the kernel's.
func BenchmarkPeriod(b *testing.B) {
	for _, text := range []string{"rate=16000", "rate=16000,voice=8000", "rate=48000,channels=2", "rate=48000,voice=8000"} {
		b.Run(text, func(b *testing.B) {
			c, _ := Parse(text)
			d := &Device{play: &stream{k: idle{}}, capture: &stream{k: idle{}}, running: true}
			for _, s := range []*stream{d.play, d.capture} {
				s.play = s == d.play
				s.rate, s.channels, s.ring, s.boundary = c.Rate, max(1, c.Channels), 4*c.Rate/100, uframes(64*c.Rate)
				s.frames = make([]int32, s.channels*(c.Rate/100+1))
				s.at.Status.HwPtr, s.at.ApplPtr = uframes(c.Rate/100), 0
				if s.play {
					s.at.Status.HwPtr, s.at.ApplPtr = 0, uframes(c.Rate/100)
				}
			}
			d.make(c, c.Rate, 2)
			frame := make([]int16, d.Rate()/100)
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := d.Capture(0, frame); !ok || err != nil {
					b.Fatal(ok, err)
				}
				if err := d.Play(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
