package desk

import (
	"strings"

	"phoned/audio"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/sdp"
	"phoned/sip/ua"
)

// codecs are the voice codecs with their static payload types (RFC 3551
// table 4; G.722's RTP clock is 8000 Hz there for historical reasons).
var codecs = [...]struct {
	id  audio.CodecID
	sdp sdp.Codec
}{
	{audio.PCMU, sdp.Codec{Name: "PCMU", Payload: 0, Clock: 8000}},
	{audio.PCMA, sdp.Codec{Name: "PCMA", Payload: 8, Clock: 8000}},
	{audio.G722, sdp.Codec{Name: "G722", Payload: 9, Clock: 8000}},
}

// codecID finds the codec of an encoding name, which is case-insensitive (RFC
// 8866 §6.6); NoCodec if it is not built.
func codecID(name string) audio.CodecID {
	for _, c := range codecs {
		if strings.EqualFold(c.sdp.Name, name) {
			return c.id
		}
	}
	return audio.NoCodec
}

// local is this phone's side of a call's voice on a line.
func (d *Desk) local(line int, port uint16) sdp.Local {
	v := d.settings.Voice[line]
	l := sdp.Local{Port: port, Ptime: v.Ptime, Event: v.Event}
	if d.inBand(line) {
		l.Event = 0
	}
	for _, id := range v.Codecs {
		for _, c := range codecs {
			if c.id == id {
				l.Codecs = append(l.Codecs, c.sdp)
			}
		}
	}
	if len(l.Codecs) == 0 {
		for _, c := range codecs {
			l.Codecs = append(l.Codecs, c.sdp)
		}
	}
	return l
}

// inBand tells whether a line sends its digits as tones in the voice only.
func (d *Desk) inBand(line int) bool {
	for _, l := range d.settings.Phone.Lines {
		if l.Number == line {
			return l.DTMF == phone.InBand
		}
	}
	return false
}

// setVoice tells the voice process what was agreed on for a call.
func (d *Desk) setVoice(call ua.CallID, m sdp.Media) {
	line, open := d.lineOf[phone.CallID(call)]
	if !open {
		return // hung up meanwhile
	}
	s := session(m)
	if d.inBand(line) {
		s.Event = 0
	}
	d.cfg.Media.Set(uint32(call), s)
}

// session is an agreement in the words of the voice process.
func session(m sdp.Media) audio.Session {
	s := audio.Session{
		Codec:   codecID(m.Codec.Name),
		Payload: m.Codec.Payload,
		Event:   m.Event,
		EventIn: m.EventIn,
		Ptime:   m.Ptime,
	}
	if m.Remote.IsValid() && m.Remote.Port() != 0 {
		s.Remote = m.Remote
		if m.RemoteRTCP.IsValid() && m.RemoteRTCP.Port() != 0 {
			s.RemoteRTCP = m.RemoteRTCP
		}
		s.Send = m.Direction == sdp.SendRecv || m.Direction == sdp.SendOnly
	}
	s.Play = m.Direction == sdp.SendRecv || m.Direction == sdp.RecvOnly
	for _, c := range m.Receive {
		if id := codecID(c.Name); id != audio.NoCodec {
			s.Receive = append(s.Receive, audio.Payload{Type: c.Payload, Codec: id})
		}
	}
	return s
}
