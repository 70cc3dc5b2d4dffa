package wire

import (
	"time"

	"phoned/audio"
)

// Version of the form. Hello, Quit and their encodings never change, so that
// processes of different versions can part.
const Version = 2

// A Kind says what a message is.
type Kind uint8

// To the media process.
const (
	Open       Kind = 1 + iota // Call; with two descriptors: RTP, RTCP
	Set                        // Call, Session
	Close                      // Call
	Focus                      // Call
	Play                       // Which: the sound
	Tone                       // Which: the sound; Text: its spec
	Route                      // Which: the route
	Volume                     // Which: the route; Value: the step
	MicGain                    // Which: the route; Value: the step
	RingVolume                 // Value: the step
	Mute                       // Value: 0 or 1
	Digit                      // Call; Which: the digit; Long
	Quit                       // end now
	Ping                       // Value: to be given back
)

// From the media process.
const (
	Hello   Kind = 64 + iota // Value: Version; Text: the device's name
	Holds                    // Call; with two descriptors
	Ready                    // all of Holds was said
	Arrived                  // Call; Which: the digit
	Report                   // Call; Stats
	Fault                    // Text: what is wrong with the device, or nothing
	Pong                     // Value
)

// A Message is any of them; which fields count is told by its Kind.
type Message struct {
	Kind    Kind
	Which   uint8
	Call    uint32
	Value   int32
	Long    time.Duration
	Text    string
	Session audio.Session
	Stats   Stats
}

// Stats is how a call's stream fares.
type Stats struct {
	Sent, Received, Stranger, Lost, Late     uint64
	Overruns                                 uint64 // of the sound card, in all
	Concealed, Jitter, Delay, RTT, FarJitter time.Duration
	FarLoss                                  float32
	Closed                                   bool
}

// MaxSize is that of the longest message, in bytes.
const MaxSize = 2048

// MaxReceive is how many payload types a session may receive.
const MaxReceive = 16

// MaxText is the longest text, in bytes; longer ones are cut.
const MaxText = 1900
