package remote

import (
	"context"
	"time"

	"phoned/audio"
)

// A Remote is the control side of the media process. Its methods may be called
// from any goroutine and never wait for the media process; they take effect
// in the order they were called. All of them but Open may be called with a
// call that is not open: nothing happens then.
type Remote struct {
	cfg    Config
	events chan Event
}

// Start starts the media process, or takes over the one that listens on
// Config.Socket, and keeps one running until ctx is done; then the media
// process is told to end. An error means that the configuration can not work;
// a device that fails later is a DeviceFault.
func Start(ctx context.Context, cfg Config) (*Remote, error) {
	r := &Remote{cfg: cfg.withDefaults(), events: make(chan Event, 16)}
	return r, ctx.Err()
}

// Events carries what the media process tells. It is closed after ctx is done
// and the media process has ended. A slow reader loses Stats first.
func (r *Remote) Events() <-chan Event { return r.events }

// Open binds the call's sockets: RTP at the even port it returns, RTCP one
// above. The session is still: nothing is sent or played before Set. Opening
// an open call returns its port.
func (r *Remote) Open(call uint32) (port uint16, err error) { return 0, nil }

// Set changes what the call's stream is. It does not put it in the ear.
func (r *Remote) Set(call uint32, s audio.Session) {}

// Close ends the call's stream and gives its ports back.
func (r *Remote) Close(call uint32) {}

// Focus puts one call in the ear and the mouth; 0 = none. The others stay open:
// they send silence if their session sends.
func (r *Remote) Focus(call uint32) {}

// Play plays a sound until the next Play; Silence ends it. A sound is mixed
// with the call in focus.
func (r *Remote) Play(s audio.Sound) {}

// Tones sets what sounds are, in the form of package tone
// (`425/200,0/300`). A sound that is not named keeps what it was. A tone that
// can not be read is an error that names it; the others are set.
func (r *Remote) Tones(specs map[audio.Sound]string) error { return nil }

// Route chooses where the voice goes and comes from.
func (r *Remote) Route(to audio.Route) {}

// Volume sets how loud a route is: 0 (quiet) to 9, 5 = as it arrives, 3 dB a step.
func (r *Remote) Volume(of audio.Route, step int) {}

// RingVolume sets how loud Ring is: 0 (off) to 9.
func (r *Remote) RingVolume(step int) {}

// MicGain sets how sensitive a route's microphone is: 0 to 9, 3 = as it is, 3 dB a step.
func (r *Remote) MicGain(of audio.Route, step int) {}

// Mute silences the microphone; the stream goes on.
func (r *Remote) Mute(on bool) {}

// Digit sends a digit (0-9 * # A-D) to the far side for the given time
// (100 ms if 0): as telephone event if the session has one, else in the voice.
// Digits queue.
func (r *Remote) Digit(call uint32, digit byte, long time.Duration) {}
