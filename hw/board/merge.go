package board

import "phoned/hw"

// A move is what a program does in place of a finger.
type move struct {
	kind moveKind
	key  hw.Key
}

type moveKind uint8

const (
	press moveKind = iota
	release
	hookUp
	hookDown
	headsetIn
	headsetOut
)

// A merger makes one phone of two hands, the real one and a program's: a key is
// down while either holds it, and hook and plug are where they were moved last.
type merger struct {
	down [256]held // by hw.Key
	up   bool
	plug bool
}

// held tells who holds a key.
type held struct{ finger, program bool }

// real is what the board's own contacts tell.
func (m *merger) real(in hw.Input) []hw.Input {
	switch in.Kind {
	case hw.Press:
		return m.hold(in, func(h *held) { h.finger = true })
	case hw.Release:
		return m.hold(in, func(h *held) { h.finger = false })
	case hw.HookUp, hw.HookDown:
		return change(&m.up, in.Kind == hw.HookUp, in)
	case hw.HeadsetIn, hw.HeadsetOut:
		return change(&m.plug, in.Kind == hw.HeadsetIn, in)
	}
	return []hw.Input{in}
}

// program is what a program does.
func (m *merger) program(v move) []hw.Input {
	switch v.kind {
	case press:
		return m.hold(hw.Input{Kind: hw.Press, Key: v.key}, func(h *held) { h.program = true })
	case release:
		return m.hold(hw.Input{Kind: hw.Release, Key: v.key}, func(h *held) { h.program = false })
	case hookUp:
		return change(&m.up, true, hw.Input{Kind: hw.HookUp})
	case hookDown:
		return change(&m.up, false, hw.Input{Kind: hw.HookDown})
	case headsetIn:
		return change(&m.plug, true, hw.Input{Kind: hw.HeadsetIn})
	}
	return change(&m.plug, false, hw.Input{Kind: hw.HeadsetOut})
}

// hold tells a key only when it goes down for the first hand and up for the
// last.
func (m *merger) hold(in hw.Input, by func(*held)) []hw.Input {
	h := &m.down[in.Key]
	before := *h
	by(h)
	if (before == held{}) == (*h == held{}) {
		return nil
	}
	return []hw.Input{in}
}

func change(state *bool, to bool, in hw.Input) []hw.Input {
	if *state == to {
		return nil
	}
	*state = to
	return []hw.Input{in}
}
