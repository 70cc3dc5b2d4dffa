package engine

import (
	"errors"
	"net/netip"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio"
	"phoned/audio/rtp"
	"phoned/audio/wire"
)

// A rig is an engine in this process and the control side's end of its link.
type rig struct {
	*engine
	t       *testing.T
	control *wire.Link
	told    []wire.Message
}

func newRig(t *testing.T, device, socket string) *rig {
	t.Helper()
	ours, theirs, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	control, _ := wire.NewLink(ours)
	link, _ := wire.NewLink(theirs)
	e, err := newEngine(device, false, link, socket)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{engine: e, t: t, control: control}
	t.Cleanup(func() { e.close(); control.Close() })
	return r
}

func (r *rig) say(m wire.Message, fds ...int) {
	r.t.Helper()
	if err := r.control.Send(&m, fds...); err != nil {
		r.t.Fatal(err)
	}
}

// turns runs the engine for a time and keeps what it tells.
func (r *rig) turns(d time.Duration) {
	for end := r.now() + d; r.now() < end && !r.done; {
		r.say(wire.Message{Kind: wire.Ping}) // so that no turn waits for long
		r.turn()
		r.listen()
	}
}

// until runs the engine until something is so. A busy machine may take its time.
func (r *rig) until(what string, so func() bool) {
	r.t.Helper()
	for end := r.now() + 20*time.Second; !so(); {
		if r.now() > end {
			r.t.Fatalf("%s: not in 20 s", what)
		}
		r.turns(10 * time.Millisecond)
	}
}

func (r *rig) sent(call uint32) uint64 {
	s, _, _ := r.path.Stats(call)
	return s.Sent
}

func (r *rig) received(call uint32) uint64 {
	s, _, _ := r.path.Stats(call)
	return s.Received
}

func (r *rig) listen() {
	for {
		var m wire.Message
		fds, err := r.control.Receive(&m)
		if err != nil {
			return
		}
		wire.CloseAll(fds)
		if m.Kind != wire.Pong {
			r.told = append(r.told, m)
		}
	}
}

func (r *rig) heard(kind wire.Kind) (found []wire.Message) {
	for _, m := range r.told {
		if m.Kind == kind {
			found = append(found, m)
		}
	}
	return found
}

// open opens a call on free ports and returns its RTP address.
func (r *rig) open(call uint32) netip.AddrPort {
	r.t.Helper()
	var fds [2]int
	var port int
	for i := range fds {
		fd, err := rtp.Bind(0, 46)
		if err != nil {
			r.t.Fatal(err)
		}
		fds[i] = fd
		if i == 0 {
			switch a, _ := unix.Getsockname(fd); a := a.(type) {
			case *unix.SockaddrInet4:
				port = a.Port
			case *unix.SockaddrInet6:
				port = a.Port
			}
		}
	}
	r.say(wire.Message{Kind: wire.Open, Call: call}, fds[:]...)
	wire.CloseAll(fds[:])
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

func session(to netip.AddrPort) audio.Session {
	return audio.Session{
		Remote: to, Codec: audio.PCMU, Event: 101, EventIn: 101, Send: true, Play: true,
		Receive: []audio.Payload{{Type: 0, Codec: audio.PCMU}},
	}
}

func TestItSaysHello(t *testing.T) {
	r := newRig(t, "null", "")
	r.turns(20 * time.Millisecond)
	if h := r.heard(wire.Hello); len(h) != 1 || h[0].Value != wire.Version || h[0].Text != "null" {
		t.Errorf("hello: %+v", h)
	}
	if len(r.heard(wire.Ready)) != 1 {
		t.Error("not ready")
	}
}

// A call to itself: what it sends is what it receives, in real time.
func TestACall(t *testing.T) {
	r := newRig(t, "null", "")
	a, b := r.open(1), r.open(2)
	r.say(wire.Message{Kind: wire.Set, Call: 1, Session: session(b)})
	r.say(wire.Message{Kind: wire.Set, Call: 2, Session: session(a)})
	r.say(wire.Message{Kind: wire.Focus, Call: 1})
	r.say(wire.Message{Kind: wire.Digit, Call: 2, Which: '7'})
	begin := r.now()
	r.until("voice", func() bool { return r.received(1) >= 60 && r.sent(1) >= 60 && r.now()-begin > 1100*time.Millisecond })
	if took, n := r.now()-begin, r.sent(1); n > uint64(took/(20*time.Millisecond))+2 {
		t.Errorf("%d packets of 20 ms in %v", n, took)
	}
	r.say(wire.Message{Kind: wire.Close, Call: 1})
	r.until("the last report", func() bool { return r.path.Calls() == 1 })
	r.listen()
	if d := r.heard(wire.Arrived); len(d) != 1 || d[0].Call != 1 || d[0].Which != '7' {
		t.Errorf("digits: %+v", d)
	}
	reports := r.heard(wire.Report)
	if len(reports) < 4 {
		t.Fatalf("%d reports", len(reports))
	}
	last := reports[len(reports)-1]
	if !last.Stats.Closed || last.Call != 1 || last.Stats.Received < 50 || last.Stats.Sent < 50 || last.Stats.Lost > 0 {
		t.Errorf("the last report: %+v", last)
	}
	if r.path.Calls() != 1 || len(r.calls) != 1 {
		t.Error("the closed call is still there")
	}
}

// While nothing is to be heard or said the device stands still and the thread sleeps.
func TestItSleepsWithoutACall(t *testing.T) {
	r := newRig(t, "null", "")
	r.turns(5 * time.Millisecond)
	if r.sound.running {
		t.Error("the device runs")
	}
	if _, _, until := r.sound.wait(r.now()); until-r.now() < time.Minute {
		t.Errorf("wakes up in %v", until-r.now())
	}
	r.say(wire.Message{Kind: wire.Play, Which: uint8(audio.DialTone)})
	r.until("the device runs for a tone", func() bool { return r.sound.running })
	r.say(wire.Message{Kind: wire.Play})
	r.until("the device rests after it", func() bool { return !r.sound.running })
}

func TestItEndsWhenItIsTold(t *testing.T) {
	r := newRig(t, "null", "")
	r.say(wire.Message{Kind: wire.Quit})
	r.turns(time.Second)
	if !r.done {
		t.Error("goes on")
	}
}

// A control process that dies takes nothing with it for 30 s, and another one
// finds the calls.
func TestItOutlivesItsControlProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "media")
	r := newRig(t, "null", path)
	a, b := r.open(1), r.open(2)
	r.say(wire.Message{Kind: wire.Set, Call: 1, Session: session(b)})
	r.say(wire.Message{Kind: wire.Set, Call: 2, Session: session(a)})
	r.say(wire.Message{Kind: wire.Play, Which: uint8(audio.DialTone)})
	r.turns(100 * time.Millisecond)

	// One too many is sent away.
	fd, err := wire.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	rival, _ := wire.NewLink(fd)
	r.turns(30 * time.Millisecond)
	var m wire.Message
	if _, err := rival.Receive(&m); err == nil || errors.Is(err, wire.ErrEmpty) {
		t.Error("two control processes")
	}
	rival.Close()

	before := r.sent(1)
	r.control.Close()
	for end := r.now() + 10*time.Second; r.now() < end && r.sent(1) < before+10; {
		r.turn()
	}
	if after := r.sent(1); r.done || after < before+10 {
		t.Fatalf("the voice stopped with the control process: %d and %d packets", before, after)
	}

	fd, err = wire.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	r.control, _ = wire.NewLink(fd)
	r.told = nil
	r.turn()
	held := map[uint32]int{}
	for range 10 {
		fds, err := r.control.Receive(&m)
		if err != nil {
			break
		}
		if m.Kind == wire.Holds {
			held[m.Call] = len(fds)
		}
		wire.CloseAll(fds)
	}
	if held[1] != 2 || held[2] != 2 {
		t.Errorf("told of calls with sockets %v", held)
	}

	r.control.Close()
	r.turn()
	if r.done || r.link != nil {
		t.Fatal("ended at once")
	}
	r.begin = r.begin.Add(-orphanFor - time.Second)
	r.turn()
	if !r.done {
		t.Error("goes on for ever")
	}
}

func TestWithoutCallsItEndsWithItsControlProcess(t *testing.T) {
	r := newRig(t, "null", filepath.Join(t.TempDir(), "media"))
	r.say(wire.Message{Kind: wire.Play, Which: uint8(audio.DialTone)})
	r.turns(30 * time.Millisecond)
	r.control.Close()
	for range 3 {
		if !r.done {
			r.turn()
		}
	}
	if !r.done {
		t.Error("plays on for nobody")
	}
}

// A device that can not be opened is told, and the call goes on with silence.
func TestADeviceThatFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "no", "such", "mouth.wav")
	r := newRig(t, "wav:mouth="+file, "")
	a, b := r.open(1), r.open(2)
	r.say(wire.Message{Kind: wire.Set, Call: 1, Session: session(b)})
	r.say(wire.Message{Kind: wire.Set, Call: 2, Session: session(a)})
	r.until("voice", func() bool { return r.sent(1) >= 10 })
	if f := r.heard(wire.Fault); len(f) != 1 || f[0].Text == "" {
		t.Errorf("faults: %+v", f)
	}
}

// Nonsense from the control side and from the network does nothing.
func TestNonsense(t *testing.T) {
	r := newRig(t, "null", "")
	a := r.open(1)
	r.say(wire.Message{Kind: wire.Open, Call: 5}) // no sockets
	r.say(wire.Message{Kind: wire.Set, Call: 99, Session: session(a)})
	r.say(wire.Message{Kind: 250})
	r.say(wire.Message{Kind: wire.Tone, Text: "rubbish"})
	r.say(wire.Message{Kind: wire.Route, Which: 200})
	r.say(wire.Message{Kind: wire.Play, Which: 200})
	r.say(wire.Message{Kind: wire.Digit, Call: 1, Which: 'x'})
	unix.Write(r.control.FD(), []byte("?"))
	r.say(wire.Message{Kind: wire.Set, Call: 1, Session: session(a)})
	s, err := rtp.Bind(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	stranger, _ := rtp.NewSocket(s)
	for i := range 500 {
		_ = stranger.Send(make([]byte, i%400+1), a)
	}
	r.turns(100 * time.Millisecond)
	r.until("the call", func() bool { return r.path.Calls() == 1 })
	if r.done {
		t.Error("nonsense was believed")
	}
}

// A turn of a call that talks allocates nothing: the garbage collector is off.
func TestTurnsAllocateNothing(t *testing.T) {
	r := newRig(t, "null", "")
	a, b := r.open(1), r.open(2)
	for call, to := range map[uint32]netip.AddrPort{1: b, 2: a} {
		r.say(wire.Message{Kind: wire.Set, Call: call, Session: session(to)})
	}
	r.say(wire.Message{Kind: wire.Focus, Call: 1})
	r.until("voice", func() bool { return r.received(1) > 5 })
	before := r.received(1)
	if n := testing.AllocsPerRun(200, r.turn); n != 0 {
		t.Errorf("%v allocations a turn", n)
	}
	if r.received(1) < before+20 {
		t.Errorf("only %d packets were received meanwhile", r.received(1)-before)
	}
}

// Calls that come and go leave nothing behind.
func TestMemoryDoesNotGrow(t *testing.T) {
	r := newRig(t, "null", "")
	var m runtime.MemStats
	heap := func() uint64 {
		r.turns(20 * time.Millisecond)
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	cycle := func() {
		a := r.open(1)
		r.say(wire.Message{Kind: wire.Set, Call: 1, Session: session(a)})
		r.turns(30 * time.Millisecond)
		r.say(wire.Message{Kind: wire.Close, Call: 1})
	}
	cycle()
	before := heap()
	for range 20 {
		cycle()
	}
	r.told = nil
	if after := heap(); after > before+before/2+100<<10 {
		t.Errorf("the heap grew from %d to %d kB in 20 calls", before>>10, after>>10)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{}, {"-device", "oboe", "-control", "3"}, {"-nonsense"}} {
		if Main(args) != 2 {
			t.Errorf("%v: started", args)
		}
	}
}
