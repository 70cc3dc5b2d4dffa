package alsa

import (
	"fmt"
	"syscall"
	"unsafe"
)

// A stream is one direction of a card: its ring of frames in the kernel. All
// that it needs while it runs is made when it is opened.
type stream struct {
	k    kernel
	pcm  PCM
	play bool
	fd   int

	rate, channels int
	wide           bool // the samples have 32 bits
	period         int  // frames between two interrupts
	ring           int  // frames that the kernel holds
	boundary       uframes

	hw    hwParams // what was agreed on
	try   hwParams
	sw    swParams
	at    syncPtr
	at64  syncPtr64
	use64 bool // the kernel takes only at64
	x     xferi

	frames []int32 // room for a period of frames, of 16 or 32 bits
}

// openStream opens a stream without saying how it is to be.
func openStream(k kernel, pcm PCM, play bool) (*stream, error) {
	s := &stream{k: k, pcm: pcm, play: play, fd: -1}
	card, err := cardNumber(k, pcm.Card)
	if err != nil {
		return nil, err
	}
	way := "c"
	if play {
		way = "p"
	}
	fd, e := k.open(fmt.Sprintf("/dev/snd/pcmC%dD%d%s", card, pcm.Device, way))
	switch e {
	case 0:
	case syscall.EBUSY:
		return nil, fmt.Errorf("sound device %s is in use by another program: %w", s.name(), e)
	case syscall.ENOENT, syscall.ENODEV, syscall.ENXIO:
		return nil, fmt.Errorf("there is no sound device %s: %w", s.name(), e)
	default:
		return nil, fmt.Errorf("open sound device %s: %w", s.name(), e)
	}
	s.fd = fd
	// Kernels before 4.16 and 2.6.32 do not know these. They change nothing here
	// but what drivers that want to see appl_ptr are told.
	version, clock := int32(protocol), int32(tstampMonotonic)
	k.call(fd, pcmUserVersion, unsafe.Pointer(&version))
	k.call(fd, pcmTstamp, unsafe.Pointer(&clock))
	return s, nil
}

// name is what the stream is called in an error.
func (s *stream) name() string {
	if s.play {
		return s.pcm.String() + " (playback)"
	}
	return s.pcm.String() + " (capture)"
}

// A shape is what the samples of a stream are.
type shape struct {
	rate, channels int
	wide           bool
}

func (s *stream) close() {
	if s.fd >= 0 {
		s.k.close(s.fd)
		s.fd = -1
	}
}

// agree finds parameters for a shape, with wait periods of 10 ms to be played, or
// returns the kernel's error: EINVAL if the card does not offer it.
func (s *stream) agree(to shape, wait int) syscall.Errno {
	s.hw.any()
	s.hw.choose(paramAccess, accessRW)
	s.hw.choose(paramFormat, formatS16)
	if to.wide {
		s.hw.choose(paramFormat, formatS32)
	}
	s.hw.choose(paramSubformat, 0)
	s.hw.exactly(paramChannels, to.channels)
	s.hw.exactly(paramRate, to.rate)
	period := to.rate / 100
	e := s.fit(paramPeriodSize, period, period)
	if e == syscall.EINVAL { // its own a little longer, or else as long as may be
		e = s.fit(paramPeriodSize, period, 2*period)
	}
	if e == syscall.EINVAL {
		e = s.fit(paramPeriodSize, period/8, period)
	}
	if e != 0 {
		return e
	}
	// A ring twice as long as what waits in it costs no delay, and the hardware may
	// read ahead.
	waiting := wait * max(period, int(s.hw.interval(paramPeriodSize).Min))
	if e = s.fit(paramBufferSize, 2*waiting, 2*waiting); e == syscall.EINVAL {
		e = s.fit(paramBufferSize, waiting, 16*waiting)
	}
	if e != 0 {
		return e
	}
	s.period = int(s.hw.interval(paramPeriodSize).Min)
	s.ring = int(s.hw.interval(paramBufferSize).Min)
	s.rate, s.channels, s.wide = to.rate, to.channels, to.wide
	if s.period <= 0 || s.ring < waiting || s.ring > 32*waiting {
		return syscall.EINVAL // of a card that means something else
	}
	s.frames = make([]int32, to.channels*(period+1))
	return s.set()
}

// fit narrows a parameter to the least number from low to high that the card
// offers.
func (s *stream) fit(param, low, high int) syscall.Errno {
	s.try = s.hw
	s.try.between(param, uint32(low), uint32(high))
	if e := s.k.call(s.fd, pcmHwRefine, unsafe.Pointer(&s.try)); e != 0 {
		return e
	}
	n := s.try.interval(param).Min
	s.try = s.hw
	s.try.between(param, n, n)
	if e := s.k.call(s.fd, pcmHwRefine, unsafe.Pointer(&s.try)); e != 0 {
		return e
	}
	s.hw.between(param, n, n)
	return 0
}

// set gives the stream the parameters that were agreed on.
func (s *stream) set() syscall.Errno {
	s.try = s.hw
	if e := s.k.call(s.fd, pcmHwParams, unsafe.Pointer(&s.try)); e != 0 {
		return e
	}
	s.sw = swParams{
		PeriodStep: 1, Proto: protocol, TstampType: tstampMonotonic,
		AvailMin:       uframes(s.rate / 100), // what poll waits for
		StartThreshold: 1 << 30,               // it is started by hand
		StopThreshold:  uframes(s.ring),       // nothing left to play, no room to record
	}
	if e := s.k.call(s.fd, pcmSwParams, unsafe.Pointer(&s.sw)); e != 0 {
		return e
	}
	s.boundary = s.sw.Boundary
	return 0
}

// free lets the card rest: its amplifiers and clocks go off.
func (s *stream) free() syscall.Errno { return s.k.call(s.fd, pcmHwFree, nil) }

func (s *stream) prepare() syscall.Errno { return s.k.call(s.fd, pcmPrepare, nil) }
func (s *stream) start() syscall.Errno   { return s.k.call(s.fd, pcmStart, nil) }
func (s *stream) drop() syscall.Errno    { return s.k.call(s.fd, pcmDrop, nil) }

// link makes both streams start and stop as one.
func (s *stream) link(other *stream) bool { return s.k.callInt(s.fd, pcmLink, other.fd) == 0 }

// waiting is how many frames are in the ring: recorded and not read, or written
// and not played.
func (s *stream) waiting() (int, syscall.Errno) {
	hardware, ours, e := s.pointers()
	if e != 0 {
		return 0, e
	}
	ahead, behind := ours, hardware
	if !s.play {
		ahead, behind = hardware, ours
	}
	n := ahead - behind
	if ahead < behind { // one has gone round
		n += s.boundary
	}
	if n > uframes(s.ring) {
		return 0, syscall.EPIPE // no such state: begin anew
	}
	return int(n), 0
}

// pointers asks how far the hardware and this side are.
func (s *stream) pointers() (hardware, ours uframes, e syscall.Errno) {
	const all = syncHardware | syncAppl | syncAvailMin
	if !s.use64 {
		s.at.Flags = all
		e = s.k.call(s.fd, pcmSyncPtr, unsafe.Pointer(&s.at))
		if e != syscall.ENOTTY {
			return s.at.Status.HwPtr, s.at.ApplPtr, e
		}
		s.use64 = true
	}
	s.at64.Flags = all
	e = s.k.call(s.fd, pcmSyncPtr64, unsafe.Pointer(&s.at64))
	return s.at64.HwPtr, s.at64.ApplPtr, e
}

// transfer reads or writes frames, from the one at number from of the stream's
// room, and returns how many it were: fewer, or 0, if the ring had no more.
func (s *stream) transfer(from, n int) (int, syscall.Errno) {
	r := pcmRead
	if s.play {
		r = pcmWrite
	}
	// The room is of int32; frames of 16 bits fill half of it.
	b := unsafe.Pointer(unsafe.SliceData(s.frames))
	size := 2 * s.channels
	if s.wide {
		size = 4 * s.channels
	}
	n = min(n, 4*len(s.frames)/size-from)
	if n <= 0 {
		return 0, 0
	}
	s.x = xferi{Buf: unsafe.Add(b, from*size), Frames: uframes(n)}
	e := s.k.call(s.fd, r, unsafe.Pointer(&s.x))
	s.x.Buf = nil
	switch e {
	case 0:
		return max(0, min(s.x.Result, n)), 0
	case syscall.EAGAIN, syscall.EINTR:
		return 0, 0
	}
	return 0, e
}

// narrow is the room as samples of 16 bits.
func (s *stream) narrow() []int16 {
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(s.frames))), 2*len(s.frames))
}

// put lays mono samples into the room, on every channel.
func (s *stream) put(mono []int16) {
	c := s.channels
	if s.wide {
		for i, v := range mono {
			for k := range c {
				s.frames[i*c+k] = int32(v) << 16
			}
		}
		return
	}
	room := s.narrow()
	if c == 1 {
		copy(room, mono)
		return
	}
	for i, v := range mono {
		room[2*i], room[2*i+1] = v, v
	}
}

// take copies the first channel of the room.
func (s *stream) take(mono []int16) {
	c := s.channels
	switch room := s.narrow(); {
	case s.wide:
		for i := range mono {
			mono[i] = int16(s.frames[i*c] >> 16)
		}
	case c == 1:
		copy(mono, room)
	default:
		for i := range mono {
			mono[i] = room[2*i]
		}
	}
}
