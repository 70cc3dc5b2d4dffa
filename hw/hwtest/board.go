package hwtest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
)

// A Hand moves the board under test and looks at it. For a real board it
// drives the fake chips behind it, and its fingers stay where they are for as
// long as a board takes to believe them.
type Hand interface {
	Press(hw.Key)
	Release(hw.Key)
	Hook(up bool)
	// Light is what a lamp does now.
	Light(hw.Lamp) hw.Light
	// Shows tells whether the display holds a text.
	Shows(text string) bool
}

// A HeadsetHand can move the headset's plug as well.
type HeadsetHand interface {
	Hand
	Headset(in bool)
}

// patience is how long an input may take through debouncing at the most.
const patience = 5 * time.Second

// Test runs the whole suite; open makes a new board at rest: handset down, no
// key down, no headset.
func Test(t *testing.T, open func(t *testing.T) (hw.Board, Hand)) {
	suite(t, open, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// TestVirtual runs the whole suite in virtual time, for boards that take their
// time: debouncing, blinking.
func TestVirtual(t *testing.T, open func(t *testing.T) (hw.Board, Hand)) {
	suite(t, open, synctest.Test)
}

func suite(t *testing.T, open func(t *testing.T) (hw.Board, Hand), in func(*testing.T, func(*testing.T))) {
	for _, c := range []struct {
		name string
		test func(*testing.T, hw.Board, Hand)
	}{
		{"EveryKeyGoesDownAndUp", testKeys},
		{"InputsKeepTheirOrder", testOrder},
		{"TheHookTellsOnlyChanges", testHook},
		{"TheHeadsetGoesInAndOut", testHeadset},
		{"TwoKeysAtOnce", testTwoKeys},
		{"EveryLampDoesWhatItIsTold", testLamps},
		{"TheDisplayShowsTheScreen", testScreen},
		{"AClosedBoardIsQuiet", testClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				board, hand := open(t)
				t.Cleanup(func() {
					if err := board.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
				c.test(t, board, hand)
			})
		})
	}
}

// next waits for one input.
func next(t *testing.T, b hw.Board) hw.Input {
	t.Helper()
	select {
	case in, ok := <-b.Inputs():
		if !ok {
			t.Fatal("the inputs ended")
		}
		return in
	case <-time.After(patience):
		t.Fatal("no input came")
	}
	return hw.Input{}
}

func want(t *testing.T, b hw.Board, kind hw.InputKind, key hw.Key) {
	t.Helper()
	if in := next(t, b); in.Kind != kind || in.Key != key {
		t.Fatalf("got input %d of key %q, want %d of %q", in.Kind, in.Key, kind, key)
	}
}

func testKeys(t *testing.T, b hw.Board, hand Hand) {
	for k := hw.NoKey + 1; k.String() != hw.NoKey.String(); k++ {
		hand.Press(k)
		want(t, b, hw.Press, k)
		hand.Release(k)
		want(t, b, hw.Release, k)
	}
}

func testOrder(t *testing.T, b hw.Board, hand Hand) {
	number := []hw.Key{hw.Key1, hw.Key0, hw.Key0, hw.Key1, hw.KeyStar, hw.KeyPound, hw.KeySend}
	var got []hw.Key
	for _, k := range number {
		hand.Press(k)
		hand.Release(k)
		got = append(got, next(t, b).Key)
		want(t, b, hw.Release, k)
	}
	if !slices.Equal(got, number) {
		t.Fatalf("dialled %v, the phone was told %v", number, got)
	}
}

func testHook(t *testing.T, b hw.Board, hand Hand) {
	hand.Hook(true)
	want(t, b, hw.HookUp, hw.NoKey)
	hand.Hook(true)
	hand.Hook(false)
	want(t, b, hw.HookDown, hw.NoKey)
	hand.Hook(false)
	hand.Press(hw.Key5)
	want(t, b, hw.Press, hw.Key5)
}

func testHeadset(t *testing.T, b hw.Board, hand Hand) {
	plug, ok := hand.(HeadsetHand)
	if !ok {
		t.Skip("this hand has no headset")
	}
	for range 2 {
		plug.Headset(true)
		want(t, b, hw.HeadsetIn, hw.NoKey)
		plug.Headset(false)
		want(t, b, hw.HeadsetOut, hw.NoKey)
	}
}

func testTwoKeys(t *testing.T, b hw.Board, hand Hand) {
	hand.Press(hw.Key1)
	want(t, b, hw.Press, hw.Key1)
	hand.Press(hw.Key9)
	want(t, b, hw.Press, hw.Key9)
	hand.Release(hw.Key1)
	want(t, b, hw.Release, hw.Key1)
	hand.Release(hw.Key9)
	want(t, b, hw.Release, hw.Key9)
}

func testLamps(t *testing.T, b hw.Board, hand Hand) {
	for l := hw.Lamp(0); l < hw.LampCount; l++ {
		if got := hand.Light(l); got != hw.Off {
			t.Errorf("lamp %s is %s at the start", l, got)
		}
		for _, light := range []hw.Light{hw.On, hw.Slow, hw.Fast, hw.Off} {
			if err := b.SetLamp(l, light); err != nil {
				t.Fatalf("set lamp %s %s: %v", l, light, err)
			}
			if got := hand.Light(l); got != light {
				t.Errorf("lamp %s is %s, want %s", l, got, light)
			}
		}
	}
	if err := b.SetLamp(hw.LampCount, hw.On); err == nil {
		t.Error("a lamp that the board has not got was set without an error")
	}
}

func testScreen(t *testing.T, b hw.Board, hand Hand) {
	screens := []hw.Screen{
		{Time: "14:02", Title: "Calling", Big: "1001", Rows: []hw.Row{{Text: "Server 2", Alert: true}}},
		{Title: "菜单", Rows: []hw.Row{{Text: "立即注册", Selected: true}}, Flags: hw.Flags{Offline: true, DND: true}},
		{},
	}
	for _, s := range screens {
		if err := b.Show(s); err != nil {
			t.Fatalf("show: %v", err)
		}
		for _, text := range []string{s.Time, s.Title, s.Big} {
			if text != "" && !hand.Shows(text) {
				t.Errorf("the display does not show %q", text)
			}
		}
		for _, r := range s.Rows {
			if !hand.Shows(r.Text) {
				t.Errorf("the display does not show the row %q", r.Text)
			}
		}
	}
	if hand.Shows("菜单") {
		t.Error("an empty screen still shows the last one")
	}
}

func testClose(t *testing.T, b hw.Board, hand Hand) {
	if err := b.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	hand.Press(hw.Key5)
	for {
		select {
		case in, ok := <-b.Inputs():
			if !ok {
				return
			}
			t.Errorf("a closed board told input %d", in.Kind)
		case <-time.After(patience):
			t.Fatal("the inputs of a closed board do not end")
		}
	}
}
