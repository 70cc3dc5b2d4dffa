package audio

import (
	"net/netip"
	"time"
)

// A CodecID names a voice codec.
type CodecID uint8

// The codecs that are built. The zero value is none.
const (
	NoCodec CodecID = iota
	PCMU
	PCMA
	G722
)

// A Session is what the media process needs to know of a call's stream.
// The zero value neither sends nor receives.
type Session struct {
	Remote     netip.AddrPort // where RTP goes; invalid = nowhere
	RemoteRTCP netip.AddrPort
	Codec      CodecID       // what is sent
	Payload    uint8         // RTP payload type of what is sent
	Receive    []Payload     // what may arrive
	Event      uint8         // payload type of telephone events to send; 0 = none
	EventIn    uint8         // payload type of telephone events that may arrive; 0 = none
	Ptime      time.Duration // of the packets sent; 20 ms if 0
	Send       bool          // voice is sent
	Play       bool          // what arrives is played
}

// A Payload maps an RTP payload type to its codec.
type Payload struct {
	Type  uint8
	Codec CodecID
}

// A Route is where the voice goes and comes from.
type Route uint8

// The routes of a desk phone.
const (
	Handset Route = iota
	Speaker
	Headset
)

// A Sound is what the phone plays by itself.
type Sound uint8

// The sounds. Each but Ring plays in the current route; Ring on the speaker.
const (
	Silence Sound = iota
	DialTone
	StutterTone // dial tone with messages waiting
	Ringback
	BusyTone
	ReorderTone // congestion: the call failed
	CallWaitingTone
	ComfortBeep // while a call is moved to another server
	Ring
)
