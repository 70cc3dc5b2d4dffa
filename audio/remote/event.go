package remote

import "time"

// An Event is a past fact the media process tells: DigitReceived, Stats,
// Restarted or DeviceFault.
type Event interface{ event() }

// DigitReceived is a telephone event from the far side (RFC 4733), told once.
type DigitReceived struct {
	Call  uint32
	Digit byte // 0-9 * # A-D
}

// Stats tells how a call's stream fares; sent about once a second while the
// call has a session, and a last time when it is closed.
type Stats struct {
	Call      uint32
	Sent      uint64        // RTP packets sent
	Received  uint64        // RTP packets taken
	Stranger  uint64        // packets dropped since they came from someone else or were not RTP
	Lost      uint64        // packets of the far side that never came
	Late      uint64        // packets that came too late to be played
	Overruns  uint64        // how often the sound card ran dry since the media process began
	Concealed time.Duration // voice made up for what was missing
	Jitter    time.Duration // interarrival jitter (RFC 3550 §6.4.1)
	Delay     time.Duration // of the jitter buffer now
	RTT       time.Duration // round trip by RTCP; 0 = not known
	FarLoss   float32       // share of our packets the far side says it lost last, 0..1
	FarJitter time.Duration // the far side's interarrival jitter
	Closed    bool          // the call's last
}

// Restarted says that the media process died and a new one has the whole
// state again; the voice was gone for a moment.
type Restarted struct{ Reason string }

// DeviceFault says in words what is wrong with the sound device or the media
// process. An empty text says that it works again.
type DeviceFault struct{ Text string }

func (DigitReceived) event() {}
func (Stats) event()         {}
func (Restarted) event()     {}
func (DeviceFault) event()   {}
