package desk

import (
	"log/slog"
	"time"

	"phoned/audio"
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/ua"
)

// A UA places and takes calls: *ua.UA.
type UA interface {
	// Do never blocks.
	Do(ua.Command)
	// Events loses none and is closed when the user agent has ended.
	Events() <-chan ua.Event
}

// A Media is the voice process: *remote.Remote. No method waits for it; what
// went wrong comes back as an event. See there for what each does.
type Media interface {
	Events() <-chan remote.Event
	Open(call uint32) (port uint16, err error)
	Set(call uint32, s audio.Session)
	Close(call uint32)
	Focus(call uint32)
	Play(s audio.Sound)
	Route(to audio.Route)
	Volume(of audio.Route, step int)
	RingVolume(step int)
	Mute(on bool)
	Digit(call uint32, digit byte, long time.Duration)
}

// A Voice is what a line offers for the voice of its calls.
type Voice struct {
	Codecs []audio.CodecID // in order of preference; empty = all that are built
	Ptime  time.Duration   // of the packets; 0 = leave it open
	Event  uint8           // payload type of telephone events, setting `Dtmf Payload Type`; 0 = none
}

// Settings are what may change while the phone runs.
type Settings struct {
	Phone phone.Config
	Lines []ua.Line     // for the user agent
	Voice map[int]Voice // by line number
}

// Config is what New needs. UA, Media and Board must be given.
type Config struct {
	Settings Settings // Lines are not told to the user agent at the start: it has them
	UA       UA
	Media    Media
	Board    hw.Board
	// Save keeps a setting the user changed at the phone; nil = it is lost. It is
	// called from the desk's goroutine and must be quick.
	Save func(setting phone.Setting, value string) error
	// Restart starts the whole phone again when no call is left; nil = the wish is
	// lost. It is called from the desk's goroutine and must not wait.
	Restart func()
	Log     *slog.Logger // nil = nothing is logged
}
