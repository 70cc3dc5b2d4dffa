package path

import (
	"time"

	"phoned/audio"
	"phoned/audio/gain"
	"phoned/audio/jitter"
	"phoned/audio/rtp"
	"phoned/audio/tone"
)

// MaxCalls is how many calls may be open.
const MaxCalls = 8

// Steps of volume, ring and microphone are 0 to 9 and 3 dB each.
const (
	maxStep   = 9
	stepDB    = 3
	usualStep = 5 // of volume and ring
	usualMic  = 3
	routes    = int(audio.Headset) + 1
)

func step(n int) float64     { return float64(min(max(n, 0), maxStep)) }
func volumeDB(n int) float64 { return stepDB * (step(n) - usualStep) }
func micDB(n int) float64    { return stepDB * (step(n) - usualMic) }

// ringDB is at most 0 dB, since the ring is as loud as 16 bits allow; 0 is off.
func ringDB(n int) float64 {
	if n <= 0 {
		return gain.Mute
	}
	return stepDB * (step(n) - maxStep)
}

// A call is one open call.
type call struct {
	id      uint32
	session audio.Session
	stream  *rtp.Stream
	talk    talk
	listen  listen
}

// A Path is the whole way. It must not be copied.
type Path struct {
	rate   int
	calls  []*call
	spare  []*call // closed ones, kept for the next: a call is large
	focus  uint32
	sounds sounds
	route  audio.Route
	volume [routes]int
	mic    [routes]int
	muted  bool
	out    gain.Gain
	in     gain.Gain
	digit  func(call uint32, digit byte)
}

// New makes a path for a device of rate samples a second. digit is told the
// digits that arrive.
func New(rate int, digit func(call uint32, digit byte)) *Path {
	p := &Path{rate: rate, digit: digit, calls: make([]*call, 0, MaxCalls), spare: make([]*call, 0, MaxCalls)}
	for i := range routes {
		p.volume[i], p.mic[i] = usualStep, usualMic
	}
	p.sounds.init(rate)
	p.out, p.in = gain.New(volumeDB(usualStep)), gain.New(micDB(usualMic))
	return p
}

// Open adds a call; false if too many are open. An open call gets the new
// stream.
func (p *Path) Open(id uint32, stream *rtp.Stream) bool {
	if c := p.call(id); c != nil {
		c.stream = stream
		return true
	}
	if len(p.calls) == MaxCalls || id == 0 {
		return false
	}
	c := new(call)
	if n := len(p.spare); n > 0 {
		c, p.spare = p.spare[n-1], p.spare[:n-1]
		*c = call{}
	}
	c.id, c.stream = id, stream
	c.talk.rate, c.listen.rate = p.rate, p.rate
	p.calls = append(p.calls, c)
	return true
}

// Set changes a call's session.
func (p *Path) Set(now time.Duration, id uint32, s audio.Session) {
	c := p.call(id)
	if c == nil {
		return
	}
	if c.session.Remote != s.Remote || c.session.Play && !s.Play {
		c.listen.hush()
	}
	c.session = s
	c.stream.Set(now, s)
	c.talk.set(&c.session)
}

// Close ends a call and tells the far side's RTCP.
func (p *Path) Close(now time.Duration, id uint32) {
	for i, c := range p.calls {
		if c.id == id {
			c.stream.Bye(now)
			p.calls = append(p.calls[:i], p.calls[i+1:]...)
			c.stream = nil
			p.spare = append(p.spare, c)
		}
	}
	if p.focus == id {
		p.focus = 0
	}
}

// Focus puts a call in the ear and the mouth, 0 none.
func (p *Path) Focus(id uint32) {
	if id == p.focus {
		return
	}
	if c := p.call(p.focus); c != nil {
		c.listen.hush()
	}
	p.focus = id
}

// Play plays a sound until the next.
func (p *Path) Play(s audio.Sound) { p.sounds.play(s) }

// Tone sets what a sound is.
func (p *Path) Tone(s audio.Sound, spec tone.Spec) { p.sounds.set(s, spec) }

// Route chooses which volume and gain rule.
func (p *Path) Route(r audio.Route) {
	if int(r) < routes {
		p.route = r
		p.gains()
	}
}

// Volume sets how loud a route is.
func (p *Path) Volume(r audio.Route, step int) {
	if int(r) < routes {
		p.volume[r] = step
		p.gains()
	}
}

// MicGain sets how sensitive a route is.
func (p *Path) MicGain(r audio.Route, step int) {
	if int(r) < routes {
		p.mic[r] = step
		p.gains()
	}
}

// RingVolume sets how loud the ring is.
func (p *Path) RingVolume(step int) { p.sounds.ring.Set(ringDB(step)) }

// Mute silences the mouth.
func (p *Path) Mute(on bool) {
	p.muted = on
	p.gains()
}

func (p *Path) gains() {
	p.out.Set(volumeDB(p.volume[p.route]))
	if p.muted {
		p.in.Set(gain.Mute)
	} else {
		p.in.Set(micDB(p.mic[p.route]))
	}
}

// Digit sends a digit to a call.
func (p *Path) Digit(id uint32, digit byte, long time.Duration) {
	if c := p.call(id); c != nil {
		c.talk.digit(&c.session, digit, long)
	}
}

// Sounding is the route that the ear should have: a ring without a call is for
// the room.
func (p *Path) Sounding() audio.Route {
	if p.sounds.sound == audio.Ring && p.call(p.focus) == nil {
		return audio.Speaker
	}
	return p.route
}

// Active says whether the device's clock is needed: voice flows or a sound plays.
func (p *Path) Active() bool {
	for _, c := range p.calls {
		if c.session.Send || c.session.Play && c.id == p.focus {
			return true
		}
	}
	return p.sounds.active()
}

// Listening says whether anybody hears the mouth.
func (p *Path) Listening() bool {
	c := p.call(p.focus)
	return c != nil && c.session.Send
}

// Calls is how many calls are open.
func (p *Path) Calls() int { return len(p.calls) }

// Receive takes the packets that wait on a call's sockets.
func (p *Path) Receive(now time.Duration, id uint32) {
	c := p.call(id)
	if c == nil {
		return
	}
	for left := burst; left > 0; {
		packet, rest, ok := c.stream.Receive(now, left)
		left = rest
		if !ok {
			break
		}
		if d, ok := c.listen.packet(now, &c.session, packet, id == p.focus); ok && p.digit != nil {
			p.digit(id, d)
		}
	}
}

// Period takes one period of the mouth, changed in place, and makes one of the
// ear. A nil mouth is silence.
func (p *Path) Period(now time.Duration, mouth, ear []int16) {
	if mouth != nil {
		p.in.Apply(mouth, p.rate)
	}
	clear(ear)
	for _, c := range p.calls {
		var m []int16
		if c.id == p.focus {
			m = mouth
			if c.session.Play {
				c.listen.period(now, ear)
			}
		}
		c.talk.period(now, &c.session, c.stream, m)
	}
	ring := p.sounds.sound == audio.Ring
	if !ring {
		p.sounds.mix(ear)
	}
	p.out.Apply(ear, p.rate)
	if ring {
		p.sounds.mix(ear)
	}
}

// Stats tells how a call fares.
func (p *Path) Stats(id uint32) (rtp.Stats, jitter.Counts, time.Duration) {
	c := p.call(id)
	if c == nil {
		return rtp.Stats{}, jitter.Counts{}, 0
	}
	return c.stream.Stats(), c.listen.play.Counts(), c.listen.play.Delay()
}

func (p *Path) call(id uint32) *call {
	if id == 0 {
		return nil
	}
	for _, c := range p.calls {
		if c.id == id {
			return c
		}
	}
	return nil
}
