package remote

import (
	"slices"

	"phoned/audio/wire"
)

// A state is all that a media process must be told to be what it was: of each
// thing the last message.
type state struct {
	pairs map[uint32]pair
	last  map[key]wire.Message
}

// A key is a thing that a message sets.
type key struct {
	kind  wire.Kind
	which uint8
	call  uint32
}

func newState() *state {
	return &state{pairs: map[uint32]pair{}, last: map[key]wire.Message{}}
}

// order is the one in which a new process is told: first how it sounds, then the
// calls, then what is heard.
var order = []wire.Kind{
	wire.Tone, wire.Route, wire.Volume, wire.MicGain, wire.RingVolume, wire.Mute,
	wire.Open, wire.Set, wire.Focus, wire.Play,
}

// note keeps what a message sets. False: the message is of a call that is not open.
func (s *state) note(m wire.Message, p pair) bool {
	k := key{kind: m.Kind}
	switch m.Kind {
	case wire.Open:
		s.pairs[m.Call] = p
		return true
	case wire.Close:
		_, ok := s.pairs[m.Call]
		delete(s.pairs, m.Call)
		delete(s.last, key{kind: wire.Set, call: m.Call})
		if s.last[key{kind: wire.Focus}].Call == m.Call {
			delete(s.last, key{kind: wire.Focus})
		}
		return ok
	case wire.Digit:
		_, ok := s.pairs[m.Call]
		return ok
	case wire.Set:
		if _, ok := s.pairs[m.Call]; !ok {
			return false
		}
		k.call = m.Call
	case wire.Focus:
		if _, ok := s.pairs[m.Call]; !ok && m.Call != 0 {
			return false
		}
	case wire.Tone, wire.Volume, wire.MicGain:
		k.which = m.Which
	}
	s.last[k] = m
	return true
}

// all is the messages that make a new process what the last one was.
func (s *state) all() []wire.Message {
	var out []wire.Message
	for _, kind := range order {
		from := len(out)
		if kind == wire.Open {
			for call := range s.pairs {
				out = append(out, wire.Message{Kind: wire.Open, Call: call})
			}
		}
		for k, m := range s.last {
			if k.kind == kind {
				out = append(out, m)
			}
		}
		slices.SortFunc(out[from:], func(a, b wire.Message) int {
			if a.Call != b.Call {
				return int(int64(a.Call) - int64(b.Call))
			}
			return int(a.Which) - int(b.Which)
		})
	}
	return out
}
