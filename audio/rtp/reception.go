package rtp

import "time"

const clock = 8000 // ticks a second, of every codec

// Limits of RFC 3550 §A.1.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// reception counts what arrives of one SSRC (RFC 3550 §A.1, §A.3, §A.8).
type reception struct {
	known       bool
	ssrc        uint32
	base        uint32 // first extended sequence number
	high        uint32 // highest extended sequence number
	bad         uint32 // the number after one that jumped
	window      uint64 // which of the last 64 numbers have come; bit 0 is high
	received    uint32
	priorExp    uint32
	priorRecv   uint32
	transit     int32
	timed       bool   // transit is known
	jitter      uint32 // in ticks, times 16
	lastSR      uint32 // the middle of the last sender report's time
	lastSRCame  time.Duration
	lastPacket  time.Duration
	rival       uint32 // another SSRC that speaks
	rivalSpoken int
}

const noBad = 1 << 17

func (r *reception) start(ssrc uint32, seq uint16) {
	*r = reception{known: true, ssrc: ssrc, base: uint32(seq), high: uint32(seq), bad: noBad}
}

// takeover says whether packets of another SSRC are the stream now: the source
// has changed. A packet of one that speaks at the same time is not.
func (r *reception) takeover(now time.Duration, ssrc uint32) bool {
	if r.rival != ssrc {
		r.rival, r.rivalSpoken = ssrc, 0
	}
	r.rivalSpoken++
	return r.rivalSpoken >= 2 || now-r.lastPacket > 100*time.Millisecond
}

// update counts a packet; false means that it came before or is off, and is to
// be dropped.
func (r *reception) update(now time.Duration, seq uint16, timestamp uint32, event bool) bool {
	r.lastPacket = now
	r.rivalSpoken = 0
	switch delta := seq - uint16(r.high); {
	case r.received == 0:
		r.window = 1
	case delta == 0:
		return false
	case delta < maxDropout:
		r.high += uint32(delta)
		r.window = r.window<<delta | 1
	case delta <= 1<<16-maxMisorder-1:
		// A large jump: believed when the next packet continues it.
		if uint32(seq) != r.bad {
			r.bad = uint32(seq + 1)
			return false
		}
		last, ssrc := r.lastPacket, r.ssrc
		r.start(ssrc, seq)
		r.lastPacket = last
		r.window = 1
	default:
		back := -delta
		if back >= 64 || r.window>>back&1 == 1 {
			return false
		}
		r.window |= 1 << back
		if r.high-uint32(back) < r.base {
			r.base = r.high - uint32(back)
		}
	}
	r.received++
	r.bad = noBad

	if event {
		return true // its timestamp is that of its beginning and tells no delay
	}
	// RFC 3550 §A.8.
	transit := int32(uint32(now/(time.Second/clock)) - timestamp)
	if r.timed {
		d := transit - r.transit
		if d < 0 {
			d = -d
		}
		if d < clock*60 { // a source that sets its clock is no jitter
			r.jitter += uint32(d) - (r.jitter+8)>>4
		}
	}
	r.transit, r.timed = transit, true
	return true
}

// lost is the number of packets that never came (RFC 3550 §A.3).
func (r *reception) lost() int32 {
	if !r.known || r.received == 0 {
		return 0
	}
	return int32(r.high - r.base + 1 - r.received)
}

// fraction is the share lost since it was asked last, in 1/256 (RFC 3550 §A.3).
func (r *reception) fraction() uint8 {
	expected := r.high - r.base + 1
	exp, recv := expected-r.priorExp, r.received-r.priorRecv
	r.priorExp, r.priorRecv = expected, r.received
	if exp == 0 || recv >= exp {
		return 0
	}
	return uint8(min(255, (exp-recv)<<8/exp))
}
