package health

import (
	"net/netip"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// A Target is what has a state of its own: lines whose targets are equal share
// a Record.
type Target struct {
	Addr      netip.AddrPort // invalid while a name is not resolved
	Transport sip.Transport
	// Name is the name that a TLS certificate is verified for, and "host:port"
	// where Addr is invalid; else empty.
	Name string
}

// A State of a target.
type State uint8

const (
	Unknown State = iota // nothing was heard, nor missed
	Up
	Down
)

// String is the state as one would say it.
func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Down:
		return "down"
	default:
		return "unknown"
	}
}

// A Record is what is known of a target. Times count from the owner's start.
type Record struct {
	Target Target
	State  State
	Since  time.Duration  // when it came to be in State; 0 with Unknown
	Cause  failover.Cause // why it is Down
	Status uint16         // with Cause Answered
	Method sip.Method     // of the request that showed the state
	Urgent bool           // somebody waited for a call there when it was found Down
	Until  time.Duration  // it asked to be left alone until then (Retry-After); 0 = not said
	RTT    time.Duration  // round trip, smoothed (RFC 6298 §2.3); 0 = not measured
	Seen   time.Duration  // when the last evidence came, for or against
	Asking bool           // a probe is under way
}
