package path

import (
	"time"

	"phoned/audio"
	"phoned/audio/codec"
	"phoned/audio/dtmf"
	"phoned/audio/halfband"
	"phoned/audio/rtp"
)

const (
	periodTicks = codec.Clock / 100
	usualPtime  = 20 * time.Millisecond
	mostPtime   = 60 * time.Millisecond
)

// A talk is the sending half of a call: samples become packets.
type talk struct {
	rate   int // of the device
	enc    codec.Encoder
	down   halfband.Down
	events dtmf.Sender
	inBand dtmf.InBand

	packet  [rtp.MaxPayload]byte
	fill    int    // bytes of the packet that are there
	size    int    // bytes of a packet
	clock   uint32 // timestamp of the packet's first sample
	running bool   // the packet before was sent

	frame  [audioFrame]int16
	narrow [audioFrame]int16
}

// audioFrame is the samples of one period at the highest rate.
const audioFrame = 160

// set changes what is sent.
func (t *talk) set(s *audio.Session) {
	if s.Codec != t.enc.Codec() {
		t.enc.Reset(s.Codec, codec.Rate(s.Codec, t.rate))
		t.down.Reset()
		t.fill = 0
	}
	ptime := s.Ptime
	if ptime == 0 {
		ptime = usualPtime
	}
	periods := int(min(max(ptime, audio.Period), mostPtime) / audio.Period)
	if size := periods * periodTicks; size != t.size {
		t.size, t.fill = size, 0
	}
}

// digit queues a digit: as an event if the far side takes events, else as tones.
func (t *talk) digit(s *audio.Session, digit byte, long time.Duration) {
	if s.Event != 0 {
		t.events.Press(digit, long)
	} else {
		t.inBand.Press(digit, long)
	}
}

// period takes one period of the mouth; nil is silence.
func (t *talk) period(now time.Duration, s *audio.Session, out *rtp.Stream, mouth []int16) {
	if !s.Send || !s.Remote.IsValid() || codec.Rate(s.Codec, t.rate) == 0 {
		// The clock runs on, so that what follows comes at its time.
		t.clock += uint32(t.fill) + periodTicks
		t.fill, t.running = 0, false
		return
	}
	f := t.frame[:t.rate/100]
	if !t.inBand.Generate(f, t.rate) {
		if mouth == nil {
			clear(f)
		} else {
			copy(f, mouth)
		}
	}
	if codec.Rate(s.Codec, t.rate) < t.rate {
		n := t.down.Halve(t.narrow[:], f)
		f = t.narrow[:n]
	}
	t.fill += t.enc.Encode(t.packet[t.fill:], f)
	if t.fill < t.size {
		return
	}
	// RFC 4733 §2.5.1.2: while a digit is sent, its events take the place of the voice.
	if e, ok := t.events.Next(t.clock, uint32(t.fill)); ok {
		out.Send(now, s.Event, e.Timestamp, e.Marker, e.Payload[:])
		t.running = false
	} else {
		// RFC 3551 §4.1: the marker is on the first packet after a silence.
		out.Send(now, s.Payload, t.clock, !t.running, t.packet[:t.fill])
		t.running = true
	}
	t.clock += uint32(t.fill)
	t.fill = 0
}
