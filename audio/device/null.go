package device

import "time"

// A Null is a device with nothing at it: its mouth is silent.
type Null struct {
	clock
	rate int
}

// NewNull makes a null device of a rate in Hz.
func NewNull(rate int) *Null { return &Null{rate: rate} }

// Rate implements audio.Device.
func (n *Null) Rate() int { return n.rate }

// Capture implements audio.Device.
func (n *Null) Capture(now time.Duration, mouth []int16) (bool, error) {
	clear(mouth)
	return n.due(now), nil
}

// Play implements audio.Device.
func (n *Null) Play([]int16) error { return nil }

// Close implements audio.Device.
func (n *Null) Close() error { return nil }

// echoDelay is the way from the ear to the mouth, in periods.
const echoDelay = 10

// An echo hears what it says, 100 ms later.
type echo struct {
	Null
	line [echoDelay][160]int16
	at   int
}

func newEcho(rate int) *echo { return &echo{Null: Null{rate: rate}} }

func (e *echo) Capture(now time.Duration, mouth []int16) (bool, error) {
	if !e.due(now) {
		return false, nil
	}
	copy(mouth, e.line[e.at][:])
	return true, nil
}

func (e *echo) Play(ear []int16) error {
	copy(e.line[e.at][:], ear)
	e.at = (e.at + 1) % echoDelay
	return nil
}
