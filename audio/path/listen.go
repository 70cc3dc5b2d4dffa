package path

import (
	"time"

	"phoned/audio"
	"phoned/audio/codec"
	"phoned/audio/dtmf"
	"phoned/audio/halfband"
	"phoned/audio/jitter"
	"phoned/audio/rtp"
)

// burst is how many datagrams of one call are looked at in a row, so that a
// flood can not keep the device waiting.
const burst = 64

// A listen is the receiving half of a call: packets become samples.
type listen struct {
	rate   int // of the device
	dec    codec.Decoder
	play   jitter.Playout
	up     halfband.Up
	events dtmf.Receiver
	narrow [audioFrame]int16
}

// codecOf finds what a payload type was negotiated to be.
func codecOf(s *audio.Session, kind uint8) audio.CodecID {
	for _, r := range s.Receive {
		if r.Type == kind {
			return r.Codec
		}
	}
	return audio.NoCodec
}

// packet takes what the far side sent. It returns a digit that has arrived.
func (l *listen) packet(now time.Duration, s *audio.Session, p rtp.Packet, heard bool) (digit byte, ok bool) {
	if p.NewSource {
		l.play.Restart()
		l.events.Reset()
	}
	if s.EventIn != 0 && p.Type == s.EventIn {
		return l.events.Put(p.Payload, p.Timestamp, p.Marker)
	}
	id := codecOf(s, p.Type)
	if !heard || !s.Play || id == audio.NoCodec {
		return 0, false
	}
	if id != l.dec.Codec() {
		rate := codec.Rate(id, l.rate)
		l.dec.Reset(id, rate)
		l.play.Reset(&l.dec, rate)
		l.up.Reset()
	}
	l.play.Put(now, p.Timestamp, p.Marker, p.Payload)
	return 0, false
}

// period gives one period to the ear.
func (l *listen) period(now time.Duration, ear []int16) {
	id := l.dec.Codec()
	if id == audio.NoCodec {
		clear(ear)
		return
	}
	if codec.Rate(id, l.rate) == l.rate {
		l.play.Pull(now, ear)
		return
	}
	n := l.narrow[:len(ear)/2]
	l.play.Pull(now, n)
	l.up.Double(ear, n)
}

// hush forgets the voice that waits: the call leaves the ear.
func (l *listen) hush() {
	if l.dec.Codec() != audio.NoCodec {
		l.play.Hush()
	}
}
