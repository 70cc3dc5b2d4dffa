package sdp

import (
	"fmt"
	"net/netip"
	"strings"
)

// A writer builds the phone's own description.
type writer struct{ text strings.Builder }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.text, format, args...)
	w.text.WriteString("\r\n")
}

// header writes the session part (RFC 8866 §5). time is the value of t=, in an
// answer that of the offer (RFC 3264 §6).
func (w *writer) header(local Local, time string) {
	where := address(local.Addr)
	w.line("v=0")
	w.line("o=- %d %d %s", local.Session, local.Version, where)
	w.line("s=-")
	w.line("c=%s", where)
	w.line("t=%s", time)
}

// address is "IN IP4 192.0.2.1".
func address(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	switch {
	case a.Is6():
		return "IN IP6 " + a.String()
	case a.Is4():
		return "IN IP4 " + a.String()
	default:
		return "IN IP4 0.0.0.0"
	}
}

// audio writes the phone's stream. event is the payload type of
// telephone-event, 0 = none.
func (w *writer) audio(local Local, proto string, codecs []Codec, event uint8, d Direction) {
	fmt.Fprintf(&w.text, "m=audio %d %s", local.Port, proto)
	for _, c := range codecs {
		fmt.Fprintf(&w.text, " %d", c.Payload)
	}
	if event != 0 {
		fmt.Fprintf(&w.text, " %d", event)
	}
	w.line("")
	for _, c := range codecs {
		w.line("a=rtpmap:%d %s/%d", c.Payload, c.Name, c.Clock)
	}
	if event != 0 {
		w.line("a=rtpmap:%d %s/%d", event, telephoneEvent, eventClock)
		w.line("a=fmtp:%d 0-15", event)
	}
	if ms := local.Ptime.Milliseconds(); ms > 0 {
		w.line("a=ptime:%d", ms)
	}
	w.line("a=%s", d)
}

// refused writes a stream with port 0 (RFC 3264 §6): its formats stay, at
// least one, as the grammar wants it.
func (w *writer) refused(s *Stream) {
	formats := strings.Join(s.Formats, " ")
	if formats == "" {
		formats = "0"
	}
	w.line("m=%s 0 %s %s", s.Kind, s.Proto, formats)
}

func (w *writer) bytes() []byte { return []byte(w.text.String()) }

// wanted is the flow the phone asks for: held calls send only (RFC 3264 §8.4).
func (l *Local) wanted() Direction {
	if l.Hold {
		return SendOnly
	}
	return SendRecv
}
