// Package dtmf sends and receives telephone digits: as RTP events (RFC 4733)
// and, sending only, as pairs of tones in the voice (ITU-T Q.23). It is pure,
// keeps no time but the RTP clock it is given, and allocates nothing.
package dtmf

import (
	"time"

	"phoned/audio/tone"
)

const digits = "0123456789*#ABCD" // by event code, RFC 4733 §3.2

// Code is the event code of a digit; false if it is none.
func Code(digit byte) (byte, bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	for i := range len(digits) {
		if digits[i] == digit {
			return byte(i), true
		}
	}
	return 0, false
}

// How digits are timed where the caller does not say.
const (
	Usual = 100 * time.Millisecond // of a digit
	Least = 40 * time.Millisecond  // shorter ones are not heard (ITU-T Q.24)
	Most  = 5 * time.Second        // of a digit; the event's duration is 16 bits of the RTP clock
	Pause = 60 * time.Millisecond  // between two digits
	Queue = 32                     // digits that wait
)

// A press is a digit to be sent.
type press struct {
	code  byte
	ticks uint32
}

// limit makes d a duration that can be sent.
func limit(d time.Duration) time.Duration {
	if d == 0 {
		d = Usual
	}
	return max(Least, min(Most, d))
}

// A queue keeps the digits that wait.
type queue struct {
	ring    [Queue]press
	head, n int
}

func (q *queue) push(p press) bool {
	if q.n == Queue {
		return false
	}
	q.ring[(q.head+q.n)%Queue] = p
	q.n++
	return true
}

func (q *queue) pop() (p press, ok bool) {
	if q.n == 0 {
		return p, false
	}
	p = q.ring[q.head]
	q.head = (q.head + 1) % Queue
	q.n--
	return p, true
}

// The rows and columns of the key field, ITU-T Q.23.
var (
	rows    = [4]uint16{697, 770, 852, 941}
	columns = [4]uint16{1209, 1336, 1477, 1633}
	places  = [16]byte{13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15} // row*4+column by event code
)

// An InBand plays digits as tones, each followed by a pause. The zero value is
// silent.
type InBand struct {
	queue
	gen  tone.Generator
	seg  [2]tone.Segment
	left uint32 // samples of the digit and its pause still to play
}

// Press queues a digit for a time; 0 = Usual. False: no digit, or too many wait.
func (b *InBand) Press(digit byte, long time.Duration) bool {
	code, ok := Code(digit)
	return ok && b.push(press{code, uint32(limit(long) / time.Millisecond)})
}

// Reset forgets what waits and is silent.
func (b *InBand) Reset() { *b = InBand{} }

// Generate writes samples to s while a digit or its pause sounds, at rate
// samples a second, and reports whether it did: then they replace the voice.
func (b *InBand) Generate(s []int16, rate int) bool {
	if b.left == 0 {
		p, ok := b.pop()
		if !ok {
			return false
		}
		at := places[p.code]
		long := time.Duration(p.ticks) * time.Millisecond
		b.seg = [2]tone.Segment{{Hz: [tone.MaxTones]uint16{rows[at/4], columns[at%4]}, Long: long}, {}}
		b.gen.Start(tone.Spec{Segments: b.seg[:], LevelDB: -9}, rate)
		b.left = uint32((long + Pause) * time.Duration(rate) / time.Second)
	}
	b.gen.Generate(s)
	b.left -= min(b.left, uint32(len(s)))
	return true
}
