package audiotest

import (
	"fmt"
	"sync"
	"time"

	"phoned/audio"
	"phoned/audio/remote"
)

// Fake stands in for *remote.Remote. The zero value is not ready: use New.
type Fake struct {
	mu     sync.Mutex
	state  State
	log    []string
	next   uint16
	refuse error
	events chan remote.Event
}

// State is what a Fake was told, as it stands.
type State struct {
	Ports    map[uint32]uint16 // of the open calls
	Sessions map[uint32]audio.Session
	Digits   map[uint32]string // sent so far, by open call
	Focus    uint32
	Sound    audio.Sound
	Tones    map[audio.Sound]string
	Route    audio.Route
	Volume   map[audio.Route]int
	MicGain  map[audio.Route]int
	Ring     int
	Muted    bool
}

// New gives a Fake whose ports begin at 10000.
func New() *Fake {
	return &Fake{
		next:   10000,
		events: make(chan remote.Event, 64),
		state: State{
			Ports: map[uint32]uint16{}, Sessions: map[uint32]audio.Session{}, Digits: map[uint32]string{},
			Tones: map[audio.Sound]string{}, Volume: map[audio.Route]int{}, MicGain: map[audio.Route]int{}, Ring: 5,
		},
	}
}

// State returns a copy of what the Fake was told.
func (f *Fake) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state
	s.Ports, s.Sessions, s.Digits = clone(s.Ports), clone(s.Sessions), clone(s.Digits)
	s.Tones, s.Volume, s.MicGain = clone(s.Tones), clone(s.Volume), clone(s.MicGain)
	return s
}

// Log returns every call of a method since the start, one line each, such as
// `open 1`, `focus 1`, `play 3`, `digit 1 5`.
func (f *Fake) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

// Refuse makes every later Open fail with err; nil ends that.
func (f *Fake) Refuse(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = err
}

// Tell sends an event to the layer above.
func (f *Fake) Tell(e remote.Event) { f.events <- e }

// Events is what Tell sends.
func (f *Fake) Events() <-chan remote.Event { return f.events }

// Open gives the call the next even port.
func (f *Fake) Open(call uint32) (uint16, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("open %d", call)
	if f.refuse != nil {
		return 0, f.refuse
	}
	if p, ok := f.state.Ports[call]; ok {
		return p, nil
	}
	p := f.next
	f.next += 2
	f.state.Ports[call] = p
	return p, nil
}

// Set keeps the session.
func (f *Fake) Set(call uint32, s audio.Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("set %d remote %v codec %d send %v play %v", call, s.Remote, s.Codec, s.Send, s.Play)
	if _, ok := f.state.Ports[call]; ok {
		f.state.Sessions[call] = s
	}
}

// Close forgets the call.
func (f *Fake) Close(call uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("close %d", call)
	delete(f.state.Ports, call)
	delete(f.state.Sessions, call)
	delete(f.state.Digits, call)
	if f.state.Focus == call {
		f.state.Focus = 0
	}
}

// Focus keeps the call in the ear.
func (f *Fake) Focus(call uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("focus %d", call)
	f.state.Focus = call
}

// Play keeps the sound.
func (f *Fake) Play(s audio.Sound) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("play %d", s)
	f.state.Sound = s
}

// Tones keeps the tones unread.
func (f *Fake) Tones(specs map[audio.Sound]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("tones %d", len(specs))
	for s, spec := range specs {
		f.state.Tones[s] = spec
	}
	return nil
}

// Route keeps the route.
func (f *Fake) Route(to audio.Route) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("route %d", to)
	f.state.Route = to
}

// Volume keeps the step.
func (f *Fake) Volume(of audio.Route, step int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("volume %d %d", of, step)
	f.state.Volume[of] = step
}

// RingVolume keeps the step.
func (f *Fake) RingVolume(step int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("ring volume %d", step)
	f.state.Ring = step
}

// MicGain keeps the step.
func (f *Fake) MicGain(of audio.Route, step int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("mic gain %d %d", of, step)
	f.state.MicGain[of] = step
}

// Mute keeps the switch.
func (f *Fake) Mute(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("mute %v", on)
	f.state.Muted = on
}

// Digit keeps the digit if the call is open.
func (f *Fake) Digit(call uint32, digit byte, _ time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("digit %d %c", call, digit)
	if _, ok := f.state.Ports[call]; ok {
		f.state.Digits[call] += string(rune(digit))
	}
}

func (f *Fake) note(format string, args ...any) {
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
