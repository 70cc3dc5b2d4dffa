package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Answer reads an offer and writes the answer to it (RFC 3264 §6): the first
// audio stream the phone can serve, every other one refused with port 0. The
// error is ErrSyntax (400) or ErrNotAcceptable (488).
func Answer(local Local, offer []byte) (answer []byte, m Media, err error) {
	d, err := Parse(offer)
	if err != nil {
		return nil, Media{}, fmt.Errorf("reading the offer: %w", err)
	}
	// The complaint about the first audio stream is the one that is told.
	chosen, first := -1, error(nil)
	for i := range d.Streams {
		m, err = d.serve(&d.Streams[i], local)
		if err == nil {
			chosen = i
			break
		}
		if first == nil && strings.EqualFold(d.Streams[i].Kind, "audio") {
			first = err
		}
	}
	if chosen < 0 {
		if first == nil {
			first = fmt.Errorf("%w: the offer has no audio", ErrNotAcceptable)
		}
		return nil, Media{}, first
	}
	var w writer
	w.header(local, d.Time)
	for i := range d.Streams {
		s := &d.Streams[i]
		if i != chosen {
			w.refused(s)
			continue
		}
		w.audio(local, s.Proto, m.Receive, m.EventIn, m.Direction)
	}
	return w.bytes(), m, nil
}

// serve is what the phone agrees to for one offered stream.
func (d *Description) serve(s *Stream, local Local) (Media, error) {
	switch {
	case !strings.EqualFold(s.Kind, "audio"):
		return Media{}, fmt.Errorf("%w: %s is no audio", ErrNotAcceptable, clip(s.Kind))
	case s.Port == 0:
		return Media{}, fmt.Errorf("%w: the audio stream is offered with port 0", ErrNotAcceptable)
	case !s.usable():
		return Media{}, fmt.Errorf("%w: audio over %s", ErrNotAcceptable, clip(s.Proto))
	}
	var m Media
	// RFC 3264 §6.1: the formats in common, in the order of the offer, with its
	// payload types; the first of them is sent.
	for _, c := range s.codecs() {
		ours, ok := find(local.Codecs, c)
		if !ok {
			continue
		}
		if _, twice := find(m.Receive, c); twice {
			continue
		}
		m.Receive = append(m.Receive, Codec{Name: ours.Name, Payload: c.Payload, Clock: ours.Clock})
	}
	if len(m.Receive) == 0 {
		return Media{}, fmt.Errorf("%w: no codec in common", ErrNotAcceptable)
	}
	m.Codec = m.Receive[0]
	if local.Event != 0 {
		m.Event = s.event()
		m.EventIn = m.Event
	}
	m.Direction = local.wanted()
	if err := d.remote(s, local, &m); err != nil {
		return Media{}, err
	}
	return m, nil
}

// remote fills in what depends on the far side's addresses: where to send,
// how long packets are, and the flow.
func (d *Description) remote(s *Stream, local Local, m *Media) error {
	addr, there, err := d.address(s)
	if err != nil {
		return err
	}
	far := d.direction(s)
	if there {
		if local.Addr.IsValid() && local.Addr.Unmap().Is4() != addr.Is4() {
			return fmt.Errorf("%w: %s can not be reached from %s", ErrNotAcceptable, addr, local.Addr)
		}
		m.Remote = netip.AddrPortFrom(addr, s.Port)
		m.RemoteRTCP = s.rtcp(addr)
	} else {
		// RFC 3264 §8.4: c=0.0.0.0 is how RFC 2543 said hold: nothing may be sent.
		far = direction(far.Sends(), false)
	}
	m.Direction = m.Direction.agree(far)
	m.Ptime = s.ptime(local.Ptime)
	return nil
}

// rtcp is where RTCP goes: a=rtcp (RFC 3605), else the port after RTP's (RFC
// 3550 §11).
func (s *Stream) rtcp(addr netip.Addr) netip.AddrPort {
	if value, ok := s.attribute("rtcp"); ok {
		f := strings.Fields(value)
		if len(f) > 0 {
			port, err := strconv.ParseUint(f[0], 10, 16)
			if err == nil && port != 0 {
				if other, err := parseAddress(f[1:]); err == nil && other.Is4() == addr.Is4() && !other.IsUnspecified() {
					addr = other
				}
				return netip.AddrPortFrom(addr, uint16(port))
			}
		}
	}
	if s.Port == 0 || s.Port == 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, s.Port+1)
}
