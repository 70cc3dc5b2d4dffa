package dtmf

// A Receiver tells each digit once, however many of its packets arrive and in
// whatever order. The zero value is ready.
type Receiver struct {
	known    bool
	code     byte
	start    uint32
	duration uint16
	ended    bool
}

// Reset forgets the last event: the stream is another one now.
func (r *Receiver) Reset() { *r = Receiver{} }

// farBack is how many ticks old an event may be to count as late rather than as
// the first one of a clock that was set back.
const farBack = 10 * clock

// Put takes the payload of an event packet. It reports a digit at the first
// packet of its event that arrives, be it the marked one or not.
func (r *Receiver) Put(payload []byte, timestamp uint32, marker bool) (digit byte, ok bool) {
	if len(payload) < PayloadSize {
		return 0, false
	}
	code := payload[0]
	ended := payload[1]&0x80 != 0
	duration := uint16(payload[2])<<8 | uint16(payload[3])
	if int(code) >= len(digits) {
		return 0, false
	}
	if r.known {
		// RFC 4733 §2.5.2.2: the same timestamp is the same event.
		if timestamp == r.start {
			if duration >= r.duration {
				r.duration = duration
			}
			r.ended = r.ended || ended
			return 0, false
		}
		if back := int32(r.start - timestamp); back > 0 && back < farBack {
			return 0, false // late: a packet of an event before the last
		}
		// RFC 4733 §2.5.1.3: a long event goes on in a further segment, which
		// begins where the last one ended and is not marked.
		if !marker && !r.ended && code == r.code && timestamp-r.start <= uint32(r.duration)+clock/5 &&
			r.duration >= 0xffff-clock/5 {
			r.start, r.duration, r.ended = timestamp, duration, ended
			return 0, false
		}
	}
	*r = Receiver{known: true, code: code, start: timestamp, duration: duration, ended: ended}
	return digits[code], true
}
