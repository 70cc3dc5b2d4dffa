package alsa

import (
	"slices"
	"syscall"
	"time"
	"unsafe"
)

// A fakePCM is one stream of a fakeCard.
type fakePCM struct {
	f    *fake
	card *fakeCard
	fd   int
	play bool

	// What it offers.
	rates, channels, formats []int
	periods, rings           [2]int // frames, from and to

	// How it is.
	ppm   float64                         // its clock against the fake's
	step  int                             // frames it tells its position in
	lag   int                             // frames it is behind
	short int                             // frames it moves at most in one call; 0 = any
	dead  bool                            // its clock has stopped
	wild  bool                            // its pointers are nonsense
	mouth func(frame int64, ch int) int32 // what it records, 16 or 32 bits
	heard []int32                         // what it played, all channels

	open        bool
	state       int
	linked      *fakePCM
	rate, chans int
	format      int
	period      int
	ring        int
	boundary    uframes
	availMin    int
	stop        int
	began       time.Duration
	done        int64 // frames since the start
	hw, appl    uframes
	data        []int32
	frame       int64 // recorded since it was opened
}

func (p *fakePCM) call(r request, arg unsafe.Pointer) syscall.Errno {
	p.update()
	switch r {
	case pcmHwRefine:
		return p.refine((*hwParams)(arg))
	case pcmHwParams:
		if p.state == stateRunning {
			return syscall.EBADFD
		}
		return p.params((*hwParams)(arg))
	case pcmSwParams:
		s := (*swParams)(arg)
		if p.state == stateOpen {
			return syscall.EBADFD
		}
		s.Boundary = p.boundary
		p.availMin, p.stop = int(s.AvailMin), int(s.StopThreshold)
	case pcmHwFree:
		if p.state != stateSetup && p.state != statePrepared {
			return syscall.EBADFD
		}
		p.state = stateOpen
	case pcmPrepare:
		return p.group((*fakePCM).prepare)
	case pcmStart:
		return p.group((*fakePCM).start)
	case pcmDrop:
		if p.state == stateOpen {
			return syscall.EBADFD
		}
		return p.group(func(q *fakePCM) syscall.Errno { q.state = stateSetup; return 0 })
	case pcmSyncPtr:
		if p.f.old {
			return syscall.ENOTTY
		}
		s := (*syncPtr)(arg)
		s.Status.HwPtr, s.ApplPtr = p.pointers()
		return p.stateError()
	case pcmSyncPtr64:
		s := (*syncPtr64)(arg)
		s.HwPtr, s.ApplPtr = p.pointers()
		return p.stateError()
	case pcmRead, pcmWrite:
		if (r == pcmWrite) != p.play {
			return syscall.EINVAL
		}
		return p.transfer((*xferi)(arg))
	}
	return 0
}

// group does something to a stream and the one linked to it.
func (p *fakePCM) group(do func(*fakePCM) syscall.Errno) syscall.Errno {
	e := do(p)
	if e == 0 && p.linked != nil {
		e = do(p.linked)
	}
	return e
}

func (p *fakePCM) link(q *fakePCM) syscall.Errno {
	if p.state == stateOpen || p.state != q.state {
		return syscall.EBADFD
	}
	p.linked, q.linked = q, p
	return 0
}

func (p *fakePCM) unlink() {
	if p.linked != nil {
		p.linked.linked, p.linked = nil, nil
	}
}

// refine narrows as far as the package needs it.
func (p *fakePCM) refine(h *hwParams) syscall.Errno {
	if !h.has(paramAccess, accessRW) || !h.has(paramSubformat, 0) || h.Rmask == 0 {
		return syscall.EINVAL
	}
	if !slices.ContainsFunc(p.formats, func(n int) bool { return h.has(paramFormat, n) }) {
		return syscall.EINVAL
	}
	in := func(param int, offers []int) bool {
		i := h.interval(param)
		return slices.ContainsFunc(offers, func(n int) bool { return uint32(n) >= i.Min && uint32(n) <= i.Max })
	}
	if !in(paramChannels, p.channels) || !in(paramRate, p.rates) {
		return syscall.EINVAL
	}
	for k, limit := range [...][2]int{p.periods, p.rings} {
		param := [...]int{paramPeriodSize, paramBufferSize}[k]
		i := h.interval(param)
		i.Min, i.Max = max(i.Min, uint32(limit[0])), min(i.Max, uint32(limit[1]))
		if i.Min > i.Max {
			return syscall.EINVAL
		}
		h.between(param, i.Min, i.Max)
	}
	return 0
}

func (p *fakePCM) params(h *hwParams) syscall.Errno {
	if e := p.refine(h); e != 0 {
		return e
	}
	p.rate, p.chans = int(h.interval(paramRate).Min), int(h.interval(paramChannels).Min)
	p.format = formatS16
	if h.has(paramFormat, formatS32) {
		p.format = formatS32
	}
	p.period, p.ring = int(h.interval(paramPeriodSize).Min), int(h.interval(paramBufferSize).Max)
	p.boundary = uframes(4 * p.ring) // soon gone round
	if len(p.data) != p.ring*p.chans {
		p.data = make([]int32, p.ring*p.chans)
	}
	p.state = stateSetup
	return 0
}

func (p *fakePCM) prepare() syscall.Errno {
	switch p.state {
	case stateOpen:
		return syscall.EBADFD
	case stateRunning:
		return syscall.EBUSY
	}
	p.state, p.done = statePrepared, 0
	p.hw = 3 * uframes(p.ring)
	p.appl = p.hw
	return 0
}

func (p *fakePCM) start() syscall.Errno {
	if p.state != statePrepared {
		return syscall.EBADFD
	}
	if p.play && p.hw == p.appl {
		return syscall.EPIPE
	}
	p.state, p.began = stateRunning, p.f.now
	return 0
}

// ahead is how far b is before a on the way round.
func (p *fakePCM) ahead(a, b uframes) int { return int((a + p.boundary - b) % p.boundary) }

// update lets the hardware do what it did until now.
func (p *fakePCM) update() {
	if p.state != stateRunning || p.dead {
		return
	}
	at := int64((p.f.now-p.began).Seconds()*float64(p.rate)*(1+p.ppm*1e-6) + 1e-6)
	at = max(0, at-at%int64(p.step)-int64(p.lag))
	for ; p.done < at && p.state == stateRunning; p.done++ {
		slot := int(p.hw) % p.ring * p.chans
		if p.play {
			p.heard = append(p.heard, p.data[slot:slot+p.chans]...)
		} else {
			for c := range p.chans {
				p.data[slot+c] = p.mouth(p.frame, c)
			}
			p.frame++
		}
		p.hw = (p.hw + 1) % p.boundary
		if full := p.ring - p.ahead(p.appl, p.hw); p.play && full >= p.stop || !p.play && p.ahead(p.hw, p.appl) >= p.stop {
			_ = p.group(func(q *fakePCM) syscall.Errno { q.state = stateXrun; return 0 })
		}
	}
}

func (p *fakePCM) pointers() (hw, appl uframes) {
	if p.wild {
		return ^uframes(0) - 5, 77
	}
	return p.hw, p.appl
}

func (p *fakePCM) stateError() syscall.Errno {
	switch p.state {
	case stateRunning, statePrepared:
		return 0
	case stateXrun:
		return syscall.EPIPE
	case stateSuspended:
		return syscall.ESTRPIPE
	}
	return syscall.EBADFD
}

// transfer is READI and WRITEI of a descriptor that does not wait.
func (p *fakePCM) transfer(x *xferi) syscall.Errno {
	if e := p.stateError(); e != 0 {
		return e
	}
	n := p.ahead(p.hw, p.appl)
	if p.play {
		n = p.ring - p.ahead(p.appl, p.hw)
	}
	n = min(n, int(x.Frames))
	if p.short > 0 {
		n = min(n, p.short)
	}
	if n == 0 {
		return syscall.EAGAIN
	}
	for i := range n {
		slot := int(p.appl) % p.ring * p.chans
		for c := range p.chans {
			k := i*p.chans + c
			if p.format == formatS32 {
				swap((*int32)(unsafe.Add(x.Buf, 4*k)), &p.data[slot+c], p.play)
			} else {
				v := (*int16)(unsafe.Add(x.Buf, 2*k))
				if p.play {
					p.data[slot+c] = int32(*v)
				} else {
					*v = int16(p.data[slot+c])
				}
			}
		}
		p.appl = (p.appl + 1) % p.boundary
	}
	x.Result = n
	if p.wild {
		x.Result = 1 << 30
	}
	return 0
}

func swap(theirs, ours *int32, play bool) {
	if play {
		*ours = *theirs
	} else {
		*theirs = *ours
	}
}

// ready is what poll(2) says of the stream.
func (p *fakePCM) ready() bool {
	p.update()
	return p.card.lost || p.stateError() != 0 || p.state == stateRunning && p.ahead(p.hw, p.appl) >= p.availMin
}
