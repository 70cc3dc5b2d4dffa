package engine

import (
	"errors"
	"io"
	"time"

	"phoned/audio"
	"phoned/audio/tone"
	"phoned/audio/wire"
)

// orders is how many messages are read in a row.
const orders = 32

// obey reads what the control process says, and lets another one in if it is gone.
func (e *engine) obey(now time.Duration) {
	if e.link != nil && e.readable(e.link.FD()) {
		for range orders {
			fds, err := e.link.Receive(&e.in)
			if errors.Is(err, wire.ErrEmpty) {
				break
			}
			if errors.Is(err, io.EOF) {
				e.alone(now)
				break
			}
			if err != nil {
				continue // nonsense of one message
			}
			e.order(now, &e.in, fds)
		}
	}
	if e.listen >= 0 && e.readable(e.listen) {
		e.admit()
	}
}

// admit takes another control process, if there is none.
func (e *engine) admit() {
	fd := wire.Accept(e.listen)
	if fd < 0 {
		return
	}
	link, err := wire.NewLink(fd)
	if err != nil {
		return
	}
	if e.link != nil {
		link.Close()
		return
	}
	e.link = link
	e.hello()
}

// order does what one message says.
func (e *engine) order(now time.Duration, m *wire.Message, fds []int) {
	if m.Kind != wire.Open {
		wire.CloseAll(fds)
	}
	switch m.Kind {
	case wire.Open:
		if err := e.openCall(now, m.Call, fds); err != nil {
			e.out = wire.Message{Kind: wire.Fault, Text: err.Error()}
			e.send()
		}
	case wire.Set:
		e.path.Set(now, m.Call, m.Session)
	case wire.Close:
		e.closeCall(now, m.Call)
	case wire.Focus:
		e.path.Focus(m.Call)
	case wire.Play:
		e.path.Play(audio.Sound(m.Which))
	case wire.Tone:
		// The control side has read it already; what can not be read is kept as it was.
		if spec, err := tone.Parse(m.Text); err == nil {
			e.path.Tone(audio.Sound(m.Which), spec)
		}
	case wire.Route:
		e.path.Route(audio.Route(m.Which))
	case wire.Volume:
		e.path.Volume(audio.Route(m.Which), int(m.Value))
	case wire.MicGain:
		e.path.MicGain(audio.Route(m.Which), int(m.Value))
	case wire.RingVolume:
		e.path.RingVolume(int(m.Value))
	case wire.Mute:
		e.path.Mute(m.Value != 0)
	case wire.Digit:
		e.path.Digit(m.Call, m.Which, m.Long)
	case wire.Quit:
		e.done = true
	case wire.Ping:
		e.out = wire.Message{Kind: wire.Pong, Value: m.Value}
		e.send()
	}
}
