package desk

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/audio"
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/ua"
)

// fakeUA records what it is asked for.
type fakeUA struct {
	events chan ua.Event
	mu     sync.Mutex
	asked  []ua.Command
}

func (f *fakeUA) Do(c ua.Command) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, c)
}

func (f *fakeUA) Events() <-chan ua.Event { return f.events }

// take are the commands since the last take.
func (f *fakeUA) take() []ua.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.asked
	f.asked = nil
	return all
}

// fakeMedia records the state the voice process would be in.
type fakeMedia struct {
	events chan remote.Event
	full   bool // no more sockets

	mu       sync.Mutex
	open     map[uint32]uint16
	sessions map[uint32]audio.Session
	focus    uint32
	sound    audio.Sound
	route    audio.Route
	volumes  map[audio.Route]int
	ring     int
	mute     bool
	digits   []byte
	order    []string // Set and Focus, in order
}

func newFakeMedia() *fakeMedia {
	return &fakeMedia{
		events: make(chan remote.Event), open: map[uint32]uint16{}, sessions: map[uint32]audio.Session{},
		volumes: map[audio.Route]int{},
	}
}

func (f *fakeMedia) Events() <-chan remote.Event { return f.events }

func (f *fakeMedia) Open(call uint32) (uint16, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return 0, errors.New("no free port")
	}
	f.open[call] = 10000 + uint16(call)*2
	return f.open[call], nil
}

func (f *fakeMedia) Set(call uint32, s audio.Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[call] = s
	f.order = append(f.order, "set")
}

func (f *fakeMedia) Close(call uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, call)
	delete(f.sessions, call)
}

func (f *fakeMedia) Focus(call uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.focus = call
	f.order = append(f.order, "focus")
}

func (f *fakeMedia) Play(s audio.Sound)   { f.mu.Lock(); defer f.mu.Unlock(); f.sound = s }
func (f *fakeMedia) Route(to audio.Route) { f.mu.Lock(); defer f.mu.Unlock(); f.route = to }
func (f *fakeMedia) RingVolume(step int)  { f.mu.Lock(); defer f.mu.Unlock(); f.ring = step }
func (f *fakeMedia) Mute(on bool)         { f.mu.Lock(); defer f.mu.Unlock(); f.mute = on }

func (f *fakeMedia) Volume(of audio.Route, step int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.volumes[of] = step
}

func (f *fakeMedia) Digit(_ uint32, digit byte, _ time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.digits = append(f.digits, digit)
}

// What the desk made of it, for tests in which it moves by itself.
func (f *fakeMedia) sounds() audio.Sound { f.mu.Lock(); defer f.mu.Unlock(); return f.sound }
func (f *fakeMedia) inEar() uint32       { f.mu.Lock(); defer f.mu.Unlock(); return f.focus }
func (f *fakeMedia) sockets() int        { f.mu.Lock(); defer f.mu.Unlock(); return len(f.open) }

// fakeBoard records what it shows; with stuck it never finishes a drawing
// until stuck is closed.
type fakeBoard struct {
	inputs chan hw.Input
	stuck  chan struct{}

	mu      sync.Mutex
	fails   error
	lamps   map[hw.Lamp]hw.Light
	screens []hw.Screen
	drawn   []time.Time
}

func newFakeBoard() *fakeBoard {
	return &fakeBoard{inputs: make(chan hw.Input), lamps: map[hw.Lamp]hw.Light{}}
}

func (b *fakeBoard) Inputs() <-chan hw.Input { return b.inputs }
func (b *fakeBoard) Close() error            { return nil }

func (b *fakeBoard) SetLamp(l hw.Lamp, light hw.Light) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lamps[l] = light
	return b.fails
}

func (b *fakeBoard) Show(s hw.Screen) error {
	if b.stuck != nil {
		<-b.stuck
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.screens = append(b.screens, s)
	b.drawn = append(b.drawn, time.Now())
	return b.fails
}

// last is the picture on the display, as text.
func (b *fakeBoard) last() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.screens) == 0 {
		return nil
	}
	return phone.Text(b.screens[len(b.screens)-1])
}

// A bench is a desk with everything around it replaced.
type bench struct {
	*Desk
	agent *fakeUA
	media *fakeMedia
	board *fakeBoard
}

func testSettings() Settings {
	return Settings{
		Phone: phone.Config{
			Lines:       []phone.Line{{Number: 1, User: "1001", Enabled: true, Register: true, DTMF: phone.AutoDTMF}},
			DialByPound: true, CallWaiting: true, HandsetVolume: 5, SpeakerVolume: 6, RingVolume: 7, Version: "1.0",
		},
		Voice: map[int]Voice{1: {Codecs: []audio.CodecID{audio.G722, audio.PCMA}, Event: 101, Ptime: 20 * time.Millisecond}},
	}
}

// onBench runs a test with a desk in a bubble of its own time.
func onBench(t *testing.T, change func(*Config, *bench), test func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{agent: &fakeUA{events: make(chan ua.Event)}, media: newFakeMedia(), board: newFakeBoard()}
		cfg := Config{Settings: testSettings(), UA: b.agent, Media: b.media, Board: b.board}
		if change != nil {
			change(&cfg, b)
		}
		b.Desk = New(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		synctest.Wait()
		test(t, b)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func (b *bench) press(keys ...hw.Key) {
	for _, k := range keys {
		b.board.inputs <- hw.Input{Kind: hw.Press, Key: k}
		b.board.inputs <- hw.Input{Kind: hw.Release, Key: k}
	}
	synctest.Wait()
}

func (b *bench) hook(up bool) {
	kind := hw.HookDown
	if up {
		kind = hw.HookUp
	}
	b.board.inputs <- hw.Input{Kind: kind}
	synctest.Wait()
}

func (b *bench) tell(events ...ua.Event) {
	for _, ev := range events {
		b.agent.events <- ev
	}
	synctest.Wait()
}

// asked are the commands of one type since the last look.
func asked[C ua.Command](t *testing.T, b *bench, n int) []C {
	t.Helper()
	var found []C
	for _, c := range b.agent.take() {
		if c, ok := c.(C); ok {
			found = append(found, c)
		}
	}
	if len(found) != n {
		t.Fatalf("the user agent was asked %d times for %T, want %d", len(found), *new(C), n)
	}
	return found
}

func has(lines []string, text string) bool { return slices.Contains(lines, text) }

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
