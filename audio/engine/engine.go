package engine

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio"
	"phoned/audio/path"
	"phoned/audio/rtp"
	"phoned/audio/wire"
)

const (
	orphanFor   = 30 * time.Second // how long calls outlive their control process
	reportEvery = time.Second
	lateAtMost  = 8 // periods made in a row before the sockets are looked at again
)

// A callSockets is what an open call holds.
type callSockets struct {
	id             uint32
	voice, control *rtp.Socket
	stream         *rtp.Stream
}

// An engine is the state of the media process; one thread owns it.
type engine struct {
	begin  time.Time
	sound  sound
	path   *path.Path
	calls  []callSockets
	link   *wire.Link // nil while there is no control process
	listen int        // -1: no other may take over
	socket string
	device string
	orphan time.Duration // when it ends for want of a control process
	report time.Duration
	fds    []unix.PollFd
	untidy bool // calls have ended since garbage was collected last
	done   bool

	in, out    wire.Message
	mouth, ear [160]int16
}

func newEngine(name string, resume bool, link *wire.Link, socket string) (*engine, error) {
	e := &engine{
		begin: time.Now(), link: link, listen: -1, socket: socket, device: name,
		calls: make([]callSockets, 0, path.MaxCalls), fds: make([]unix.PollFd, 0, 3+2*path.MaxCalls),
	}
	if socket != "" {
		fd, err := wire.Listen(socket)
		if err != nil {
			return nil, err
		}
		e.listen = fd
	}
	e.sound.open(name, resume, 0)
	e.path = path.New(e.sound.rate(), e.digit)
	e.hello()
	return e, nil
}

func (e *engine) now() time.Duration { return time.Since(e.begin) }

// close says goodbye to the far sides and gives everything back.
func (e *engine) close() {
	for len(e.calls) > 0 {
		e.closeCall(e.now(), e.calls[0].id)
	}
	e.sound.close()
	if e.link != nil {
		e.link.Close()
	}
	if e.listen >= 0 {
		unix.Close(e.listen)
		_ = unix.Unlink(e.socket)
	}
}

// turn waits for the next thing to do and does it. It allocates nothing while
// calls only talk.
func (e *engine) turn() {
	now := e.now()
	e.sound.run(now, e.path)
	if e.untidy && len(e.calls) == 0 && !e.sound.running {
		e.untidy = false
		runtime.GC() // of what the calls left behind, now that nobody listens
	}
	e.wait(now)
	now = e.now()
	e.obey(now)
	for i := range e.calls {
		c := &e.calls[i]
		if e.readable(c.voice.FD()) {
			e.path.Receive(now, c.id)
		}
		if e.readable(c.control.FD()) {
			c.stream.ReceiveControl(now, 4)
		}
		c.stream.Tick(now)
	}
	e.periods(now)
	e.reports(now)
	if e.sound.news {
		e.sound.news = false
		e.out = wire.Message{Kind: wire.Fault, Text: e.sound.fault}
		e.send()
	}
	if e.sound.unfit {
		e.done = true
	}
	if e.link == nil && (now >= e.orphan || len(e.calls) == 0) {
		e.done = true
	}
}

// periods makes the periods that the device wants.
func (e *engine) periods(now time.Duration) {
	n := e.sound.rate() / 100
	for range lateAtMost {
		mouth := e.mouth[:n]
		if !e.path.Listening() {
			mouth = nil
		}
		if !e.sound.capture(now, mouth) {
			return
		}
		e.path.Period(now, mouth, e.ear[:n])
		e.sound.play(now, e.ear[:n])
	}
}

// wait polls all descriptors until one is ready or something is due.
func (e *engine) wait(now time.Duration) {
	e.fds = e.fds[:0]
	if e.link != nil {
		e.poll(e.link.FD(), unix.POLLIN)
	}
	if e.listen >= 0 {
		e.poll(e.listen, unix.POLLIN)
	}
	until := now + time.Hour
	if e.link == nil {
		until = e.orphan
	}
	if len(e.calls) > 0 {
		until = min(until, e.report)
	}
	for i := range e.calls {
		c := &e.calls[i]
		e.poll(c.voice.FD(), unix.POLLIN)
		e.poll(c.control.FD(), unix.POLLIN)
		until = min(until, c.stream.Deadline())
	}
	fd, events, deadline := e.sound.wait(now)
	if fd >= 0 {
		e.poll(fd, events)
	}
	until = min(until, deadline)
	ts := unix.NsecToTimespec(int64(max(0, until-now)))
	if _, err := unix.Ppoll(e.fds, &ts, nil); err != nil {
		for i := range e.fds { // nothing is known: look at nothing
			e.fds[i].Revents = 0
		}
	}
}

func (e *engine) poll(fd int, events int16) {
	e.fds = append(e.fds, unix.PollFd{Fd: int32(fd), Events: events})
}

// readable says whether the poll found something at fd. An error on a socket is
// taken off it by reading.
func (e *engine) readable(fd int) bool {
	for i := range e.fds {
		if e.fds[i].Fd == int32(fd) {
			return e.fds[i].Revents != 0
		}
	}
	return false
}

// digit tells of a digit that has arrived.
func (e *engine) digit(call uint32, digit byte) {
	e.out = wire.Message{Kind: wire.Arrived, Call: call, Which: digit}
	e.send()
}

// reports tells how the calls fare.
func (e *engine) reports(now time.Duration) {
	if now < e.report {
		return
	}
	e.report = now + reportEvery
	for i := range e.calls {
		e.reportCall(e.calls[i].id, false)
	}
}

func (e *engine) reportCall(id uint32, closed bool) {
	s, c, delay := e.path.Stats(id)
	e.out = wire.Message{Kind: wire.Report, Call: id, Stats: wire.Stats{
		Sent: s.Sent, Received: s.Received, Stranger: s.Stranger, Lost: uint64(s.Lost), Late: c.Late, Overruns: e.sound.overruns(),
		Concealed: c.Concealed, Jitter: s.Jitter, Delay: delay, RTT: s.RTT,
		FarJitter: s.FarJitter, FarLoss: s.FarLoss, Closed: closed,
	}}
	e.send()
}

// send sends e.out. A control process that does not read loses it.
func (e *engine) send(fds ...int) {
	if e.link != nil {
		_ = e.link.Send(&e.out, fds...)
	}
}

// hello tells a control process what there is.
func (e *engine) hello() {
	e.out = wire.Message{Kind: wire.Hello, Value: wire.Version, Text: e.device}
	e.send()
	for i := range e.calls {
		c := &e.calls[i]
		e.out = wire.Message{Kind: wire.Holds, Call: c.id}
		e.send(c.voice.FD(), c.control.FD())
	}
	e.out = wire.Message{Kind: wire.Ready}
	e.send()
	if e.sound.fault != "" {
		e.sound.news = true
	}
}

func (e *engine) openCall(now time.Duration, id uint32, fds []int) error {
	if len(fds) != 2 {
		wire.CloseAll(fds)
		return fmt.Errorf("call %d came with %d sockets", id, len(fds))
	}
	for i := range e.calls {
		if e.calls[i].id == id { // it was said before: its sockets are the same
			wire.CloseAll(fds)
			return nil
		}
	}
	voice, err := rtp.NewSocket(fds[0])
	if err != nil {
		wire.CloseAll(fds)
		return err
	}
	control, err := rtp.NewSocket(fds[1])
	if err != nil {
		wire.CloseAll(fds)
		return err
	}
	stream := rtp.New(now, voice, control)
	if !e.path.Open(id, stream) {
		wire.CloseAll(fds)
		return fmt.Errorf("call %d is one too many", id)
	}
	e.calls = append(e.calls, callSockets{id, voice, control, stream})
	return nil
}

func (e *engine) closeCall(now time.Duration, id uint32) {
	for i := range e.calls {
		c := e.calls[i]
		if c.id != id {
			continue
		}
		e.reportCall(id, true)
		e.path.Close(now, id)
		unix.Close(c.voice.FD())
		unix.Close(c.control.FD())
		e.calls = append(e.calls[:i], e.calls[i+1:]...)
		break
	}
	e.untidy = true
}

// alone goes on without a control process for a while. Sounds that only it could
// end must not outlive it.
func (e *engine) alone(now time.Duration) {
	e.link.Close()
	e.link = nil
	e.path.Play(audio.Silence)
	e.orphan = now + orphanFor
	if e.listen < 0 {
		e.orphan = now // nobody can come
	}
}
