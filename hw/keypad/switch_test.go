package keypad

import (
	"slices"
	"testing"
	"time"

	"phoned/hw"
)

// A lever is a switch on its line in simulated time.
type lever struct {
	*testing.T
	sw       *Switch
	now      time.Time
	active   bool
	read     bool // what the last Scan told
	watching bool
	heard    []hw.Input
	scans    int
}

func newLever(t *testing.T, cfg SwitchConfig) *lever {
	if cfg.Name == "" {
		cfg.Name, cfg.On, cfg.Off = "hook switch", hw.HookUp, hw.HookDown
	}
	l := &lever{T: t, sw: NewSwitch(cfg), now: time.Unix(1e9, 0)}
	l.step(Event{Kind: Ready})
	return l
}

func (l *lever) step(ev Event) {
	for _, a := range slices.Clone(l.sw.Step(l.now, ev)) {
		switch a.Kind {
		case Tell:
			l.heard = append(l.heard, a.Input)
		case Watch:
			l.watching = true
		case Scan:
			l.scans++
			l.watching, l.read = false, l.active
			l.step(Level(l.active))
		}
	}
}

// set moves the switch.
func (l *lever) set(active bool) {
	l.active = active
	if l.watching && l.active != l.read {
		l.step(Event{Kind: Edge})
	}
}

func (l *lever) run(d time.Duration) {
	for end := l.now.Add(d); ; l.step(Event{Kind: Tick}) {
		if at := l.sw.Deadline(); at.IsZero() || at.After(end) {
			l.now = end
			return
		} else if at.After(l.now) {
			l.now = at
		}
	}
}

func (l *lever) want(inputs ...hw.Input) {
	l.Helper()
	if !slices.Equal(l.heard, inputs) {
		l.Fatalf("told %v, want %v", l.heard, inputs)
	}
	l.heard = nil
}

var (
	hookUp   = hw.Input{Kind: hw.HookUp}
	hookDown = hw.Input{Kind: hw.HookDown}
)

// A hook that bounces is lifted once and put down once, and then costs nothing.
func TestAHookThatBounces(t *testing.T) {
	l := newLever(t, SwitchConfig{})
	for _, up := range []bool{true, false} {
		for range 10 {
			l.set(up)
			l.run(3 * ms)
			l.set(!up)
			l.run(ms)
		}
		l.set(up)
		l.run(100 * ms)
	}
	l.want(hookUp, hookDown)
	scans := l.scans
	l.run(time.Hour)
	if l.scans != scans || !l.sw.Deadline().IsZero() || !l.watching {
		t.Errorf("at rest: %d readings in an hour", l.scans-scans)
	}
}

// Without a flash key hanging up is told at once; a handset that is put down
// hard is no second call.
func TestHangingUp(t *testing.T) {
	l := newLever(t, SwitchConfig{})
	l.set(true)
	l.run(time.Second)
	l.set(false)
	l.run(45 * ms)
	l.want(hookUp, hookDown)
	l.set(true)
	l.run(20 * ms)
	l.set(false)
	l.run(time.Second)
	l.want()
}

// A handset that is off the hook when the phone starts is told.
func TestAHandsetThatIsOffTheHook(t *testing.T) {
	l := newLever(t, SwitchConfig{})
	l.run(100 * ms)
	l.want()
	l = &lever{T: t, sw: NewSwitch(SwitchConfig{On: hw.HookUp, Off: hw.HookDown}), now: time.Unix(1e9, 0), active: true}
	l.step(Event{Kind: Ready})
	l.run(100 * ms)
	l.want(hookUp)
}

// With a flash key a short tap is that key, a very short one nothing, and a
// long one hangs up.
func TestFlash(t *testing.T) {
	for down, told := range map[time.Duration][]hw.Input{
		40 * ms:         nil,
		75 * ms:         nil,
		90 * ms:         {press(hw.KeyHold), release(hw.KeyHold)},
		400 * ms:        {press(hw.KeyHold), release(hw.KeyHold)},
		650 * ms:        {press(hw.KeyHold), release(hw.KeyHold)},
		720 * ms:        {hookDown, hookUp},
		2 * time.Second: {hookDown, hookUp},
	} {
		l := newLever(t, SwitchConfig{Name: "hook switch", On: hw.HookUp, Off: hw.HookDown, Flash: hw.KeyHold})
		l.set(true)
		l.run(time.Second)
		l.want(hookUp)
		l.set(false)
		l.run(down)
		l.set(true)
		l.run(time.Second)
		t.Log(down)
		l.want(told...)
	}
}

// A hook that chatters is told once, and the phone stays where it was until
// the hook is steady.
func TestAHookThatChatters(t *testing.T) {
	for _, half := range []time.Duration{2 * ms, 7 * ms, 60 * ms, 400 * ms} {
		for _, flash := range []hw.Key{hw.NoKey, hw.KeyHold} {
			l := newLever(t, SwitchConfig{Name: "hook switch", On: hw.HookUp, Off: hw.HookDown, Flash: flash})
			l.set(true)
			l.run(time.Second)
			l.want(hookUp)
			for range time.Minute / half / 2 {
				l.set(false)
				l.run(half)
				l.set(true)
				l.run(half)
			}
			if l.scans > 60*20+1200 {
				t.Errorf("every %v: %d readings in a minute", half, l.scans)
			}
			faults := 0
			for _, in := range l.heard {
				if in.Kind == hw.Fault {
					faults++
				}
			}
			if len(l.heard) > 70 || faults != 1 || l.heard[len(l.heard)-1].Text != "The hook switch makes bad contact." {
				t.Errorf("every %v, flash %s: %d inputs, %d faults: %v", half, flash, len(l.heard), faults, l.heard)
			}
			up := true
			for _, in := range l.heard {
				switch in.Kind {
				case hw.HookUp, hw.HookDown:
					if up == (in.Kind == hw.HookUp) {
						t.Errorf("every %v: %v twice", half, in)
					}
					up = in.Kind == hw.HookUp
				}
			}
			l.heard = nil
			l.set(false)
			l.run(5 * time.Second)
			if up {
				l.want(fault(hw.NoKey, ""), hookDown)
			} else {
				l.want(fault(hw.NoKey, ""))
			}
			l.set(true)
			l.run(time.Second)
			l.want(hookUp)
		}
	}
}

// While its line is lost the hook stays where it was; what has happened
// meanwhile is told when the line is back.
func TestALostHook(t *testing.T) {
	l := newLever(t, SwitchConfig{})
	l.set(true)
	l.run(time.Second)
	l.step(Event{Kind: Lost})
	l.watching = false
	l.set(false)
	l.run(time.Minute)
	l.want(hookUp)
	l.step(Event{Kind: Ready})
	l.run(time.Second)
	l.want(hookDown)
}

// Whatever is read, and whenever: the switch is told on and off in turns.
func FuzzSwitch(f *testing.F) {
	f.Add([]byte{30, 3, 33, 3, 33, 3, 33})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewSwitch(SwitchConfig{Name: "hook switch", On: hw.HookUp, Off: hw.HookDown, Flash: hw.KeyHold})
		now := time.Unix(1e9, 0)
		up, faulty := false, false
		for _, d := range data {
			ev := Event{Kind: EventKind(d % 6)}
			if ev.Kind == Scanned {
				ev = Level(d&64 != 0)
			}
			now = now.Add(time.Duration(d/6) * 3 * ms)
			for _, a := range s.Step(now, ev) {
				if a.Kind != Tell {
					continue
				}
				switch a.Input.Kind {
				case hw.HookUp, hw.HookDown:
					if up == (a.Input.Kind == hw.HookUp) {
						t.Fatal("the hook twice in the same place")
					}
					up = !up
				case hw.Fault:
					if faulty == (a.Input.Text != "") {
						t.Fatal("a fault out of turn")
					}
					faulty = !faulty
				}
			}
		}
	})
}
