package jitter

import "time"

// A Decoder turns the payload of one packet into samples.
type Decoder interface {
	Decode(dst []int16, payload []byte) int
}

// A Verdict is what became of a packet.
type Verdict uint8

// The verdicts.
const (
	Taken     Verdict = iota
	Late              // its time to be played is over
	Duplicate         // it is there already
	Jumped            // its timestamp fits nothing; if more like it come they are the stream
	Bad               // empty or too long
)

// Counts tell how a Playout fared since its Reset.
type Counts struct {
	Late      uint64        // packets
	Jumps     uint64        // times the stream was followed to another timestamp or delay
	Skipped   time.Duration // voice left out, not heard
	Repeated  time.Duration // voice played twice, not heard
	Concealed time.Duration // voice made up, until it fell silent
}

// When a packet's timestamp is no longer believed, and when it is followed.
const (
	farBehind = 1000 * ms
	farAhead  = 2000 * ms
	follow    = 3         // packets that agree
	agree     = 100 * ms  // with each other within
	flood     = 500 * ms  // more delay than wanted is cut at once
	slackUp   = 10 * ms   // more delay than wanted is tolerated
	slackDown = 3 * ms    // less
	pause     = 20 * ms   // between two changes of length
	patience  = 1000 * ms // how long an inaudible place is waited for
)

// A Playout is one stream's way from packets to samples. It must be Reset
// before its first use and must not be copied.
type Playout struct {
	dec   Decoder
	rate  int
	each  int64 // samples of one tick
	count Counts

	buf     buffer
	delay   delay
	played  least // time minus position: how far the device's clock is behind the stream's
	started bool
	last    int64 // the highest timestamp, to extend the next
	pos     int64 // timestamp of the next sample of the line

	line    line
	conceal concealer
	frame   [2 * MaxPayload]int16

	changed  int64 // when the length was last changed
	wanted   int64 // since when a change is wanted; 0 = it is not
	late     int   // packets late in a row
	jumps    int   // packets in a row that jumped, agreeing with each other
	jumpedTo int64 // their transit
}

// Reset makes it a new stream of a decoder that gives rate (8000 or 16000)
// samples a second.
func (p *Playout) Reset(dec Decoder, rate int) {
	p.dec, p.rate, p.each = dec, rate, int64(rate/clock)
	p.count = Counts{}
	p.delay.start()
	p.Hush()
}

// Restart expects a stream with other timestamps; the voice played so far and
// what is known of the network stay.
func (p *Playout) Restart() {
	p.buf.clear()
	p.started = false
	p.late, p.jumps = 0, 0
	p.wanted = 0
}

// Hush is Restart and forgets the voice played so far, too: what comes next
// begins from silence.
func (p *Playout) Hush() {
	p.Restart()
	p.line.reset()
	p.conceal = concealer{rate: p.rate, lost: gone * p.rate / 1000}
}

// Counts tells how it fared.
func (p *Playout) Counts() Counts { return p.count }

// Delay is how long a packet that is not delayed waits now.
func (p *Playout) Delay() time.Duration {
	if !p.started {
		return 0
	}
	return fromTicks(p.current())
}

// Target is how long it should wait.
func (p *Playout) Target() time.Duration { return fromTicks(p.delay.target()) }

// head is the timestamp after the last sample of the line.
func (p *Playout) head() int64 { return p.pos + int64(p.line.ahead())/p.each }

// current is how long before its time the fastest packets arrive, in ticks.
func (p *Playout) current() int64 { return p.played.get() - p.delay.fastest.get() }

// move changes which timestamp is played next.
func (p *Playout) move(n int64) {
	p.pos += n
	p.played.shift(-n)
}

// Put takes a packet that arrived now. The marker is RTP's: the first packet
// after a silence.
func (p *Playout) Put(now time.Duration, timestamp uint32, marker bool, payload []byte) Verdict {
	if len(payload) == 0 || len(payload) > MaxPayload {
		return Bad
	}
	t := toTicks(now)
	if !p.started {
		return p.begin(t, int64(timestamp)+1<<40, payload)
	}
	at := p.last + int64(int32(timestamp-uint32(p.last)))
	early := at - (t - p.played.get())
	if early < -farBehind || early > farAhead {
		return p.jump(t, at, marker, payload)
	}
	p.jumps = 0
	p.last = max(p.last, at)
	p.delay.put(t, t-at)
	end := at + int64(len(payload))
	if p.buf.n == 0 && p.line.ahead() == 0 && p.conceal.lost > 0 {
		p.settle(at)
	}
	if end <= p.head() {
		p.count.Late++
		// All late and nothing to play: the way has become longer. Follow.
		if p.late++; p.late >= follow && p.buf.n == 0 {
			p.count.Jumps++
			p.Restart()
			return p.begin(t, at, payload)
		}
		return Late
	}
	p.late = 0
	if !p.buf.put(at, payload) {
		return Duplicate
	}
	return Taken
}

// begin takes the first packet of a stream: it will be played after the target
// delay.
func (p *Playout) begin(t, at int64, payload []byte) Verdict {
	p.started = true
	p.last = at
	p.line.end = p.line.at
	p.pos = at - p.delay.target()
	p.played = least{}
	p.played.put(t, t-p.pos)
	p.delay.fastest = least{}
	p.delay.put(t, t-at)
	p.buf.put(at, payload)
	return Taken
}

// jump takes a packet that is far off. A marked one, or the third in a row that
// agrees with the ones before, is the stream from now on (compare RFC 3550 §A.1).
func (p *Playout) jump(t, at int64, marker bool, payload []byte) Verdict {
	transit := t - at
	if d := transit - p.jumpedTo; p.jumps > 0 && d < agree && d > -agree {
		p.jumps++
	} else {
		p.jumps = 1
	}
	p.jumpedTo = transit
	if p.jumps < follow && !marker {
		return Jumped
	}
	p.count.Jumps++
	p.Restart()
	return p.begin(t, at, payload)
}

// settle moves the position while nothing real is being played, when that costs
// nothing: for a packet that comes late, and after a silence, so far as the
// delay is then as wanted.
func (p *Playout) settle(at int64) {
	over := p.current() - p.delay.target()
	switch missed := p.head() - at; {
	case missed > 0:
		if n := min(missed, slackUp-over); n > 0 {
			p.move(-n)
		}
	case p.conceal.silent() && over > slackDown:
		p.move(min(over, -missed))
	case p.conceal.silent() && over < -slackDown:
		p.move(over)
	}
}

// Pull gives the next samples to out: one period of the device, at its time.
func (p *Playout) Pull(now time.Duration, out []int16) {
	if !p.started {
		p.fill(len(out), true)
		p.line.take(out)
		return
	}
	t := toTicks(now)
	p.played.put(t, t-p.pos)
	p.fill(len(out), false)
	p.adapt(t)
	p.line.take(out)
	p.pos += int64(len(out)) / p.each
}

// fill makes sure that n samples are ahead, making up what is not there.
func (p *Playout) fill(n int, nothing bool) {
	for p.line.ahead() < n {
		need := n - p.line.ahead()
		s := p.buf.first()
		switch {
		case nothing || s == nil:
			p.lose(need)
		case s.end() <= p.head():
			p.buf.drop(s)
		case s.at > p.head():
			p.lose(int(min(int64(need), (s.at-p.head())*p.each)))
		default:
			p.decode(s)
		}
	}
}

// lose makes up n samples.
func (p *Playout) lose(n int) {
	p.line.room(n)
	past := p.line.s[p.line.end-p.conceal.history() : p.line.end]
	before := p.conceal.lost
	p.conceal.lose(p.line.grow(n), past)
	p.count.Concealed += time.Duration(p.conceal.lost-before) * time.Second / time.Duration(p.rate)
}

// decode moves a packet to the line, but for its samples that are past.
func (p *Playout) decode(s *slot) {
	n := p.dec.Decode(p.frame[:], s.data[:s.size])
	skip := int(min(int64(n), (p.head()-s.at)*p.each))
	p.buf.drop(s)
	f := p.frame[skip:n]
	if !p.line.room(len(f)) {
		return
	}
	p.conceal.good(f)
	copy(p.line.grow(len(f)), f)
}

// adapt brings the delay towards the target: the network's delay has changed, or
// the far side's clock runs faster or slower than the device's.
func (p *Playout) adapt(t int64) {
	if p.conceal.lost > 0 || t-p.changed < pause {
		return
	}
	over := p.current() - p.delay.target()
	if over <= slackUp && over >= -slackDown {
		p.wanted = 0
		return
	}
	if p.wanted == 0 {
		p.wanted = t
	}
	must := t-p.wanted >= patience
	switch {
	case over > flood:
		p.cut(over)
	case over > 0:
		if !p.lookAhead() {
			return
		}
		n := int64(p.line.shorten(p.rate, must || over > 6*slackUp)) / p.each
		p.move(n)
		p.count.Skipped += fromTicks(n)
		p.done(t, n)
	default:
		n := int64(p.line.lengthen(p.rate, must)) / p.each
		p.move(-n)
		p.count.Repeated += fromTicks(n)
		p.done(t, n)
	}
}

func (p *Playout) done(t, n int64) {
	p.changed = t // also after a failed search: it is not tried at every period
	if n > 0 {
		p.wanted = 0
	}
}

// lookAhead decodes what follows without a gap until shorten can work.
func (p *Playout) lookAhead() bool {
	for p.line.ahead() < needs(p.rate) {
		s := p.buf.first()
		if s == nil || s.at > p.head() || !p.line.room(s.size*int(p.each)) {
			return false
		}
		if s.end() <= p.head() {
			p.buf.drop(s)
			continue
		}
		p.decode(s)
	}
	return true
}

// cut leaves out n ticks at once: what a stalled network gave back is too much
// to be caught up with.
func (p *Playout) cut(n int64) {
	played := p.line.ahead()
	p.line.end = p.line.at
	p.conceal.interrupt(p.line.s[:p.line.at])
	p.move(n)
	p.count.Skipped += fromTicks(n)
	p.fill(played, false)
}
