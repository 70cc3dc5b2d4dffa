package health

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// An EventKind says what happened. The comment names the fields of Event that
// belong to it.
type EventKind uint8

const (
	// Tick says that Deadline has come. Any Event does the work of a Tick too.
	Tick EventKind = iota
	// Answer is a response from Target: Method, Status; RTT, if that is known; Probe
	// and, where it has a Retry-After, Until if it answers the probe.
	Answer
	// Dead says that a line has found Target unavailable: Cause, Status, Method,
	// Until, Urgent.
	Dead
	// Fault says that the probe of Target did not reach it: Cause.
	Fault
	// Ask asks whether Target is alive: by a probe, unless one is under way.
	Ask
	// Reset says that the phone's own network has gone or changed: what was known
	// need not be so any more, and no probe under way proves anything.
	Reset
)

// An Event is what Step is told. Unused fields are 0.
type Event struct {
	Kind   EventKind
	Method sip.Method
	Cause  failover.Cause
	Urgent bool
	Probe  bool // Answer: to the probe of Target
	Status uint16
	Target Target
	Until  time.Duration // when the Retry-After ends; 0 = none
	RTT    time.Duration
}

// An ActionKind says what Step asks for.
type ActionKind uint8

const (
	// Send starts the probe of Target, an OPTIONS, and sends its first copy.
	Send ActionKind = iota
	// Resend sends one more copy of it: the same bytes.
	Resend
	// End ends the probe of Target and forgets it.
	End
	// News tells Record. With Changed it is to be told to every line that has the
	// target and does not know it already; with Asked it is the result of a probe,
	// for all who have asked.
	News
)

// An Action is what Step asks for.
type Action struct {
	Kind    ActionKind
	Changed bool
	Asked   bool
	Target  Target // Send, Resend, End
	Record  Record // News
}
