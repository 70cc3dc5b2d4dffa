package gpio

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// A board is a panel with a display that a hand can read.
type board struct {
	*Panel
	screen *hw.Screen
}

func (b board) Show(s hw.Screen) error {
	*b.screen = s
	return nil
}

type seeing struct {
	hand
	screen *hw.Screen
}

func (s seeing) Shows(text string) bool {
	return s.screen.Time == text || s.screen.Title == text || s.screen.Big == text ||
		slices.ContainsFunc(s.screen.Rows, func(r hw.Row) bool { return r.Text == text })
}

// The panel passes the tests of every board.
func TestBoard(t *testing.T) {
	hwtest.TestVirtual(t, func(t *testing.T) (hw.Board, hwtest.Hand) {
		p, h := openPanel(t, nil)
		screen := &hw.Screen{}
		return board{p, screen}, seeing{h, screen}
	})
}

// bubble runs a test of a panel in virtual time.
func bubble(t *testing.T, change func(*Config), test func(t *testing.T, p *Panel, h hand)) {
	synctest.Test(t, func(t *testing.T) {
		p, h := openPanel(t, change)
		defer p.Close()
		test(t, p, h)
	})
}

// quiet takes the inputs until it is quiet for a second.
func quiet(p *Panel) (inputs []hw.Input) {
	for {
		select {
		case in, ok := <-p.Inputs():
			if !ok {
				return inputs
			}
			inputs = append(inputs, in)
		case <-time.After(time.Second):
			return inputs
		}
	}
}

func wantInputs(t *testing.T, p *Panel, want ...hw.Input) {
	t.Helper()
	if got := quiet(p); !slices.Equal(got, want) {
		t.Fatalf("told %v, want %v", got, want)
	}
}

// A panel at rest touches no line, and one with a light that blinks only that.
func TestAtRest(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *Panel, h hand) {
		h.Press(hw.Key5)
		h.Release(hw.Key5)
		h.Hook(true)
		h.Hook(false)
		quiet(p)
		count := func(d time.Duration) int {
			h.mu.Lock()
			before := h.calls
			h.mu.Unlock()
			time.Sleep(d)
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.calls - before
		}
		if n := count(time.Hour); n != 0 {
			t.Errorf("%d calls in an hour of rest", n)
		}
		_ = p.SetLamp(hw.LampMessage, hw.Slow)
		if n := count(time.Minute); n < 59 || n > 61 {
			t.Errorf("%d calls in a minute of slow blinking", n)
		}
	})
}

// Lamps that blink do so together, whenever they began, and the first of them
// shines at once.
func TestLampsBlinkTogether(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *Panel, h hand) {
		time.Sleep(123 * time.Millisecond)
		_ = p.SetLamp(hw.LampMessage, hw.Fast)
		synctest.Wait()
		if !h.shines(hw.LampMessage) {
			t.Error("a lamp that begins to blink is dark")
		}
		time.Sleep(333 * time.Millisecond)
		_ = p.SetLamp(hw.LampLine1, hw.Fast)
		_ = p.SetLamp(hw.LampLine2, hw.Slow)
		_ = p.SetLamp(hw.LampMute, hw.On)
		for range 100 {
			time.Sleep(51 * time.Millisecond)
			if h.shines(hw.LampMessage) != h.shines(hw.LampLine1) {
				t.Fatal("two lamps blink each for itself")
			}
		}
		_ = p.Close()
		for l := range hw.LampCount {
			if h.shines(l) {
				t.Errorf("lamp %s of a closed panel shines", l)
			}
		}
		if err := p.SetLamp(hw.LampMute, hw.On); err != ErrClosed {
			t.Errorf("a lamp of a closed panel: %v", err)
		}
	})
}

// A phone that is busy loses neither the order nor the end of what happened,
// and its lamps blink on.
func TestABusyPhone(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *Panel, h hand) {
		_ = p.SetLamp(hw.LampMessage, hw.Fast)
		for range 100 {
			h.Press(hw.Key1)
			h.Release(hw.Key1)
		}
		if got := h.Light(hw.LampMessage); got != hw.Fast {
			t.Errorf("the lamp is %s", got)
		}
		h.Press(hw.Key2)
		in := quiet(p)
		down := map[hw.Key]bool{}
		for _, i := range in {
			if down[i.Key] == (i.Kind == hw.Press) {
				t.Fatalf("%v twice", i)
			}
			down[i.Key] = i.Kind == hw.Press
		}
		if len(in) > mostQueued+8 || down[hw.Key1] || !down[hw.Key2] {
			t.Errorf("%d inputs, the last ones %v", len(in), in[len(in)-4:])
		}
	})
}

// A handset off the hook and a headset in at the start are told; a key that is
// down is not pressed.
func TestTheStateAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := config(), newMachine()
		h := hand{m, &cfg}
		h.Hook(true)
		h.Headset(true)
		h.Press(hw.Key3)
		p, err := open(cfg, m)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		wantInputs(t, p, hw.Input{Kind: hw.HookUp}, hw.Input{Kind: hw.HeadsetIn})
	})
}

func TestFlashOfTheHook(t *testing.T) {
	bubble(t, func(c *Config) { c.Hook.Flash = hw.KeyHold }, func(t *testing.T, p *Panel, h hand) {
		h.Hook(true)
		wantInputs(t, p, hw.Input{Kind: hw.HookUp})
		h.Hook(false)
		time.Sleep(200 * time.Millisecond)
		h.Hook(true)
		wantInputs(t, p, hw.Input{Kind: hw.Press, Key: hw.KeyHold}, hw.Input{Kind: hw.Release, Key: hw.KeyHold})
		h.Hook(false)
		wantInputs(t, p, hw.Input{Kind: hw.HookDown})
	})
}

// Everything that is out of order at once is in the words of one fault, and
// what is well again leaves them.
func TestSeveralFaults(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *Panel, h hand) {
		h.Press(hw.Key5)
		time.Sleep(40 * time.Second)
		h.Press(hw.KeyHold)
		time.Sleep(40 * time.Second)
		h.Release(hw.Key5)
		h.Release(hw.KeyHold)
		var texts []string
		for _, in := range quiet(p) {
			if in.Kind == hw.Fault {
				texts = append(texts, in.Text)
			}
		}
		if want := []string{
			"Key 5 seems to be stuck.",
			"Key 5 seems to be stuck. Key hold seems to be stuck.",
			"Key hold seems to be stuck.",
			"",
		}; !slices.Equal(texts, want) {
			t.Errorf("told %q", texts)
		}
	})
}

// When a chip goes away, what was down goes up and the phone is told in words;
// the lines are tried again, less and less often, until they are back. Then the
// keys work, and the lamps are what they should be.
func TestAChipThatGoesAway(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *Panel, h hand) {
		h.Hook(true)
		_ = p.SetLamp(hw.LampMessage, hw.On) // nothing is due for it, nor for the hook
		h.Press(hw.Key1)
		wantInputs(t, p, hw.Input{Kind: hw.HookUp}, hw.Input{Kind: hw.Press, Key: hw.Key1}, hw.Input{Kind: hw.Long, Key: hw.Key1})
		h.mu.Lock()
		h.gone = errNoDevice
		h.mu.Unlock()
		time.Sleep(time.Second)
		in := quiet(p)
		if !slices.Contains(in, hw.Input{Kind: hw.Release, Key: hw.Key1}) {
			t.Errorf("key 1 is down for ever: %v", in)
		}
		if last := in[len(in)-1]; last.Kind != hw.Fault ||
			!strings.Contains(last.Text, "The keypad does not answer (no such device).") ||
			!strings.Contains(last.Text, "The lamps do not answer (no such device).") {
			t.Errorf("the fault is %q", last.Text)
		}
		if h.mu.Lock(); len(h.banks) != 0 {
			t.Errorf("%d banks of lines are held", len(h.banks))
		}
		h.mu.Unlock()
		h.Release(hw.Key1)
		time.Sleep(time.Hour)
		if in := quiet(p); len(in) != 0 {
			t.Errorf("told again %v", in)
		}
		h.mu.Lock()
		h.gone, h.out = nil, map[string]bool{}
		h.mu.Unlock()
		time.Sleep(lastRetry)
		in = quiet(p)
		if len(in) == 0 || in[len(in)-1] != (hw.Input{Kind: hw.Fault}) {
			t.Errorf("told %v", in)
		}
		if got := h.Light(hw.LampMessage); got != hw.On {
			t.Errorf("the lamp is %s", got)
		}
		h.Press(hw.Key2)
		h.Release(hw.Key2)
		h.Hook(false)
		wantInputs(t, p, hw.Input{Kind: hw.Press, Key: hw.Key2}, hw.Input{Kind: hw.Release, Key: hw.Key2}, hw.Input{Kind: hw.HookDown})
	})
}

// A board without some parts has none of their inputs.
func TestABoardWithLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Hook: Switch{Line: "HOOK"}}
		p, err := open(cfg, newMachine())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.SetLamp(hw.LampMute, hw.Fast); err != nil {
			t.Errorf("a lamp that is not there: %v", err)
		}
		wantInputs(t, p)
	})
}

// What is wrong with a description is said in words, before any line is taken,
// and what is missing all at once.
func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		words  string
		change func(*Config, *machine)
	}{
		{"there are no lines in its description", func(c *Config, _ *machine) { *c = Config{} }},
		{"the line ROW1 has two uses", func(c *Config, _ *machine) { c.Hook.Line = "ROW1" }},
		{"the keypad has 6 rows of keys on 5 lines", func(c *Config, _ *machine) { c.Keypad.Rows = names("ROW", 5) }},
		{"the keypad has 6 columns of keys on 7 lines", func(c *Config, _ *machine) { c.Keypad.Columns = names("COL", 7) }},
		{"a row or column of the keypad has no line", func(c *Config, _ *machine) { c.Keypad.Columns[2] = "" }},
		{"row 2 of the keypad has 1 keys, the first one has 6", func(c *Config, _ *machine) {
			c.Keypad.Keys = slices.Clone(layout)
			c.Keypad.Keys[1] = []hw.Key{hw.Key1}
		}},
		{"on phone-sim: ROW3 is missing, LAMP2 is busy", func(_ *Config, m *machine) {
			m.absent["ROW3"], m.absent["LAMP2"] = "is missing", "is busy"
		}},
		{"no such device", func(_ *Config, m *machine) { m.gone = errNoDevice }},
	} {
		cfg, m := config(), newMachine()
		c.change(&cfg, m)
		_, err := open(cfg, m)
		if err == nil || err.Error() != "open the panel: "+c.words {
			t.Errorf("got %q, want %q", err, c.words)
		}
		if len(m.banks) != 0 {
			t.Errorf("%s: lines were kept", c.words)
		}
	}
}
