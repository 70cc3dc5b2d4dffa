package sdp

import (
	"fmt"
	"strings"
)

// Offer writes an offer of one audio stream (RFC 3264 §5). last is the
// description this phone sent last in the same call, nil for the first: its
// media lines stay in number and order (§8), all but ours with port 0, and
// its payload types keep their meaning (§8.3.2).
func Offer(local Local, last []byte) []byte {
	var w writer
	w.header(local, "0 0")
	codecs, event := local.Codecs, local.Event
	before, err := Parse(last)
	if err != nil || len(before.Streams) == 0 {
		w.audio(local, "RTP/AVP", codecs, event, local.wanted())
		return w.bytes()
	}
	ours := before.ours()
	for i := range before.Streams {
		s := &before.Streams[i]
		if i != ours {
			w.refused(s)
			continue
		}
		codecs, event = keepPayloads(s, codecs, event)
		w.audio(local, s.Proto, codecs, event, local.wanted())
	}
	if ours < 0 {
		w.audio(local, "RTP/AVP", codecs, event, local.wanted())
	}
	return w.bytes()
}

// ours is the index of the stream in use in a description the phone wrote
// itself; -1 = none.
func (d *Description) ours() int {
	for i := range d.Streams {
		if s := &d.Streams[i]; s.Port != 0 && s.usable() {
			return i
		}
	}
	return -1
}

// usable tells whether the phone can serve such a stream: audio over plain
// RTP. AVPF differs in when RTCP feedback may be sent, and the phone sends none
// (RFC 4585 §3.6); SRTP is refused.
func (s *Stream) usable() bool {
	return strings.EqualFold(s.Kind, "audio") &&
		(strings.EqualFold(s.Proto, "RTP/AVP") || strings.EqualFold(s.Proto, "RTP/AVPF"))
}

// keepPayloads gives the formats the payload types they have had.
func keepPayloads(s *Stream, codecs []Codec, event uint8) ([]Codec, uint8) {
	had := s.codecs()
	kept := make([]Codec, 0, len(codecs))
	for _, c := range codecs {
		if old, ok := find(had, c); ok {
			c.Payload = old.Payload
		}
		kept = append(kept, c)
	}
	if event == 0 {
		return kept, 0
	}
	if old := s.event(); old != 0 {
		event = old
	}
	return kept, event
}

// Accept reads the answer to offer, which Offer wrote from local (RFC 3264
// §7). The error is ErrSyntax, or ErrNotAcceptable when the far side refused
// the stream or chose what was not offered.
func Accept(local Local, offer, answer []byte) (Media, error) {
	sent, err := Parse(offer)
	if err != nil {
		return Media{}, fmt.Errorf("reading our own offer: %w", err)
	}
	d, err := Parse(answer)
	if err != nil {
		return Media{}, fmt.Errorf("reading the answer: %w", err)
	}
	// RFC 3264 §6: the m-lines of the answer match those of the offer by place.
	i := sent.ours()
	if i < 0 || i >= len(d.Streams) {
		return Media{}, fmt.Errorf("%w: the answer lacks our stream", ErrNotAcceptable)
	}
	ours, far := &sent.Streams[i], &d.Streams[i]
	if !strings.EqualFold(far.Kind, ours.Kind) || far.Port == 0 {
		return Media{}, fmt.Errorf("%w: the answer refuses the audio stream", ErrNotAcceptable)
	}
	if !far.usable() {
		return Media{}, fmt.Errorf("%w: the answer is for %s", ErrNotAcceptable, far.Proto)
	}
	m := Media{EventIn: ours.event(), Direction: sent.direction(ours)}
	for _, c := range ours.codecs() {
		if !c.isEvent() {
			m.Receive = append(m.Receive, c)
		}
	}
	chosen := false
	for _, c := range far.codecs() {
		offered, ok := find(m.Receive, c)
		if ok && !chosen {
			m.Codec = Codec{Name: offered.Name, Payload: c.Payload, Clock: offered.Clock}
			chosen = true
		}
	}
	if !chosen {
		return Media{}, fmt.Errorf("%w: the answer has no codec of the offer", ErrNotAcceptable)
	}
	if m.EventIn != 0 {
		m.Event = far.event()
	}
	if m.Event == 0 {
		m.EventIn = 0
	}
	if err := d.remote(far, local, &m); err != nil {
		return Media{}, err
	}
	return m, nil
}
