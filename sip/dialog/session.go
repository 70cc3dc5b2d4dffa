package dialog

import (
	"bytes"
	"errors"
	"slices"

	"phoned/sip/sdp"
)

const typeSDP = "application/sdp"

// A session is the offers and answers of a call (RFC 3264).
type session struct {
	local      sdp.Local // in force, or offered for the first time
	want       sdp.Local // what the user wishes
	media      sdp.Media // agreed on
	remoteHold bool
	sent       []byte // the description sent last
	version    uint64
	offer      []byte    // our last offer
	offered    sdp.Local // what it was made of
	agreed     []byte    // our description that is in force
	far        []byte    // and the far side's
}

// errNoAnswer is what a far side owes us that is silent on our offer.
var errNoAnswer = errors.New("no answer to our offer")

// begin takes the first media of the call.
func (s *session) begin(local sdp.Local, r *random) {
	local.Hold = false
	if local.Session == 0 {
		// RFC 8866 §5.2 wants a number that is unique; some peers read 31 bits.
		local.Session = r.next() >> 33
	}
	local.Codecs = slices.Clone(local.Codecs)
	s.local, s.version = local, 1
	hold := s.want.Hold // asked for before
	s.want = local
	s.want.Hold = hold
}

// numbered gives local the version of the description to be written: the last
// one where write says the same as before, else one more (RFC 3264 §8).
func (s *session) numbered(local sdp.Local, write func(sdp.Local) []byte) []byte {
	local.Version = s.version
	text := write(local)
	if s.sent != nil && !bytes.Equal(text, s.sent) {
		s.version++
		local.Version = s.version
		text = write(local)
	}
	s.sent = text
	return text
}

// makeOffer writes an offer of local.
func (s *session) makeOffer(local sdp.Local) []byte {
	before := s.sent
	s.offered = local
	s.offer = s.numbered(local, func(l sdp.Local) []byte { return sdp.Offer(l, before) })
	return s.offer
}

// repeatOffer offers what is in force, word for word: the same o= line tells the
// far side that nothing has changed (RFC 4028 §7.4, RFC 3264 §8).
func (s *session) repeatOffer() []byte {
	s.offered, s.offer, s.sent = s.local, s.agreed, s.agreed
	return s.offer
}

// accept reads the answer to our last offer; what was offered is in force then.
func (s *session) accept(answer []byte) error {
	if len(answer) == 0 {
		return errNoAnswer
	}
	m, err := sdp.Accept(s.offered, s.offer, answer)
	if err != nil {
		return err
	}
	s.local, s.media, s.agreed, s.far = s.offered, m, s.offer, slices.Clone(answer)
	switch {
	case m.Direction.Sends():
		s.remoteHold = false
	case !s.offered.Hold:
		s.remoteHold = true
	default:
		// We hold and the answer is inactive: whether the far side holds as well
		// it does not say; that it did before still counts.
	}
	return nil
}

// answer writes the answer to an offer; the session is unchanged on error.
func (s *session) answer(offer []byte) ([]byte, error) {
	if s.agreed != nil && bytes.Equal(offer, s.far) {
		// Word for word what is in force: a refresh, whose answer says as well that
		// nothing has changed (RFC 4028 §7.4).
		s.sent = s.agreed
		return s.agreed, nil
	}
	_, m, err := sdp.Answer(s.local, offer)
	if err != nil {
		return nil, err
	}
	text := s.numbered(s.local, func(l sdp.Local) []byte {
		text, _, _ := sdp.Answer(l, offer) // the same as above but for the version
		return text
	})
	s.media, s.remoteHold, s.agreed, s.far = m, !m.Direction.Sends(), text, slices.Clone(offer)
	return text, nil
}

// dirty tells whether the user wishes another session than the one in force.
func (s *session) dirty() bool {
	a, b := &s.local, &s.want
	return a.Addr != b.Addr || a.Port != b.Port || a.Event != b.Event || a.Ptime != b.Ptime ||
		a.Hold != b.Hold || !slices.Equal(a.Codecs, b.Codecs)
}

// agreement is what MediaChanged tells.
func (s *session) agreement() MediaChanged {
	m := s.media
	m.Receive = slices.Clone(m.Receive)
	return MediaChanged{Media: m, LocalHold: s.local.Hold, RemoteHold: s.remoteHold}
}

// same tells whether two agreements differ in nothing.
func (m MediaChanged) same(o MediaChanged) bool {
	a, b := &m.Media, &o.Media
	return m.LocalHold == o.LocalHold && m.RemoteHold == o.RemoteHold &&
		a.Remote == b.Remote && a.RemoteRTCP == b.RemoteRTCP && a.Codec == b.Codec &&
		slices.Equal(a.Receive, b.Receive) && a.Event == b.Event && a.EventIn == b.EventIn &&
		a.Ptime == b.Ptime && a.Direction == b.Direction
}
