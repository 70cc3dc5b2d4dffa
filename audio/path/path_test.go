package path

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"phoned/audio"
	"phoned/audio/rtp"
	"phoned/audio/tone"
)

// A pipe is a Conn in memory that gives what its other end sent.
type pipe struct {
	other *pipe
	self  netip.AddrPort
	box   [64][1000]byte
	size  [64]int
	head  int
	n     int
	lose  func() bool
}

func (p *pipe) Send(b []byte, _ netip.AddrPort) error {
	o := p.other
	if o == nil || o.n == len(o.box) || p.lose != nil && p.lose() {
		return nil
	}
	i := (o.head + o.n) % len(o.box)
	o.size[i] = copy(o.box[i][:], b)
	o.n++
	return nil
}

func (p *pipe) Receive(b []byte) (int, netip.AddrPort, error) {
	if p.n == 0 {
		return 0, netip.AddrPort{}, rtp.ErrEmpty
	}
	n := copy(b, p.box[p.head][:p.size[p.head]])
	p.head = (p.head + 1) % len(p.box)
	p.n--
	return n, p.other.self, nil
}

func pair() (a, b *pipe) {
	a = &pipe{self: netip.MustParseAddrPort("192.0.2.1:4000")}
	b = &pipe{self: netip.MustParseAddrPort("192.0.2.2:4000"), other: a}
	a.other = b
	return a, b
}

func sessionTo(to *pipe, codec audio.CodecID) audio.Session {
	return audio.Session{
		Remote: to.self, Codec: codec, Payload: payloadOf(codec), Event: 101, EventIn: 101, Send: true, Play: true,
		Receive: []audio.Payload{{Type: 0, Codec: audio.PCMU}, {Type: 8, Codec: audio.PCMA}, {Type: 9, Codec: audio.G722}},
	}
}

func payloadOf(c audio.CodecID) uint8 {
	return map[audio.CodecID]uint8{audio.PCMU: 0, audio.PCMA: 8, audio.G722: 9}[c]
}

// A phone is a path whose mouth says a tone.
type phone struct {
	*Path
	rate   int
	mouth  tone.Generator
	ear    []int16 // all that was heard
	digits string
}

func newPhone(rate int, hz uint16) *phone {
	p := &phone{rate: rate}
	p.Path = New(rate, func(_ uint32, d byte) { p.digits += string(rune(d)) })
	p.mouth.Start(tone.Spec{Segments: []tone.Segment{{Hz: [tone.MaxTones]uint16{hz}}}}, rate)
	return p
}

func (p *phone) period(now time.Duration) {
	m, e := make([]int16, p.rate/100), make([]int16, p.rate/100)
	p.mouth.Generate(m)
	p.Period(now, m, e)
	p.ear = append(p.ear, e...)
}

// last is what was heard in the last d.
func (p *phone) last(d time.Duration) []int16 {
	return p.ear[len(p.ear)-int(d*time.Duration(p.rate)/time.Second):]
}

func level(s []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, v := range s {
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += float64(v) * math.Cos(a)
		im += float64(v) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(s))
}

// full is the level of a tone as newPhone's mouth says it.
const full = 5080

func heard(s []int16, rate int, hz float64) bool {
	l := level(s, rate, hz)
	return l > full*0.85 && l < full*1.15
}

// A world is two phones with one call between them.
type world struct {
	a, b   *phone
	pa, pb *pipe
	now    time.Duration
}

func newWorld(rateA, rateB int, codec audio.CodecID) *world {
	w := &world{a: newPhone(rateA, 600), b: newPhone(rateB, 1000)}
	w.pa, w.pb = pair()
	w.a.Open(1, rtp.New(0, w.pa, &pipe{}))
	w.b.Open(1, rtp.New(0, w.pb, &pipe{}))
	w.a.Set(0, 1, sessionTo(w.pb, codec))
	w.b.Set(0, 1, sessionTo(w.pa, codec))
	w.a.Focus(1)
	w.b.Focus(1)
	return w
}

func (w *world) run(d time.Duration) {
	for end := w.now + d; w.now < end; w.now += audio.Period {
		w.a.Receive(w.now, 1)
		w.b.Receive(w.now, 1)
		w.a.period(w.now)
		w.b.period(w.now)
	}
}

func TestATalk(t *testing.T) {
	for _, codec := range []audio.CodecID{audio.PCMU, audio.PCMA, audio.G722} {
		for _, rates := range [][2]int{{8000, 8000}, {16000, 16000}, {8000, 16000}} {
			w := newWorld(rates[0], rates[1], codec)
			w.run(2 * time.Second)
			if l := level(w.a.last(time.Second), w.a.rate, 1000); !heard(w.a.last(time.Second), w.a.rate, 1000) {
				t.Errorf("codec %d, rates %v: a hears %.0f", codec, rates, l)
			}
			if l := level(w.b.last(time.Second), w.b.rate, 600); !heard(w.b.last(time.Second), w.b.rate, 600) {
				t.Errorf("codec %d, rates %v: b hears %.0f", codec, rates, l)
			}
		}
	}
}

func TestTheCodecChangesInACall(t *testing.T) {
	w := newWorld(16000, 16000, audio.PCMA)
	for _, codec := range []audio.CodecID{audio.G722, audio.PCMU, audio.G722} {
		w.run(time.Second)
		w.a.Set(w.now, 1, sessionTo(w.pb, codec))
		w.run(time.Second)
		if !heard(w.b.last(500*time.Millisecond), 16000, 600) {
			t.Errorf("codec %d is not heard", codec)
		}
	}
}

func TestEveryPtime(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 60, 200} {
		w := newWorld(8000, 8000, audio.PCMU)
		s := sessionTo(w.pb, audio.PCMU)
		s.Ptime = time.Duration(ms) * time.Millisecond
		w.a.Set(0, 1, s)
		w.run(3 * time.Second)
		if !heard(w.b.last(time.Second), 8000, 600) {
			t.Errorf("%d ms: not heard", ms)
		}
		st, _, _ := w.a.Stats(1)
		if want := uint64(3000 / min(ms, 60)); st.Sent != want {
			t.Errorf("%d ms: %d packets, want %d", ms, st.Sent, want)
		}
	}
}

func TestMute(t *testing.T) {
	w := newWorld(16000, 16000, audio.G722)
	w.run(time.Second)
	w.a.Mute(true)
	w.run(time.Second)
	if l := level(w.b.last(500*time.Millisecond), 16000, 600); l > 20 {
		t.Errorf("a muted phone is heard at %.0f", l)
	}
	st, _, _ := w.a.Stats(1)
	if st.Sent != 100 {
		t.Errorf("%d packets in 2 s: muting must not stop the stream", st.Sent)
	}
	w.a.Mute(false)
	w.run(time.Second)
	if !heard(w.b.last(500*time.Millisecond), 16000, 600) {
		t.Error("not heard after muting")
	}
}

// Two calls: the one in focus is heard and hears, the other gets silence.
func TestTwoCalls(t *testing.T) {
	w := newWorld(16000, 16000, audio.PCMU)
	c := newPhone(16000, 1700)
	pa, pc := pair()
	w.a.Open(2, rtp.New(0, pa, &pipe{}))
	c.Open(1, rtp.New(0, pc, &pipe{}))
	w.a.Set(0, 2, sessionTo(pc, audio.PCMA))
	c.Set(0, 1, sessionTo(pa, audio.PCMA))
	c.Focus(1)
	step := func() {
		for end := w.now + time.Second; w.now < end; w.now += audio.Period {
			w.a.Receive(w.now, 1)
			w.a.Receive(w.now, 2)
			w.b.Receive(w.now, 1)
			c.Receive(w.now, 1)
			w.a.period(w.now)
			w.b.period(w.now)
			c.period(w.now)
		}
	}
	for _, focus := range []uint32{1, 2, 1, 0} {
		w.a.Focus(focus)
		step()
		ear := w.a.last(500 * time.Millisecond)
		if got := level(ear, 16000, 1000) > 1000; got != (focus == 1) {
			t.Errorf("focus %d: call 1 is in the ear: %v", focus, got)
		}
		if got := level(ear, 16000, 1700) > 1000; got != (focus == 2) {
			t.Errorf("focus %d: call 2 is in the ear: %v", focus, got)
		}
		if got := level(w.b.last(500*time.Millisecond), 16000, 600) > 1000; got != (focus == 1) {
			t.Errorf("focus %d: call 1 hears the mouth: %v", focus, got)
		}
		if got := level(c.last(500*time.Millisecond), 16000, 600) > 1000; got != (focus == 2) {
			t.Errorf("focus %d: call 2 hears the mouth: %v", focus, got)
		}
	}
	if st, _, _ := w.a.Stats(2); st.Sent < 190 {
		t.Errorf("the held call got %d packets in 4 s", st.Sent)
	}
}

func TestHold(t *testing.T) {
	w := newWorld(16000, 16000, audio.PCMU)
	w.run(time.Second)
	s := sessionTo(w.pb, audio.PCMU)
	s.Send = false
	w.a.Set(w.now, 1, s)
	before, _, _ := w.a.Stats(1)
	w.run(time.Second)
	if after, _, _ := w.a.Stats(1); after.Sent != before.Sent {
		t.Error("sends while it must not")
	}
	if !heard(w.a.last(500*time.Millisecond), 16000, 1000) {
		t.Error("does not hear while it only listens")
	}
	w.a.Set(w.now, 1, sessionTo(w.pb, audio.PCMU))
	w.run(time.Second)
	if !heard(w.b.last(500*time.Millisecond), 16000, 600) {
		t.Error("not heard after hold")
	}
}

func TestDigitsAsEvents(t *testing.T) {
	w := newWorld(16000, 16000, audio.G722)
	w.run(500 * time.Millisecond)
	n := 0
	w.pa.lose = func() bool { n++; return n%5 == 0 }
	for _, d := range []byte("0123456789*#") {
		w.a.Digit(1, d, 0)
	}
	w.run(4 * time.Second)
	if w.b.digits != "0123456789*#" {
		t.Errorf("arrived: %q", w.b.digits)
	}
}

// Without agreed events a digit is heard as two tones, and nothing of the mouth
// with it.
func TestDigitsInTheVoice(t *testing.T) {
	w := newWorld(16000, 16000, audio.PCMU)
	s := sessionTo(w.pb, audio.PCMU)
	s.Event = 0
	w.a.Set(0, 1, s)
	w.run(500 * time.Millisecond)
	w.a.Digit(1, '5', 400*time.Millisecond)
	w.run(350 * time.Millisecond)
	ear := w.b.last(200 * time.Millisecond)
	if level(ear, 16000, 770) < 4000 || level(ear, 16000, 1336) < 4000 || level(ear, 16000, 600) > 300 {
		t.Errorf("770 Hz %.0f, 1336 Hz %.0f, the mouth %.0f", level(ear, 16000, 770), level(ear, 16000, 1336), level(ear, 16000, 600))
	}
	w.run(time.Second)
	if !heard(w.b.last(500*time.Millisecond), 16000, 600) {
		t.Error("the mouth is not heard after the digit")
	}
}

func TestSounds(t *testing.T) {
	p := newPhone(16000, 600)
	if p.Active() || p.Listening() {
		t.Error("active without a call or a sound")
	}
	spec, _ := tone.Parse("440/0")
	p.Tone(audio.DialTone, spec)
	p.Play(audio.DialTone)
	run := func(n int) {
		for range n {
			p.period(0)
		}
	}
	run(50)
	if !p.Active() || !heard(p.last(300*time.Millisecond), 16000, 440) {
		t.Error("the dial tone is not heard")
	}
	p.Play(audio.Silence)
	run(50)
	if p.Active() || level(p.last(300*time.Millisecond), 16000, 440) > 1 {
		t.Error("heard after it was ended")
	}
}

func TestTheRingIsForTheRoom(t *testing.T) {
	p := newPhone(16000, 600)
	p.Route(audio.Handset)
	p.Play(audio.Ring)
	if p.Sounding() != audio.Speaker {
		t.Error("rings in the handset")
	}
	loud := func() (m int) {
		p.ear = nil
		for range 400 { // one turn of the melody
			p.period(0)
		}
		for _, v := range p.ear {
			m = max(m, int(v))
		}
		return m
	}
	usual := loud()
	p.RingVolume(9)
	p.Volume(audio.Handset, 0)
	p.Volume(audio.Speaker, 0)
	loud()
	if most := loud(); most < 2*usual || usual < 500 {
		t.Errorf("usual %d, most %d", usual, most)
	}
	p.RingVolume(0)
	loud()
	if off := loud(); off != 0 {
		t.Errorf("a ring switched off is heard at %d", off)
	}
}

func TestVolumeAndMic(t *testing.T) {
	w := newWorld(16000, 16000, audio.G722)
	w.b.Volume(audio.Handset, 3) // -6 dB
	w.run(time.Second)
	if l := level(w.b.last(500*time.Millisecond), 16000, 600); l < full*0.42 || l > full*0.58 {
		t.Errorf("two steps down: %.0f of %d", l, full)
	}
	w.b.Route(audio.Speaker)
	w.run(time.Second)
	if !heard(w.b.last(500*time.Millisecond), 16000, 600) {
		t.Error("the speaker has the handset's volume")
	}
	w.a.MicGain(audio.Handset, 5) // +6 dB
	w.run(time.Second)
	if l := level(w.b.last(500*time.Millisecond), 16000, 600); l < full*1.7 {
		t.Errorf("two steps more sensitive: %.0f of %d", l, full)
	}
}

func TestCallsAreBounded(t *testing.T) {
	p := New(8000, nil)
	for i := range uint32(MaxCalls) {
		if !p.Open(i+1, rtp.New(0, &pipe{}, &pipe{})) {
			t.Fatalf("call %d refused", i+1)
		}
	}
	if p.Open(99, rtp.New(0, &pipe{}, &pipe{})) || p.Open(0, nil) {
		t.Error("one call too many")
	}
	p.Close(0, 3)
	if !p.Open(99, rtp.New(0, &pipe{}, &pipe{})) || p.Calls() != MaxCalls {
		t.Error("no place after a call was closed")
	}
	// What is not open does nothing.
	p.Set(0, 77, audio.Session{})
	p.Digit(77, '1', 0)
	p.Receive(0, 77)
	p.Close(0, 77)
}

func TestPeriodsAllocateNothing(t *testing.T) {
	for _, codec := range []audio.CodecID{audio.PCMU, audio.G722} {
		w := newWorld(16000, 16000, codec)
		w.a.Play(audio.Ring)
		m, e := make([]int16, 160), make([]int16, 160)
		n := testing.AllocsPerRun(500, func() {
			if w.now%time.Second == 0 {
				w.a.Digit(1, '1', 0)
			}
			w.a.Receive(w.now, 1)
			w.b.Receive(w.now, 1)
			w.a.Period(w.now, m, e)
			w.b.Period(w.now, m, e)
			w.now += audio.Period
		})
		if n != 0 {
			t.Errorf("codec %d: %v allocations a period", codec, n)
		}
	}
}

func benchmark(b *testing.B, codec audio.CodecID, rate int) {
	w := newWorld(rate, rate, codec)
	m, e := make([]int16, rate/100), make([]int16, rate/100)
	b.ReportAllocs()
	for b.Loop() {
		w.a.Receive(w.now, 1)
		w.b.Receive(w.now, 1)
		w.a.Period(w.now, m, e)
		w.b.Period(w.now, m, e)
		w.now += audio.Period
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2, "ns/phone-period")
}

func BenchmarkPeriodPCMU8k(b *testing.B)  { benchmark(b, audio.PCMU, 8000) }
func BenchmarkPeriodPCMU16k(b *testing.B) { benchmark(b, audio.PCMU, 16000) }
func BenchmarkPeriodG722(b *testing.B)    { benchmark(b, audio.G722, 16000) }

// From mouth to ear: packetization of 20 ms, the jitter buffer's floor, and no
// more than two periods besides.
func TestMouthToEar(t *testing.T) {
	for _, codec := range []audio.CodecID{audio.PCMU, audio.G722} {
		w := newWorld(16000, 16000, codec)
		w.run(5 * time.Second)
		w.a.Mute(true)
		w.run(time.Second)
		w.a.Mute(false)
		w.b.ear = nil
		w.run(500 * time.Millisecond)
		first := 0
		for first < len(w.b.ear) && w.b.ear[first] < 500 {
			first++
		}
		took := time.Duration(first) * time.Second / 16000
		t.Logf("codec %d: %v from mouth to ear", codec, took)
		if took > 65*time.Millisecond {
			t.Errorf("codec %d: %v from mouth to ear", codec, took)
		}
	}
}
