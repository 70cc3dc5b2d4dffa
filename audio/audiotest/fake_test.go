package audiotest

import (
	"context"
	"testing"
	"time"

	"phoned/audio"
	"phoned/audio/remote"
)

// voice is what the layers above use of the media process; both must have it.
type voice interface {
	Events() <-chan remote.Event
	Open(call uint32) (uint16, error)
	Set(call uint32, s audio.Session)
	Close(call uint32)
	Focus(call uint32)
	Play(s audio.Sound)
	Tones(specs map[audio.Sound]string) error
	Route(to audio.Route)
	Volume(of audio.Route, step int)
	RingVolume(step int)
	MicGain(of audio.Route, step int)
	Mute(on bool)
	Digit(call uint32, digit byte, long time.Duration)
}

var (
	_ voice = (*Fake)(nil)
	_ voice = (*remote.Remote)(nil)
	_       = remote.Start
	_       = context.Background
)

func TestFakeKeepsWhatItWasTold(t *testing.T) {
	f := New()
	p, err := f.Open(7)
	if err != nil || p%2 != 0 {
		t.Fatalf("Open = %d, %v", p, err)
	}
	f.Set(7, audio.Session{Codec: audio.PCMA, Send: true})
	f.Focus(7)
	f.Digit(7, '5', 0)
	if s := f.State(); s.Sessions[7].Codec != audio.PCMA || s.Focus != 7 || s.Digits[7] != "5" {
		t.Fatalf("state %+v", s)
	}
	f.Close(7)
	f.Set(7, audio.Session{})
	if s := f.State(); len(s.Ports) != 0 || len(s.Sessions) != 0 || s.Focus != 0 {
		t.Fatalf("state after close %+v", s)
	}
}
