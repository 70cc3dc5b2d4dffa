package alsa

import (
	"math"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A driver is what the media process does with a device: wait, take the periods
// that are due, play as many.
type driver struct {
	t     *testing.T
	f     *fake
	d     *Device
	mouth []int16 // all that was heard
	ear   func(period []int16)
	err   error
	n     int
}

func drive(t *testing.T, f *fake, c Config) *driver {
	t.Helper()
	d, err := open(f, c)
	if err != nil {
		t.Fatal(err)
	}
	return &driver{t: t, f: f, d: d, ear: func([]int16) {}}
}

// cfg is what text says.
func cfg(t *testing.T, text string) Config {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (v *driver) start() {
	v.t.Helper()
	if err := v.d.Start(v.f.now); err != nil {
		v.t.Fatal(err)
	}
}

// run lets time pass until the device fails.
func (v *driver) run(long time.Duration) {
	for end := v.f.now + long; v.f.now < end && v.err == nil; {
		v.f.now += 500 * time.Microsecond
		fd, _, deadline := v.d.Wait()
		p := v.f.fds[fd].(*fakePCM)
		if p.ready() || v.f.now >= deadline {
			v.turn()
		}
	}
}

// turn takes what is due.
func (v *driver) turn() {
	for range 8 {
		m := make([]int16, v.d.Rate()/100)
		ok, err := v.d.Capture(v.f.now, m)
		if !ok || err != nil {
			v.err = err
			return
		}
		v.n++
		v.mouth = append(v.mouth, m...)
		ear := make([]int16, len(m))
		v.ear(ear)
		if v.err = v.d.Play(ear); v.err != nil {
			return
		}
	}
}

// count makes an ear that counts samples from 1.
func (v *driver) counting() {
	n := int16(0)
	v.ear = func(p []int16) {
		for i := range p {
			n = n%30000 + 1
			p[i] = n
		}
	}
}

// Without a change of rate, what is said is heard sample by sample, and what is
// played comes out after exactly the periods that wait.
func TestSampleBySample(t *testing.T) {
	for _, text := range []string{"rate=8000", "rate=16000", "rate=16000,channels=2", "rate=8000,periods=4", "rate=16000,periods=3"} {
		f := newFake(t)
		play, capture := f.duplex()
		capture.mouth = func(n int64, ch int) int32 { return int32(n%30000) + 1 - int32(ch)*32000 }
		v := drive(t, f, cfg(t, text))
		v.counting()
		v.start()
		v.run(2 * time.Second)
		if v.err != nil || v.n < 199 || v.d.Counts() != (Counts{}) {
			t.Fatalf("%s: %d periods, %+v, %v", text, v.n, v.d.Counts(), v.err)
		}
		for i, s := range v.mouth {
			if s != int16(i%30000)+1 {
				t.Fatalf("%s: sample %d of the mouth is %d", text, i, s)
			}
		}
		wait := v.d.wait * play.chans
		for i, s := range play.heard {
			want := int32(0)
			if i >= wait {
				want = int32((i-wait)/play.chans%30000) + 1
			}
			if s != want {
				t.Fatalf("%s: sample %d of the ear is %d, want %d", text, i, s, want)
			}
		}
	}
}

// The first of what a card offers is taken: a rate that needs no change, mono, 16
// bits.
func TestWhatIsAgreedOn(t *testing.T) {
	for _, c := range []struct {
		text, want string
		offers     func(play, capture *fakePCM)
	}{
		{"", "hw:0,0: 16000 Hz, 16 bits, 1 channels played and 1 recorded, 320 frames of 640 wait, linked, voice 16000 Hz", nil},
		{"voice=8000", "hw:0,0: 16000 Hz, 16 bits, 1 channels played and 1 recorded, 320 frames of 640 wait, linked, voice 8000 Hz", nil},
		{"rate=48000", "hw:0,0: 48000 Hz, 16 bits, 1 channels played and 1 recorded, 960 frames of 1920 wait, linked, voice 16000 Hz", nil},
		{"", "hw:0,0: 8000 Hz, 16 bits, 1 channels played and 1 recorded, 160 frames of 320 wait, linked, voice 8000 Hz", func(p, c *fakePCM) {
			p.rates = []int{8000, 48000}
		}},
		{"voice=16000", "hw:0,0: 48000 Hz, 16 bits, 2 channels played and 2 recorded, 960 frames of 1920 wait, linked, voice 16000 Hz", func(p, c *fakePCM) {
			p.rates, c.channels = []int{8000, 48000}, []int{2}
		}},
		{"", "hw:0,0: 16000 Hz, 16 bits, 2 channels played and 1 recorded, 320 frames of 640 wait, linked, voice 16000 Hz", func(p, c *fakePCM) {
			p.channels, c.channels = []int{2}, []int{1}
		}},
		{"", "hw:0,0: 16000 Hz, 32 bits, 1 channels played and 1 recorded, 320 frames of 640 wait, linked, voice 16000 Hz", func(p, c *fakePCM) {
			p.formats, c.formats = []int{formatS32}, []int{formatS16, formatS32}
		}},
		{"rate=48000", "hw:0,0: 48000 Hz, 16 bits, 1 channels played and 1 recorded, 1024 frames of 2048 wait, linked, voice 16000 Hz", func(p, c *fakePCM) {
			p.periods, c.periods = [2]int{512, 512}, [2]int{512, 512}
		}},
		{"", "hw:0,0: 16000 Hz, 16 bits, 1 channels played and 1 recorded, 320 frames of 400 wait, linked, voice 16000 Hz", func(p, c *fakePCM) {
			p.rings = [2]int{400, 500}
		}},
	} {
		f := newFake(t)
		play, capture := f.duplex()
		if c.offers != nil {
			c.offers(play, capture)
		}
		v := drive(t, f, cfg(t, c.text))
		if got := v.d.String(); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
		v.start()
		v.run(time.Second)
		if v.err != nil || v.n < 99 || v.d.Counts() != (Counts{}) {
			t.Errorf("%q: %d periods, %+v, %v", c.text, v.n, v.d.Counts(), v.err)
		}
		v.d.Close()
		if !f.allClosed() {
			t.Errorf("%q: something is open after Close", c.text)
		}
	}
}

func TestWhatCanNotBeOpened(t *testing.T) {
	for want, c := range map[string]struct {
		text string
		do   func(f *fake, play, capture *fakePCM)
	}{
		"there is no sound device hw:3,0 (playback): no such file":                            {"card=3", nil},
		`no sound card is named "Nothing"`:                                                    {"card=Nothing", nil},
		"sound device hw:0,0 (capture) is in use by another program: device or resource busy": {"", func(f *fake, _, c *fakePCM) { c.open = true }},
		"open sound device hw:0,0 (playback): permission denied":                              {"", func(f *fake, _, _ *fakePCM) { f.opens["/dev/snd/pcmC0D0p"] = syscall.EACCES }},
		"sound device hw:0,0 has none of what is asked for: 48000 frames a second, 2 channels": {
			"rate=48000,channels=2",
			func(f *fake, p, _ *fakePCM) { p.rates = []int{44100} },
		},
		"sound device hw:0,0 is gone: no such device":                {"", func(f *fake, _, _ *fakePCM) { f.fail["hardware"] = failure{syscall.ENODEV, 1} }},
		"set up sound device hw:0,0: input/output error":             {"", func(f *fake, _, _ *fakePCM) { f.fail["software"] = failure{syscall.EIO, 1} }},
		"has none of what is asked for: 16000, 8000 or 48000 frames": {"", func(f *fake, p, _ *fakePCM) { p.periods = [2]int{5000, 6000} }},
	} {
		f := newFake(t)
		play, capture := f.duplex()
		if c.do != nil {
			c.do(f, play, capture)
		}
		_, err := open(f, cfg(t, c.text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if !f.allClosed() {
			t.Errorf("%s: something is left open", want)
		}
	}
}

// A card is found by its id, and playback and capture may be of two.
func TestCardsByName(t *testing.T) {
	f := newFake(t)
	f.card(0, "Other")
	f.card(4, "Phone")
	f.opens[controlPath(0)] = syscall.EACCES // not for us: not in the way
	v := drive(t, f, cfg(t, "card=Phone"))
	if f.cards[4].pcms["D0p"].open == false {
		t.Error("another card is open")
	}
	v.d.Close()
	v = drive(t, f, cfg(t, "play=hw:0,capture=hw:Phone,0"))
	if want := "hw:0,0 and hw:Phone,0: 16000 Hz"; !strings.HasPrefix(v.d.String(), want) || v.d.wait != 480 {
		t.Errorf("%s", v.d)
	}
}

// A card at 48000 Hz, stereo: a tone of the ear comes out as loud and clean on
// both sides, and a tone of the mouth comes in from the left one.
func TestTonesThroughTheRates(t *testing.T) {
	for _, c := range []struct {
		text string
		hz   float64
	}{{"rate=48000,channels=2", 1000}, {"rate=48000,channels=2,voice=8000", 1000}, {"rate=16000,voice=8000", 700}} {
		f := newFake(t)
		play, capture := f.duplex()
		rate := 0.0
		capture.mouth = func(n int64, ch int) int32 {
			if ch == 1 {
				return 0
			}
			return int32(math.Round(10000 * math.Sin(2*math.Pi*c.hz*float64(n)/float64(capture.rate))))
		}
		v := drive(t, f, cfg(t, c.text))
		rate = float64(v.d.Rate())
		n := 0
		v.ear = func(p []int16) {
			for i := range p {
				p[i] = int16(math.Round(10000 * math.Sin(2*math.Pi*c.hz*float64(n)/rate)))
				n++
			}
		}
		v.start()
		v.run(1100 * time.Millisecond)
		heard := make([]float64, 0, len(play.heard)/play.chans)
		for i := 0; i < len(play.heard); i += play.chans {
			heard = append(heard, float64(play.heard[i]))
			if play.heard[i] != play.heard[i+play.chans-1] {
				t.Fatalf("%s: the sides differ at %d", c.text, i)
			}
		}
		said := make([]float64, len(v.mouth))
		for i, s := range v.mouth {
			said[i] = float64(s)
		}
		for name, s := range map[string]struct {
			all  []float64
			rate int
		}{"ear": {heard, play.rate}, "mouth": {said, v.d.Rate()}} {
			level, rest := tone(s.all[s.rate/10:s.rate/10*10], s.rate, c.hz)
			if math.Abs(level/10000-1) > 0.012 || rest > 10 {
				t.Errorf("%s, %s: level %.0f, the rest %.1f", c.text, name, level, rest)
			}
		}
	}
}

// tone measures a tone in s: its amplitude, and what else there is (RMS).
func tone(s []float64, rate int, hz float64) (level, rest float64) {
	var re, im float64
	for i, v := range s {
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += v * math.Cos(a)
		im += v * math.Sin(a)
	}
	re, im = 2*re/float64(len(s)), 2*im/float64(len(s))
	for i, v := range s {
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		v -= re*math.Cos(a) + im*math.Sin(a)
		rest += v * v
	}
	return math.Hypot(re, im), math.Sqrt(rest / float64(len(s)))
}

func TestStartAndStop(t *testing.T) {
	f := newFake(t)
	play, _ := f.duplex()
	v := drive(t, f, Config{Play: PCM{Card: "0"}, Capture: PCM{Card: "0"}})
	if play.state != stateOpen {
		t.Errorf("state %d after Open: the card should rest", play.state)
	}
	if ok, err := v.d.Capture(0, nil); ok || err != nil {
		t.Errorf("a device that does not run gives %v, %v", ok, err)
	}
	if err := v.d.Play(make([]int16, 160)); err != nil {
		t.Error(err)
	}
	f.took()
	for range 3 {
		v.start()
		v.start() // nothing more
		want := "hardware software hardware software drop prepare prepare start"
		if got := f.took(); got != want {
			t.Errorf("start: %s, want %s", got, want)
		}
		v.run(100 * time.Millisecond)
		if fd, events, at := v.d.Wait(); f.fds[fd].(*fakePCM).play || events == 0 || at <= f.now || at > f.now+stallFor {
			t.Errorf("wait for descriptor %d until %v, at %v", fd, at, f.now)
		}
		v.d.Stop()
		v.d.Stop()
		if got := f.took(); got != "drop drop free free" || play.state != stateOpen {
			t.Errorf("stop: %s, state %d", got, play.state)
		}
	}
	if v.n < 27 || v.d.Counts() != (Counts{}) {
		t.Errorf("%d periods, %+v", v.n, v.d.Counts())
	}
}
