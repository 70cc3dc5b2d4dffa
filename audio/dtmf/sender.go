package dtmf

import "time"

// PayloadSize is that of one event, RFC 4733 §2.3.
const PayloadSize = 4

const (
	clock  = 8000
	volume = 10 // -10 dBm0, RFC 4733 §2.3.4
	ends   = 3  // RFC 4733 §2.5.1.4: the final packet is sent three times
)

// A Packet is an event to be sent instead of voice.
type Packet struct {
	Timestamp uint32 // of the event's beginning, in all of its packets
	Marker    bool   // on its first packet
	Payload   [PayloadSize]byte
}

// A Sender turns digits into event packets. The zero value is ready.
type Sender struct {
	queue
	now      press
	active   bool
	start    uint32
	duration uint32
	first    bool
	ended    int    // end packets sent
	pause    uint32 // ticks until the next digit may begin
}

// Press queues a digit for a time; 0 = Usual. False: no digit, or too many wait.
func (s *Sender) Press(digit byte, long time.Duration) bool {
	code, ok := Code(digit)
	return ok && s.push(press{code, uint32(limit(long) * clock / time.Second)})
}

// Reset forgets what is being sent and what waits.
func (s *Sender) Reset() { *s = Sender{} }

// Busy says whether a digit is being sent or waits.
func (s *Sender) Busy() bool { return s.active || s.n > 0 }

// Next is asked once for each packet of the stream, which begins at RTP time
// timestamp and is ticks long. True: this event is to be sent in its place.
func (s *Sender) Next(timestamp, ticks uint32) (p Packet, ok bool) {
	if !s.active {
		if s.pause > 0 {
			s.pause -= min(s.pause, ticks)
			return p, false
		}
		if s.now, ok = s.pop(); !ok {
			return p, false
		}
		s.active, s.first, s.ended = true, true, 0
		// RFC 4733 §2.5.1.1: the timestamp is that of the event's beginning and
		// stays the same in the updates; the duration grows from there.
		s.start, s.duration = timestamp, 0
	}
	if s.ended == 0 {
		s.duration += ticks
	}
	p.Timestamp, p.Marker = s.start, s.first
	s.first = false
	end := byte(0)
	if s.duration >= s.now.ticks {
		end = 0x80
		s.ended++
	}
	p.Payload = [PayloadSize]byte{s.now.code, end | volume, byte(s.duration >> 8), byte(s.duration)}
	if s.ended == ends {
		s.active = false
		s.pause = uint32(Pause * clock / time.Second)
	}
	return p, true
}
