package dtmf

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestEveryDigitHasItsCode(t *testing.T) {
	for i := range len(digits) {
		if c, ok := Code(digits[i]); !ok || int(c) != i {
			t.Errorf("Code(%c) = %d, %v", digits[i], c, ok)
		}
	}
	if c, ok := Code('d'); !ok || c != 15 {
		t.Error("a small d is no digit")
	}
	for _, d := range []byte{0, 'E', 'x', ' ', 255} {
		if _, ok := Code(d); ok {
			t.Errorf("%q is a digit", d)
		}
	}
}

// run sends the digits in packets of 20 ms and returns what left, by packet; a
// nil is voice.
func run(t *testing.T, s *Sender, packets int) (out []*Packet) {
	t.Helper()
	for ts, i := uint32(0xffffff00), 0; i < packets; i++ {
		if p, ok := s.Next(ts, 160); ok {
			out = append(out, &p)
		} else {
			out = append(out, nil)
		}
		ts += 160
	}
	return out
}

// One digit of 100 ms: five packets with one timestamp and growing duration,
// the first marked, the fifth the end, which is sent thrice.
func TestADigitOnTheWire(t *testing.T) {
	var s Sender
	s.Press('#', 0)
	if !s.Busy() {
		t.Error("not busy")
	}
	out := run(t, &s, 10)
	for i, p := range out {
		if i >= 7 {
			if p != nil {
				t.Errorf("packet %d after the digit", i)
			}
			continue
		}
		end := byte(0)
		if i >= 4 {
			end = 0x80
		}
		d := min(i+1, 5) * 160
		want := Packet{0xffffff00, i == 0, [4]byte{11, end | 10, byte(d >> 8), byte(d)}}
		if p == nil || *p != want {
			t.Errorf("packet %d = %+v, want %+v", i, p, want)
		}
	}
	if s.Busy() {
		t.Error("busy after the end")
	}
}

func TestDigitsWaitForEachOther(t *testing.T) {
	var s Sender
	for _, d := range []byte("11") {
		s.Press(d, 40*time.Millisecond)
	}
	var starts []int
	for i, p := range run(t, &s, 20) {
		if p != nil && p.Marker {
			starts = append(starts, i)
		}
	}
	// two packets, two more ends, three packets of pause
	if len(starts) != 2 || starts[1]-starts[0] != 2+2+3 {
		t.Errorf("digits begin at packets %v", starts)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	var s Sender
	n := 0
	for range 100 {
		if s.Press('1', 0) {
			n++
		}
	}
	if n != Queue || s.Press('x', 0) {
		t.Errorf("%d digits wait", n)
	}
}

// Whatever is lost, doubled or comes late, each digit is told at most once and
// in order; told exactly once if any packet of it arrives in order.
func TestTheReceiverTellsEachDigitOnce(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var s Sender
		const sent = "159#*1122D0"
		for i := range len(sent) {
			s.Press(sent[i], time.Duration(40+rnd.IntN(200))*time.Millisecond)
		}
		var wire []Packet
		for _, p := range run(t, &s, 400) {
			if p == nil || rnd.IntN(100) < 20 {
				continue
			}
			wire = append(wire, *p)
			if rnd.IntN(10) == 0 {
				wire = append(wire, *p)
			}
		}
		for i := 1; i < len(wire); i++ {
			if rnd.IntN(10) == 0 && wire[i].Timestamp == wire[i-1].Timestamp {
				wire[i], wire[i-1] = wire[i-1], wire[i]
			}
		}
		seen := map[uint32]byte{}
		var want []byte
		var r Receiver
		var got []byte
		for _, p := range wire {
			if _, ok := seen[p.Timestamp]; !ok {
				seen[p.Timestamp] = digits[p.Payload[0]]
				want = append(want, digits[p.Payload[0]])
			}
			if d, ok := r.Put(p.Payload[:], p.Timestamp, p.Marker); ok {
				got = append(got, d)
			}
		}
		if string(got) != string(want) {
			t.Fatalf("seed %d: got %s, want %s", seed, got, want)
		}
	}
}

func TestAStragglerIsNoDigit(t *testing.T) {
	var r Receiver
	r.Put([]byte{5, 10, 0, 160}, 1000, true)
	r.Put([]byte{6, 10, 0, 160}, 5000, true)
	if d, ok := r.Put([]byte{5, 0x8a, 3, 32}, 1000, false); ok {
		t.Errorf("a late end is the digit %c", d)
	}
	back := uint32(5000)
	back -= 2 * farBack
	if _, ok := r.Put([]byte{5, 10, 0, 160}, back, false); !ok {
		t.Error("a clock that was set back silences the far side for ever")
	}
}

// A key held for more than 8 s is one digit in two segments.
func TestALongEventIsOneDigit(t *testing.T) {
	var r Receiver
	n := 0
	for _, p := range []struct {
		ts, d uint32
	}{{0, 160}, {0, 0xff00}, {0, 0xffff}, {0xffff, 160}, {0xffff, 320}} {
		if _, ok := r.Put([]byte{5, 10, byte(p.d >> 8), byte(p.d)}, p.ts, p.ts == 0 && p.d == 160); ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("told %d digits", n)
	}
}

func TestOtherEventsAreNoDigits(t *testing.T) {
	var r Receiver
	for _, p := range [][]byte{nil, {1}, {1, 2, 3}, {16, 10, 0, 160}, {255, 0, 0, 0}} {
		if _, ok := r.Put(p, 7, true); ok {
			t.Errorf("%v is a digit", p)
		}
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 10, 0, 160, 1, 0x8a, 1, 64}, uint32(160))
	f.Fuzz(func(_ *testing.T, b []byte, ts uint32) {
		var r Receiver
		for len(b) > 0 {
			n := min(len(b), int(b[0])%6+1)
			r.Put(b[:n], ts, b[0]&1 == 0)
			ts += uint32(b[0]) * 40
			b = b[n:]
		}
	})
}

func TestInBandDigits(t *testing.T) {
	for i := range len(digits) {
		var b InBand
		s := make([]int16, 160)
		if b.Generate(s, 16000) {
			t.Fatal("sounds without a digit")
		}
		if !b.Press(digits[i], 0) {
			t.Fatalf("%c refused", digits[i])
		}
		var all []int16
		for b.Generate(s, 16000) {
			all = append(all, s...)
		}
		if len(all) != 16*160 {
			t.Errorf("%c lasts %d samples, want 160 ms", digits[i], len(all))
		}
		var best [2]float64
		var found [2]uint16
		for k, set := range [][4]uint16{rows, columns} {
			for _, hz := range set {
				var re, im float64
				for n, v := range all[160:1440] {
					a := 2 * math.Pi * float64(hz) * float64(n) / 16000
					re += float64(v) * math.Cos(a)
					im += float64(v) * math.Sin(a)
				}
				if p := math.Hypot(re, im) / 640; p > best[k] {
					best[k], found[k] = p, hz
				}
			}
		}
		field := map[byte][2]uint16{
			'1': {697, 1209}, '2': {697, 1336}, '3': {697, 1477}, 'A': {697, 1633},
			'4': {770, 1209}, '5': {770, 1336}, '6': {770, 1477}, 'B': {770, 1633},
			'7': {852, 1209}, '8': {852, 1336}, '9': {852, 1477}, 'C': {852, 1633},
			'*': {941, 1209}, '0': {941, 1336}, '#': {941, 1477}, 'D': {941, 1633},
		}
		if found != field[digits[i]] || best[0] < 6000 || best[1] < 6000 {
			t.Errorf("%c sounds as %v at %.0f", digits[i], found, best)
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	var s Sender
	var b InBand
	var r Receiver
	buf := make([]int16, 160)
	n := testing.AllocsPerRun(200, func() {
		s.Press('1', 0)
		if p, ok := s.Next(0, 160); ok {
			r.Put(p.Payload[:], p.Timestamp, p.Marker)
		}
		b.Press('2', 0)
		b.Generate(buf, 16000)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
