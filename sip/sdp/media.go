package sdp

import (
	"net/netip"
	"time"
)

// Direction is the flow of a stream seen from this phone (RFC 3264 §5.1).
type Direction uint8

// The directions; the zero value is the default of SDP.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// A Codec is one RTP payload format (RFC 3551, RFC 4733).
type Codec struct {
	Name    string // encoding name as in rtpmap: PCMU, PCMA, G722, telephone-event
	Payload uint8  // RTP payload type
	Clock   int    // RTP clock rate in Hz (8000 for G722, RFC 3551 §4.5.2)
}

// Local is this phone's side of a stream: what it offers or answers with.
type Local struct {
	Addr    netip.Addr    // where RTP is received
	Port    uint16        // RTP port; RTCP is received at Port+1
	Codecs  []Codec       // in order of preference
	Event   uint8         // payload type offered for telephone-event; 0 = none
	Ptime   time.Duration // 0 = leave it open
	Hold    bool          // this phone holds the call
	Session uint64        // o= session id
	Version uint64        // o= session version, one higher with each change
}

// Media is what both sides agreed on, seen from this phone.
type Media struct {
	Remote     netip.AddrPort // where to send RTP; port 0 or an invalid address = nowhere
	RemoteRTCP netip.AddrPort
	Codec      Codec         // what to send; the payload type is the far side's
	Receive    []Codec       // what may arrive, with our payload types
	Event      uint8         // payload type of telephone-event to send; 0 = not agreed
	EventIn    uint8         // payload type of telephone-event that may arrive
	Ptime      time.Duration // of the packets to send
	Direction  Direction
}
