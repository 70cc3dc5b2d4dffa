package keypad

import (
	"slices"
	"testing"
	"time"

	"phoned/hw"
)

const ms = time.Millisecond

// A key that bounces goes down once and up once, soon; then the matrix sleeps.
func TestAKeyThatBounces(t *testing.T) {
	five := placeOf(hw.Key5)
	b := newBench(t, Config{},
		move{10 * ms, five, true}, move{11 * ms, five, false}, move{14 * ms, five, true}, move{15 * ms, five, false}, move{17 * ms, five, true},
		move{90 * ms, five, false}, move{92 * ms, five, true}, move{95 * ms, five, false})
	b.run(200 * ms)
	if len(b.heard) != 2 || b.heard[0].at > 40*ms || b.heard[1].at < 95*ms || b.heard[1].at > 120*ms {
		t.Errorf("told %v", b.heard)
	}
	b.want(press(hw.Key5), release(hw.Key5))
	b.resting()
}

// Every key of the board is told under its own name.
func TestEveryKey(t *testing.T) {
	b := newBench(t, Config{})
	for _, row := range layout {
		for _, k := range row {
			if k == hw.NoKey {
				continue
			}
			b.press(k)
			b.run(40 * ms)
			b.release(k)
			b.run(40 * ms)
			b.want(press(k), release(k))
		}
	}
	b.resting()
}

// Fingers that overlap lose no key: the next goes down before the last is up.
func TestRollover(t *testing.T) {
	number := []hw.Key{hw.Key1, hw.Key9, hw.Key3, hw.Key2, hw.Key8, hw.KeyPound, hw.Key0}
	b := newBench(t, Config{})
	b.press(number[0])
	b.run(40 * ms)
	b.want(press(number[0]))
	for i, k := range number[1:] {
		b.press(k)
		b.run(40 * ms)
		b.release(number[i])
		b.run(40 * ms)
		b.want(press(k), release(number[i]))
	}
	b.release(number[len(number)-1])
	b.run(40 * ms)
	b.want(release(number[len(number)-1]))
	b.resting()
}

// Three corners of a rectangle close the fourth by copper. The third key waits
// until it is clear that it is no ghost, and the ghost is never told.
func TestTheFourthCornerIsAGhost(t *testing.T) {
	for _, first := range []hw.Key{hw.Key1, hw.Key3} {
		b := newBench(t, Config{})
		b.press(hw.Key1)
		b.press(hw.Key3)
		b.run(40 * ms)
		b.want(press(hw.Key1), press(hw.Key3))
		b.press(hw.Key7) // 9 reads closed as well
		b.run(200 * ms)
		b.want()
		b.release(first)
		b.run(40 * ms)
		if first == hw.Key1 {
			b.want(release(hw.Key1), press(hw.Key7))
		} else {
			b.want(release(hw.Key3), press(hw.Key7))
		}
		b.release(hw.Key1)
		b.release(hw.Key3)
		b.release(hw.Key7)
		b.run(40 * ms)
		b.heard = nil
		b.resting()
	}
}

// While a ghost makes a key doubtful, it does not repeat: nobody can tell
// whether it is still held.
func TestADoubtfulKeyDoesNotRepeat(t *testing.T) {
	b := newBench(t, Config{})
	b.press(hw.KeyUp)
	b.press(hw.KeyOK)
	b.run(300 * ms)
	b.want(press(hw.KeyUp), press(hw.KeyOK))
	b.press(hw.Key3)
	b.run(2 * time.Second)
	b.want()
}

// With a diode at every key three corners are three keys.
func TestDiodes(t *testing.T) {
	b := newBench(t, Config{Diodes: true})
	b.press(hw.Key1)
	b.press(hw.Key3)
	b.press(hw.Key7)
	b.run(40 * ms)
	b.want(press(hw.Key1), press(hw.Key3), press(hw.Key7))
}

func TestAKeyThatIsHeld(t *testing.T) {
	b := newBench(t, Config{})
	b.press(hw.Key0)
	b.run(3 * time.Second)
	b.release(hw.Key0)
	b.run(100 * ms)
	b.want(press(hw.Key0), long(hw.Key0), release(hw.Key0))

	b.press(hw.KeyVolumeUp)
	b.run(1200 * ms)
	b.release(hw.KeyVolumeUp)
	b.run(100 * ms)
	up := hw.KeyVolumeUp
	b.want(press(up), repeat(up), repeat(up), repeat(up), repeat(up), repeat(up), long(up), repeat(up), release(up))
	b.resting()
}

// A key that repeats does not do so for ever.
func TestRepeatsEnd(t *testing.T) {
	b := newBench(t, Config{})
	b.press(hw.KeyDown)
	b.run(29 * time.Second)
	n := 0
	for _, h := range b.heard {
		if h.Kind == hw.Repeat {
			n++
		}
	}
	if n != mostRepeats {
		t.Errorf("repeated %d times", n)
	}
}

// A scan that says nothing of a key begins its time anew.
func TestADoubtBeginsAnew(t *testing.T) {
	m, _ := NewMatrix(Config{Keys: layout})
	now := time.Unix(1e9, 0)
	m.Step(now, Event{Kind: Ready})
	m.Step(now, Event{Kind: Scanned})
	now = now.Add(time.Second)
	m.Step(now, Event{Kind: Edge})
	one, three := Frame{1}, Frame{3, 1}
	for i, f := range []Frame{one, one, one, three, one, one, one, one} {
		for _, a := range m.Step(now, Event{Kind: Scanned, Frame: f}) {
			if told := a.Kind == Tell; told != (i == 7) {
				t.Errorf("scan %d: %v", i, a)
			}
		}
		now = now.Add(5 * ms)
		m.Step(now, Event{Kind: Tick})
	}
}

// Columns that the keypad has not got say nothing.
func TestColumnsThatAreNotThere(t *testing.T) {
	m, _ := NewMatrix(Config{Keys: layout})
	now := time.Unix(1e9, 0)
	m.Step(now, Event{Kind: Ready})
	frame := Event{Kind: Scanned, Frame: Frame{1 << 6, 1<<6 | 2}}
	m.Step(now, Event{Kind: Scanned})
	m.Step(now, Event{Kind: Edge})
	var told []hw.Input
	for range 10 {
		now = now.Add(5 * ms)
		for _, ev := range []Event{{Kind: Tick}, frame} {
			for _, a := range m.Step(now, ev) {
				if a.Kind == Tell {
					told = append(told, a.Input)
				}
			}
		}
	}
	if !slices.Equal(told, []hw.Input{press(hw.Key5)}) {
		t.Errorf("told %v", told)
	}
}

// A level counts after enough time and enough readings, both: readings that
// come late may be the same bounce, and so may those that come quickly. One
// that says nothing begins anew.
func TestAReadingThatCounts(t *testing.T) {
	now := time.Unix(1e9, 0)
	at := func(d time.Duration) time.Time { return now.Add(d) }
	var late contact
	if late.read(at(0), true, 15*ms) || late.read(at(time.Second), true, 15*ms) {
		t.Error("two readings were enough")
	}
	if !late.read(at(1005*ms), true, 15*ms) {
		t.Error("three were not")
	}
	var quick contact
	for i := range 14 {
		if quick.read(at(time.Duration(i)*ms), true, 15*ms) {
			t.Fatalf("%d ms were enough", i)
		}
	}
	quick.doubt()
	if quick.read(at(16*ms), true, 15*ms) {
		t.Error("readings before a doubt counted")
	}
	ill := contact{disorder: stuck}
	ill.heal(at(0), false)
	ill.doubt()
	if ill.heal(at(healing), false) {
		t.Error("a contact healed while nobody could tell")
	}
}

// Configurations that no keypad has are refused in words.
func TestNewMatrixRefuses(t *testing.T) {
	wide := slices.Repeat([]hw.Key{hw.NoKey}, MaxColumns+1)
	for words, keys := range map[string][][]hw.Key{
		"a keypad without keys":                                {{}},
		"a keypad of 1 rows and 17 columns: at most 16 and 16": {wide},
		"row 2 of the keypad has 1 keys, the first one has 2":  {{hw.Key1, hw.Key2}, {hw.Key3}},
		"key 1 is on the keypad twice":                         {{hw.Key1}, {hw.Key1}},
	} {
		if _, err := NewMatrix(Config{Keys: keys}); err == nil || err.Error() != words {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}

// No step allocates.
func TestNoAllocations(t *testing.T) {
	m, _ := NewMatrix(Config{Keys: layout})
	now := time.Unix(1e9, 0)
	m.Step(now, Event{Kind: Ready})
	frame := Event{Kind: Scanned}
	m.Step(now, frame)
	n := testing.AllocsPerRun(1000, func() {
		now = now.Add(20 * ms)
		for _, ev := range []Event{{Kind: Edge}, frame, {Kind: Tick}, frame} {
			m.Step(now, ev)
		}
		frame.Frame[1] ^= 2
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkScan(b *testing.B) {
	for name, row := range map[string]uint16{"AllUp": 0, "OneDown": 2} {
		b.Run(name, func(b *testing.B) {
			m, _ := NewMatrix(Config{Keys: layout})
			now := time.Unix(1e9, 0)
			m.Step(now, Event{Kind: Ready})
			m.Step(now, Event{Kind: Scanned})
			frame := Event{Kind: Scanned}
			frame.Frame[1] = row
			b.ReportAllocs()
			for b.Loop() {
				m.Step(now, Event{Kind: Edge})
				m.Step(now, Event{Kind: Tick})
				m.Step(now, frame)
				now = now.Add(5 * ms)
			}
		})
	}
}
