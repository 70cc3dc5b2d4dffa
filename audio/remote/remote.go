package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"phoned/audio"
	"phoned/audio/device"
	"phoned/audio/tone"
	"phoned/audio/wire"
)

// A Remote is the control side of the media process. Its methods may be called
// from any goroutine and never wait for the media process; they take effect
// in the order they were called. All of them but Open may be called with a
// call that is not open: nothing happens then.
type Remote struct {
	cfg     Config
	events  chan Event
	ports   *ports
	adopted []Adopted

	pings chan chan<- struct{}

	mu    sync.Mutex
	queue []command
	wake  chan struct{}
}

// A command is a message on its way to the media process, with the sockets that
// it opens or closes.
type command struct {
	wire.Message
	pair pair
}

// Adopted is a call of an earlier control process whose sound still flows.
type Adopted struct {
	Call uint32
	Port uint16
}

// Start starts the media process, or takes over the one that listens on
// Config.Socket, and keeps one running until ctx is done; then the media
// process is told to end. An error means that the configuration can not work;
// a device that fails later is a DeviceFault.
func Start(ctx context.Context, cfg Config) (*Remote, error) {
	cfg = cfg.withDefaults()
	if _, err := device.Parse(cfg.Device); err != nil {
		return nil, err
	}
	ports, err := newPorts(cfg.PortMin, cfg.PortCount, cfg.DSCP)
	if err != nil {
		return nil, err
	}
	r := &Remote{cfg: cfg, events: make(chan Event, 16), ports: ports, wake: make(chan struct{}, 1), pings: make(chan chan<- struct{})}
	k := newKeeper(r)
	if cfg.Socket != "" {
		r.takeOver(k)
	}
	if k.proc == nil {
		if k.proc, err = spawn(cfg, false); err != nil {
			return nil, err
		}
	}
	go k.run(ctx)
	return r, nil
}

// takeOver looks for a media process that outlived its control process.
func (r *Remote) takeOver(k *keeper) {
	p, err := takeOver(r.cfg, func(call uint32, fds []int) {
		if r.ports.adopt(call, fds) {
			r.adopted = append(r.adopted, Adopted{call, r.ports.open[call].port})
		}
	})
	if err != nil {
		for _, a := range r.adopted { // of a process that ended while it told
			if p, ok := r.ports.release(a.Call); ok {
				p.close()
			}
		}
		r.adopted = nil
		if errors.Is(err, errOther) {
			r.cfg.Log.Info("media process of another version or device ended")
		}
		return
	}
	k.proc = p
	for _, a := range r.adopted {
		k.state.note(wire.Message{Kind: wire.Open, Call: a.Call}, r.ports.open[a.Call])
		k.forlorn[a.Call] = true
	}
	r.cfg.Log.Info("media process taken over", "calls", len(r.adopted))
}

// Adopted is the calls that the media process held when it was taken over. Those
// that are neither Set nor closed within 30 s are closed.
func (r *Remote) Adopted() []Adopted { return slices.Clone(r.adopted) }

// Events carries what the media process tells. It is closed after ctx is done
// and the media process has ended. A slow reader loses Stats first.
func (r *Remote) Events() <-chan Event { return r.events }

// Ping returns when the loop that keeps the media process has answered. It
// answers also while that process is being replaced: it ends one that is silent
// for too long by itself. The error is that of ctx.
func (r *Remote) Ping(ctx context.Context) error {
	reply := make(chan struct{}, 1)
	select {
	case r.pings <- reply:
	case <-ctx.Done():
		return ctx.Err()
	}
	<-reply // the loop has it already in its hand
	return nil
}

// Open binds the call's sockets: RTP at the even port it returns, RTCP one
// above. The session is still: nothing is sent or played before Set. Opening
// an open call returns its port.
func (r *Remote) Open(call uint32) (port uint16, err error) {
	if call == 0 {
		return 0, errors.New("open a voice stream: 0 is no call")
	}
	p, fresh, err := r.ports.take(call)
	if err != nil {
		return 0, fmt.Errorf("open a voice stream: %w", err)
	}
	if fresh {
		r.push(command{wire.Message{Kind: wire.Open, Call: call}, p})
	}
	return p.port, nil
}

// Set changes what the call's stream is. It does not put it in the ear.
func (r *Remote) Set(call uint32, s audio.Session) {
	s.Receive = slices.Clone(s.Receive)
	r.push(command{Message: wire.Message{Kind: wire.Set, Call: call, Session: s}})
}

// Close ends the call's stream and gives its ports back.
func (r *Remote) Close(call uint32) {
	if p, ok := r.ports.release(call); ok {
		r.push(command{wire.Message{Kind: wire.Close, Call: call}, p})
	}
}

// Focus puts one call in the ear and the mouth; 0 = none. The others stay open:
// they send silence if their session sends.
func (r *Remote) Focus(call uint32) {
	r.push(command{Message: wire.Message{Kind: wire.Focus, Call: call}})
}

// Play plays a sound until the next Play; Silence ends it. A sound is mixed
// with the call in focus.
func (r *Remote) Play(s audio.Sound) {
	r.push(command{Message: wire.Message{Kind: wire.Play, Which: uint8(s)}})
}

// Tones sets what sounds are, in the form of package tone
// (`425/200,0/300`). A sound that is not named keeps what it was. A tone that
// can not be read is an error that names it; the others are set.
func (r *Remote) Tones(specs map[audio.Sound]string) error {
	var all error
	for s, text := range specs {
		spec, err := tone.Parse(text)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("set the tone of sound %d: %w", s, err))
			continue
		}
		r.push(command{Message: wire.Message{Kind: wire.Tone, Which: uint8(s), Text: spec.String()}})
	}
	return all
}

// Route chooses where the voice goes and comes from.
func (r *Remote) Route(to audio.Route) {
	r.push(command{Message: wire.Message{Kind: wire.Route, Which: uint8(to)}})
}

// Volume sets how loud a route is: 0 (quiet) to 9, 5 = as it arrives, 3 dB a step.
func (r *Remote) Volume(of audio.Route, step int) {
	r.push(command{Message: wire.Message{Kind: wire.Volume, Which: uint8(of), Value: int32(step)}})
}

// RingVolume sets how loud Ring is: 0 (off) to 9.
func (r *Remote) RingVolume(step int) {
	r.push(command{Message: wire.Message{Kind: wire.RingVolume, Value: int32(step)}})
}

// MicGain sets how sensitive a route's microphone is: 0 to 9, 3 = as it is, 3 dB a step.
func (r *Remote) MicGain(of audio.Route, step int) {
	r.push(command{Message: wire.Message{Kind: wire.MicGain, Which: uint8(of), Value: int32(step)}})
}

// Mute silences the microphone; the stream goes on.
func (r *Remote) Mute(on bool) {
	m := wire.Message{Kind: wire.Mute}
	if on {
		m.Value = 1
	}
	r.push(command{Message: m})
}

// Digit sends a digit (0-9 * # A-D) to the far side for the given time
// (100 ms if 0): as telephone event if the session has one, else in the voice.
// Digits queue.
func (r *Remote) Digit(call uint32, digit byte, long time.Duration) {
	r.push(command{Message: wire.Message{Kind: wire.Digit, Call: call, Which: digit, Long: long}})
}

func (r *Remote) push(c command) {
	r.mu.Lock()
	r.queue = append(r.queue, c)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it is awake
	}
}

// pull takes all that waits.
func (r *Remote) pull() []command {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.queue
	r.queue = nil
	return q
}
