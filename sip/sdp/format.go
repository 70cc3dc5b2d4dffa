package sdp

import (
	"strconv"
	"strings"
	"time"
)

// telephoneEvent is the encoding name of RFC 4733 §2.1.
const telephoneEvent = "telephone-event"

// eventClock is the RTP clock rate of the phone's telephone events in Hz: that
// of its voice codecs (RFC 4733 §2.1).
const eventClock = 8000

// static are the payload types of RFC 3551 §6 that need no rtpmap, as far as
// the phone may speak them.
var static = map[uint8]Codec{
	0:  {Name: "PCMU", Payload: 0, Clock: 8000},
	3:  {Name: "GSM", Payload: 3, Clock: 8000},
	4:  {Name: "G723", Payload: 4, Clock: 8000},
	8:  {Name: "PCMA", Payload: 8, Clock: 8000},
	9:  {Name: "G722", Payload: 9, Clock: 8000},
	15: {Name: "G728", Payload: 15, Clock: 8000},
	18: {Name: "G729", Payload: 18, Clock: 8000},
}

// codecs are the formats of a stream in its order, telephone events too. What
// has no meaning (a dynamic type without rtpmap) or more than one channel is
// left out.
func (s *Stream) codecs() []Codec {
	list := make([]Codec, 0, len(s.Formats))
	for _, format := range s.Formats {
		n, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		payload := uint8(n)
		c, mapped := s.rtpmap(payload)
		if !mapped {
			c = static[payload]
		}
		if c.Name != "" {
			list = append(list, c)
		}
	}
	return list
}

// rtpmap is what a=rtpmap says of a payload type (RFC 8866 §6.6). mapped is
// true with an empty Codec for one that can not be used.
func (s *Stream) rtpmap(payload uint8) (c Codec, mapped bool) {
	for _, a := range s.Attributes {
		if a.Name != "rtpmap" {
			continue
		}
		number, encoding, _ := strings.Cut(a.Value, " ")
		if n, err := strconv.ParseUint(number, 10, 7); err != nil || uint8(n) != payload {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(encoding), "/")
		rate, channels, _ := strings.Cut(rest, "/")
		clock, err := strconv.ParseUint(rate, 10, 31)
		if err != nil || clock == 0 || name == "" || !printable(name) || channels != "" && channels != "1" {
			return Codec{}, true
		}
		return Codec{Name: name, Payload: payload, Clock: int(clock)}, true
	}
	return Codec{}, false
}

// same tells whether two formats carry the same encoding. Names do not
// distinguish case (RFC 4855 §3).
func (c Codec) same(other Codec) bool {
	return c.Clock == other.Clock && strings.EqualFold(c.Name, other.Name)
}

// isEvent tells whether the format is the telephone event of the phone.
func (c Codec) isEvent() bool {
	return c.Clock == eventClock && strings.EqualFold(c.Name, telephoneEvent)
}

// find is the entry of list with the encoding of c.
func find(list []Codec, c Codec) (found Codec, ok bool) {
	for _, other := range list {
		if other.same(c) {
			return other, true
		}
	}
	return Codec{}, false
}

// event is the payload type on which the stream takes the digits of a
// telephone, events 0 to 11; 0 = none. Without fmtp that is 0-15 (RFC 4733
// §2.4.1).
func (s *Stream) event() uint8 {
	for _, c := range s.codecs() {
		if c.isEvent() && s.takesDigits(c.Payload) {
			return c.Payload
		}
	}
	return 0
}

// takesDigits reads fmtp of telephone-event: "0-15", "0-11,16", "events=0-15".
func (s *Stream) takesDigits(payload uint8) bool {
	const digits = 1<<12 - 1
	for _, a := range s.Attributes {
		number, list, _ := strings.Cut(a.Value, " ")
		if a.Name != "fmtp" || number != strconv.Itoa(int(payload)) {
			continue
		}
		list = strings.TrimPrefix(strings.TrimSpace(list), "events=")
		var events uint32
		for part := range strings.SplitSeq(list, ",") {
			low, high, ranged := strings.Cut(strings.TrimSpace(part), "-")
			from, err := strconv.ParseUint(low, 10, 8)
			if err != nil {
				continue
			}
			to := from
			if ranged {
				if to, err = strconv.ParseUint(high, 10, 8); err != nil {
					continue
				}
			}
			for e := from; e <= to && e < 16; e++ {
				events |= 1 << e
			}
		}
		return events&digits == digits
	}
	return true
}

// The packet times the phone sends: whole 10 ms frames.
const (
	defaultPtime = 20 * time.Millisecond
	frame        = 10 * time.Millisecond
	maxPtime     = 60 * time.Millisecond
)

// ptime is the length of the packets to send: what the far side asks for,
// else what the phone prefers, never more than maxptime (RFC 8866 §6.4, §6.5).
func (s *Stream) ptime(local time.Duration) time.Duration {
	p := s.milliseconds("ptime")
	if p == 0 {
		p = local
	}
	if p <= 0 {
		p = defaultPtime
	}
	if most := s.milliseconds("maxptime"); most > 0 {
		p = min(p, most)
	}
	return min(max(p.Truncate(frame), frame), maxPtime)
}

// milliseconds reads an attribute that is a number of ms; 0 = none. Some
// phones write a fraction.
func (s *Stream) milliseconds(name string) time.Duration {
	value, _ := s.attribute(name)
	whole, _, _ := strings.Cut(value, ".")
	n, err := strconv.ParseUint(whole, 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}
