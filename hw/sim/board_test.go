package sim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// hand moves the simulated board as the control socket does and looks at it
// through the terminal's picture.
type hand struct{ *Board }

func (h hand) Light(l hw.Lamp) hw.Light { return h.Shown().Lamps[l] }

func (h hand) Shows(text string) bool {
	all := strings.Join(draw(h.Shown(), time.Unix(0, 0)), "\n")
	return strings.Contains(all, text) || strings.Contains(all, spread(text))
}

func TestBoard(t *testing.T) {
	hwtest.Test(t, func(*testing.T) (hw.Board, hwtest.Hand) {
		b := New()
		return b, hand{b}
	})
}

// A key that is held goes up by itself after its time, once.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		start := time.Now()
		b.Hold(hw.KeyPound, 1500*time.Millisecond)
		if in := <-b.Inputs(); in.Kind != hw.Press || in.Key != hw.KeyPound {
			t.Fatalf("first input %+v", in)
		}
		if in := <-b.Inputs(); in.Kind != hw.Release || time.Since(start) != 1500*time.Millisecond {
			t.Fatalf("second input %+v after %v", in, time.Since(start))
		}
		b.Release(hw.KeyPound)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if in, ok := <-b.Inputs(); ok {
			t.Fatalf("one more input: %+v", in)
		}
	})
}

// A program that presses a key twice without letting it up presses it twice.
func TestPressTwice(t *testing.T) {
	b := New()
	b.Press(hw.Key7)
	b.Press(hw.Key7)
	_ = b.Close()
	var kinds []hw.InputKind
	for in := range b.Inputs() {
		kinds = append(kinds, in.Kind)
	}
	if len(kinds) != 3 || kinds[0] != hw.Press || kinds[1] != hw.Release || kinds[2] != hw.Press {
		t.Fatalf("inputs %v", kinds)
	}
}

// A phone that does not look at its keys blocks the finger, and closing the
// board frees it.
func TestCloseFreesAWaitingFinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		pressed := make(chan struct{})
		go func() {
			defer close(pressed)
			for range inputQueue {
				b.Tap(hw.Key1)
			}
		}()
		synctest.Wait()
		select {
		case <-pressed:
			t.Fatal("more inputs were taken than there is room for")
		default:
		}
		_ = b.Close()
		<-pressed
	})
}
