package board

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
	"phoned/hw/sim"
)

// A bench is a board made of fakes: keys and lamps of the simulated board, a
// display and a codec that note what they are told.
type bench struct {
	*sim.Board // the fingers and the lamps
	glass
	wires

	displayFault, codecFault func(string)
}

// A glass is a display without pixels.
type glass struct {
	mu    sync.Mutex
	shown hw.Screen
	woken int
}

func (g *glass) Show(s hw.Screen) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shown = s
	return nil
}

func (g *glass) now() hw.Screen {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shown
}

func (g *glass) Wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.woken++
}

func (g *glass) Close() error { return nil }

// wires are a codec without a chip.
type wires struct {
	mu  sync.Mutex
	log []string
}

func (w *wires) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, text)
}

func (w *wires) SetRoute(r hw.Route) { w.note(r.String()) }

func (w *wires) SetMute(on bool) {
	if on {
		w.note("muted")
	} else {
		w.note("open")
	}
}

func (w *wires) Close() error {
	w.note("closed")
	return nil
}

func (b *bench) Light(l hw.Lamp) hw.Light { return b.Shown().Lamps[l] }

func (b *bench) Shows(text string) bool {
	s := b.now()
	all := []string{s.Time, s.Title, s.Big}
	for _, r := range s.Rows {
		all = append(all, r.Text)
	}
	return slices.Contains(all, text)
}

// panel is the keys of the bench.
func (b *bench) panel() panel {
	if b.Board == nil {
		b.Board = sim.New()
	}
	return b.Board
}

func (b *bench) makers() makers {
	return makers{
		panel: func(Config) (panel, error) { return b.Board, nil },
		display: func(_ Config, fault func(string)) (display, error) {
			b.displayFault = fault
			return &b.glass, nil
		},
		codec: func(_ Config, fault func(string)) (router, error) {
			b.codecFault = fault
			return &b.wires, nil
		},
	}
}

func setUp(t *testing.T) (*Board, *bench) {
	t.Helper()
	c, err := Load("emulated")
	if err != nil {
		t.Fatal(err)
	}
	hand := &bench{Board: sim.New()}
	b, err := open(c, hand.makers())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, hand
}

func TestABoardOfParts(t *testing.T) {
	hwtest.Test(t, func(t *testing.T) (hw.Board, hwtest.Hand) { return setUp(t) })
}

// A program's hand is one more hand of the same board.
func TestABoardMovedByAProgram(t *testing.T) {
	hwtest.Test(t, func(t *testing.T) (hw.Board, hwtest.Hand) {
		b, hand := setUp(t)
		return b, programHand{hand, b}
	})
}

type programHand struct {
	*bench
	b *Board
}

func (h programHand) Press(k hw.Key)   { h.b.Hold(k, 0) }
func (h programHand) Release(k hw.Key) { h.b.Release(k) }
func (h programHand) Hook(up bool)     { h.b.Hook(up) }

func next(t *testing.T, b *Board) hw.Input {
	t.Helper()
	select {
	case in := <-b.Inputs():
		return in
	case <-time.After(5 * time.Second):
		t.Fatal("no input came")
	}
	return hw.Input{}
}

// Two hands on one key press it once.
func TestTwoHands(t *testing.T) {
	b, hand := setUp(t)
	want := func(in ...hw.Input) {
		t.Helper()
		for _, w := range in {
			if got := next(t, b); got != w {
				t.Fatalf("got %+v, want %+v", got, w)
			}
		}
	}
	hand.Press(hw.Key5)
	want(hw.Input{Kind: hw.Press, Key: hw.Key5})
	b.Tap(hw.Key5) // it is down already
	hand.Release(hw.Key5)
	want(hw.Input{Kind: hw.Release, Key: hw.Key5})
	b.Tap(hw.Key7)
	want(hw.Input{Kind: hw.Press, Key: hw.Key7}, hw.Input{Kind: hw.Release, Key: hw.Key7})
	b.Hold(hw.Key8, time.Millisecond)
	want(hw.Input{Kind: hw.Press, Key: hw.Key8}, hw.Input{Kind: hw.Release, Key: hw.Key8})

	b.Hook(true)
	want(hw.Input{Kind: hw.HookUp})
	hand.Hook(true) // lifted by hand, too
	hand.Hook(false)
	want(hw.Input{Kind: hw.HookDown})
	b.Headset(true)
	b.Headset(true)
	want(hw.Input{Kind: hw.HeadsetIn})
	b.Headset(false)
	want(hw.Input{Kind: hw.HeadsetOut})
	if hand.woken == 0 {
		t.Error("the display's light did not go on")
	}
}

// A display or a codec that breaks is told, with what else is broken, and the
// keys go on.
func TestFaultsOfParts(t *testing.T) {
	b, hand := setUp(t)
	fault := func(want string) {
		t.Helper()
		if in := next(t, b); in.Kind != hw.Fault || in.Text != want {
			t.Fatalf("got %+v, want the fault %q", in, want)
		}
	}
	hand.displayFault("The display is dark")
	fault("The display is dark")
	hand.codecFault("The codec is silent")
	fault("The display is dark. The codec is silent")
	hand.Tap(hw.Key1)
	if in := next(t, b); in.Kind != hw.Press || in.Key != hw.Key1 {
		t.Fatalf("a key while both are broken: %+v", in)
	}
	next(t, b)
	hand.displayFault("")
	fault("The codec is silent")
	hand.codecFault("")
	fault("")
	hand.codecFault("") // as it was
	hand.Tap(hw.Key2)
	if in := next(t, b); in.Kind != hw.Press {
		t.Errorf("%+v", in)
	}
}

func TestTheRouter(t *testing.T) {
	b, hand := setUp(t)
	b.Router().SetRoute(hw.RouteSpeaker)
	b.Router().SetMute(true)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(hand.log, " "); got != "speaker muted closed" {
		t.Errorf("the codec was told %q", got)
	}
	if err := b.Show(hw.Screen{}); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed board shows: %v", err)
	}
	if err := b.SetLamp(hw.LampMute, hw.On); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed board shines: %v", err)
	}
}

// Without keys it is no telephone; a board without display and codec is one.
func TestWhatABoardNeeds(t *testing.T) {
	hand := &bench{Board: sim.New()}
	m := hand.makers()
	m.display = func(Config, func(string)) (display, error) { return nil, nil }
	m.codec = func(Config, func(string)) (router, error) { return nil, nil }
	b, err := open(Config{}, m)
	if err != nil {
		t.Fatal(err)
	}
	if b.Router() != nil || b.Show(hw.Screen{Title: "x"}) != nil {
		t.Error("what is not there does something")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}

	m.panel = func(Config) (panel, error) { return nil, errors.New("no line ROW3") }
	if b, err := open(Config{}, m); err == nil || b != nil || !strings.Contains(err.Error(), "no line ROW3") {
		t.Errorf("%v, %v", b, err)
	}
	m = hand.makers()
	m.codec = func(Config, func(string)) (router, error) { return nil, errors.New("no such gain") }
	if _, err := open(Config{}, m); err == nil || !strings.Contains(err.Error(), "[codec]: no such gain") {
		t.Errorf("%v", err)
	}
}
