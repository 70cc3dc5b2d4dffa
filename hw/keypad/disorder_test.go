package keypad

import (
	"testing"
	"time"

	"phoned/hw"
)

// A stuck key is told once, by name. Nothing of it dials, all the other keys
// work, those of its row and of its column too, and the matrix is hardly
// looked at. When it goes up the phone is told, and the key counts again.
func TestAStuckKey(t *testing.T) {
	b := newBench(t, Config{})
	b.press(hw.Key5)
	b.run(31 * time.Second)
	b.want(press(hw.Key5), long(hw.Key5), release(hw.Key5), fault(hw.Key5, "Key 5 seems to be stuck."))

	rows := b.rows
	b.run(10 * time.Second)
	if n := b.rows - rows; n > 200 {
		t.Errorf("%d rows read in 10 s", n)
	}
	for _, k := range []hw.Key{hw.Key2, hw.Key0, hw.Key4, hw.KeyTransfer, hw.Key9, hw.KeySoft4} {
		b.press(k)
		b.run(80 * ms)
		b.release(k)
		b.run(80 * ms)
		b.want(press(k), release(k))
	}

	b.release(hw.Key5)
	b.run(2 * time.Second)
	b.want(fault(hw.Key5, ""))
	b.press(hw.Key5)
	b.run(40 * ms)
	b.release(hw.Key5)
	b.run(40 * ms)
	b.want(press(hw.Key5), release(hw.Key5))
	b.resting()
}

// What is down when the phone starts was not pressed for it, and is stuck in
// the end.
func TestAKeyThatIsDownAtTheStart(t *testing.T) {
	b := newBench(t, Config{}, move{0, placeOf(hw.Key1), true})
	b.run(5 * time.Second)
	b.want()
	b.press(hw.Key2)
	b.run(40 * ms)
	b.release(hw.Key1)
	b.run(40 * ms)
	b.want(press(hw.Key2))
	b.release(hw.Key2)
	b.run(40 * ms)
	b.want(release(hw.Key2))
	b.resting()

	b = newBench(t, Config{}, move{0, placeOf(hw.Key1), true})
	b.run(time.Minute)
	b.want(fault(hw.Key1, "Key 1 seems to be stuck."))
}

// A key with bad contact, or water in it, does not dial for long.
func TestAKeyThatChatters(t *testing.T) {
	b := newBench(t, Config{})
	for range 20 * 60 {
		b.press(hw.Key7)
		b.run(25 * ms)
		b.release(hw.Key7)
		b.run(25 * ms)
	}
	if n := len(b.heard); n > 40 {
		t.Errorf("%d inputs in a minute", n)
	}
	if last := b.heard[len(b.heard)-1].Input; last != fault(hw.Key7, "Key 7 makes bad contact.") {
		t.Errorf("the last one is %v", last)
	}
	b.heard = nil
	b.press(hw.Key9)
	b.run(80 * ms)
	b.release(hw.Key9)
	b.run(1500 * ms)
	b.want(press(hw.Key9), release(hw.Key9), fault(hw.Key7, ""))
	b.resting()
}

// A finger that taps as fast as it can is none of that.
func TestAFastFinger(t *testing.T) {
	b := newBench(t, Config{})
	for range 80 {
		b.press(hw.KeyVolumeDown)
		b.run(65 * ms)
		b.release(hw.KeyVolumeDown)
		b.run(65 * ms)
	}
	if len(b.heard) != 160 {
		t.Errorf("%d inputs of 80 taps", len(b.heard))
	}
}

// Something that lies on the keys tells none that could be a ghost, and after a
// while costs next to nothing.
func TestABookOnTheKeys(t *testing.T) {
	b := newBench(t, Config{})
	keys := []hw.Key{hw.Key1, hw.Key2, hw.Key4, hw.Key8, hw.KeyHold, hw.KeySpeaker}
	for _, k := range keys {
		b.press(k)
	}
	b.run(time.Minute)
	b.want()
	rows := b.rows
	b.run(10 * time.Second)
	if n := b.rows - rows; n > 10*20*6 {
		t.Errorf("%d rows read in 10 s", n)
	}
	for _, k := range keys {
		b.release(k)
	}
	b.run(time.Second)
	b.heard = nil
	b.resting()
}

// A short circuit where there is no key presses nothing.
func TestAShortCircuit(t *testing.T) {
	b := newBench(t, Config{})
	b.add(move{ms, place{5, 4}, true})
	b.run(time.Minute)
	b.want(fault(hw.NoKey, "The keypad has a short circuit (row 6, column 5)."))
}

// When the lines are lost, what was down goes up for the phone; when they are
// back, what is down still was not pressed again.
func TestLostLines(t *testing.T) {
	b := newBench(t, Config{})
	b.press(hw.Key1)
	b.press(hw.KeyHold)
	b.run(40 * ms)
	b.want(press(hw.Key1), press(hw.KeyHold))
	b.step(Event{Kind: Lost})
	b.want(release(hw.Key1), release(hw.KeyHold))
	b.run(time.Second)
	if !b.matrix.Deadline().IsZero() {
		t.Error("a matrix without lines wants something")
	}
	b.step(Event{Kind: Ready})
	b.run(time.Second)
	b.release(hw.Key1)
	b.release(hw.KeyHold)
	b.run(40 * ms)
	b.want()
	b.press(hw.Key1)
	b.run(40 * ms)
	b.want(press(hw.Key1))
}

// A key that is stuck stays so while the lines are lost: it is not told anew.
func TestLostLinesWithAStuckKey(t *testing.T) {
	b := newBench(t, Config{}, move{0, placeOf(hw.Key1), true})
	b.run(time.Minute)
	b.want(fault(hw.Key1, "Key 1 seems to be stuck."))
	b.step(Event{Kind: Lost})
	b.run(time.Second)
	b.step(Event{Kind: Ready})
	b.run(time.Minute)
	b.want()
	b.release(hw.Key1)
	b.run(2 * time.Second)
	b.want(fault(hw.Key1, ""))
	b.resting()
}

// A contact that closes whenever nobody looks does not keep the processor busy.
func TestEdgesDoNotSetThePace(t *testing.T) {
	m, _ := NewMatrix(Config{Keys: layout})
	start := time.Unix(1e9, 0)
	m.Step(start, Event{Kind: Ready})
	m.Step(start, Event{Kind: Scanned})
	scans := 0
	for now := start; now.Before(start.Add(time.Second)); now = now.Add(100 * time.Microsecond) {
		for _, ev := range []Event{{Kind: Edge}, {Kind: Tick}} {
			for _, a := range m.Step(now, ev) {
				if a.Kind == Scan {
					scans++
					m.Step(now, Event{Kind: Scanned})
				}
			}
		}
	}
	if scans > 210 {
		t.Errorf("%d scans in a second", scans)
	}
}
