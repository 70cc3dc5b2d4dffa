package keypad

import (
	"time"

	"phoned/hw"
)

// A SwitchConfig describes a switch. A time that is 0 is the default in
// brackets.
type SwitchConfig struct {
	Name     string        // within the words of a fault: "hook switch"
	On, Off  hw.InputKind  // what it tells when it becomes active, and when not
	Debounce time.Duration // how long its level must be steady [30 ms]

	// Flash is the key that is pressed when the switch was off for FlashMin to
	// FlashMax; shorter is nothing, longer is Off, told after FlashMax. With
	// hw.NoKey every Off is told at once.
	Flash    hw.Key
	FlashMin time.Duration // [80 ms]
	FlashMax time.Duration // [700 ms]
}

const (
	defaultSwitchDebounce = 30 * time.Millisecond
	// A hand taps the hook for 150 to 500 ms; what is shorter is a handset that is
	// put down hard, what is longer is meant.
	defaultFlashMin = 80 * time.Millisecond
	defaultFlashMax = 700 * time.Millisecond

	sampleEvery = 5 * time.Millisecond
	// Nobody moves a switch once a second for long.
	turnEvery = time.Second
	mostTurns = 10
	// A level that changes without an end for so long is a bad contact.
	mostRestless = 2 * time.Second
	// A bad contact counts again when it has been steady for so long.
	steadyAgain = 2 * time.Second
)

// A Switch is the hook or the headset plug: one contact that stays where it is
// put. It tells only changes; at the start it is off.
type Switch struct {
	cfg   SwitchConfig
	out   []Action
	phase phase
	asked bool
	next  time.Time // of the next Scan; zero = none

	active bool      // the last reading
	reads  int       // so many in a row were the same
	since  time.Time // the first of them
	begun  time.Time // of this restlessness

	on    bool      // where the switch is, without its bounces
	told  bool      // where the phone believes it to be
	offAt time.Time // when Off is told if it was no flash; zero = it is not waited for
	off   time.Time // when it went off

	bad   bool
	turns patience
}

// NewSwitch makes a switch whose line is not there yet: its first event is
// Ready.
func NewSwitch(cfg SwitchConfig) *Switch {
	for _, t := range []struct {
		d   *time.Duration
		def time.Duration
	}{
		{&cfg.Debounce, defaultSwitchDebounce},
		{&cfg.FlashMin, defaultFlashMin},
		{&cfg.FlashMax, defaultFlashMax},
	} {
		if *t.d <= 0 {
			*t.d = t.def
		}
	}
	return &Switch{cfg: cfg, out: make([]Action, 0, 8)}
}

// Deadline is when a Tick is due; zero = none.
func (s *Switch) Deadline() time.Time {
	switch {
	case s.asked || s.next.IsZero():
		return s.offAt
	case s.offAt.IsZero() || s.next.Before(s.offAt):
		return s.next
	}
	return s.offAt
}

// Step tells the switch one event and returns what to do about it, in order.
// The slice is valid until the next Step.
func (s *Switch) Step(now time.Time, ev Event) []Action {
	s.out = s.out[:0]
	s.hungUp(now)
	switch ev.Kind {
	case Ready:
		if s.phase == away {
			s.rouse(now)
		}
	case Edge:
		if s.phase == watching {
			s.rouse(now)
		}
	case Tick:
		if !s.asked && !s.next.IsZero() && !now.Before(s.next) {
			s.scan()
		}
	case Scanned:
		if s.asked {
			s.asked = false
			s.read(now, ev.Frame[0]&1 != 0)
		}
	case Lost:
		s.phase, s.asked, s.next = away, false, time.Time{}
	}
	return s.out
}

func (s *Switch) rouse(now time.Time) {
	s.phase, s.reads, s.begun = scanning, 0, now
	s.scan()
}

func (s *Switch) scan() {
	s.asked = true
	s.out = append(s.out, Action{Kind: Scan, Rows: 1})
}

// read takes one reading of the level.
func (s *Switch) read(now time.Time, active bool) {
	if s.reads == 0 || active != s.active {
		s.active, s.reads, s.since = active, 0, now
	}
	s.reads = min(s.reads+1, agreeing)
	steady := now.Sub(s.since)
	s.next = now.Add(sampleEvery)
	switch {
	case s.bad:
		s.next = now.Add(lookEvery)
		if steady >= steadyAgain {
			s.bad = false
			s.fault("")
			s.turn(now)
			s.rest()
		}
	case s.reads >= agreeing && steady >= s.cfg.Debounce:
		if s.active != s.on && !s.turns.take(now, turnEvery, mostTurns) {
			s.broken()
			return
		}
		s.turn(now)
		s.rest()
	case now.Sub(s.begun) >= mostRestless:
		s.broken()
	}
}

// rest waits for an edge.
func (s *Switch) rest() {
	s.phase, s.next = watching, time.Time{}
	s.out = append(s.out, Action{Kind: Watch, Rows: 1})
}

// broken stops listening until the level is steady again. Where the phone
// believes the switch to be, it stays.
func (s *Switch) broken() {
	s.bad, s.on, s.offAt = true, s.told, time.Time{}
	s.fault("The " + s.cfg.Name + " makes bad contact.")
}

// turn takes the steady level.
func (s *Switch) turn(now time.Time) {
	if s.on == s.active {
		return
	}
	s.on = s.active
	switch {
	case s.on && !s.offAt.IsZero():
		s.offAt = time.Time{}
		if s.since.Sub(s.off) >= s.cfg.FlashMin {
			s.tell(hw.Input{Kind: hw.Press, Key: s.cfg.Flash})
			s.tell(hw.Input{Kind: hw.Release, Key: s.cfg.Flash})
		}
	case s.on:
		s.told = true
		s.tell(hw.Input{Kind: s.cfg.On})
	case s.cfg.Flash != hw.NoKey:
		s.off, s.offAt = s.since, s.since.Add(s.cfg.FlashMax)
		s.hungUp(now)
	default:
		s.told = false
		s.tell(hw.Input{Kind: s.cfg.Off})
	}
}

// hungUp tells Off when the time for a flash is over.
func (s *Switch) hungUp(now time.Time) {
	if s.offAt.IsZero() || now.Before(s.offAt) {
		return
	}
	s.offAt, s.told = time.Time{}, false
	s.tell(hw.Input{Kind: s.cfg.Off})
}

func (s *Switch) tell(in hw.Input) { s.out = append(s.out, Action{Kind: Tell, Input: in}) }

func (s *Switch) fault(text string) { s.tell(hw.Input{Kind: hw.Fault, Text: text}) }
