package ua

import (
	"phoned/sip/journal"
	"phoned/sip/sdp"
)

// A CallID names a call between the phone and the UA. The phone numbers the
// calls it dials with odd numbers, the UA those that arrive with even ones.
type CallID uint32

// A Command is what the phone asks of the UA.
type Command interface{ command() }

type (
	// Register registers the line now, starting at its primary server.
	Register struct{ Line int }
	// Drill walks the registration to another server and back, if the line is
	// registered and idle; LineNotices tell how it went.
	Drill struct{ Line int }
	// Dial places a call over a line. Number is a user part, or a whole SIP URI.
	Dial struct {
		Call   CallID
		Line   int
		Number string
		Media  sdp.Local // Addr is filled in by the UA, for each server
	}
	// Ring tells the caller that the phone rings (180).
	Ring struct{ Call CallID }
	// Answer takes an incoming call (200).
	Answer struct {
		Call  CallID
		Media sdp.Local
	}
	// Reject ends an incoming call with a final status, 300 to 699.
	Reject struct {
		Call   CallID
		Status int
	}
	// Hangup ends a call in any state: CANCEL, BYE, or a final answer.
	Hangup struct{ Call CallID }
	// Hold offers the far side sendonly; Resume offers sendrecv.
	Hold   struct{ Call CallID }
	Resume struct{ Call CallID }
	// Info sends one DTMF digit as INFO application/dtmf-relay.
	Info struct {
		Call  CallID
		Digit byte
	}
	// Link tells whether the phone has a network: carrier, address, route.
	Link struct{ Up bool }
	// Record asks for what each line's core was told lately and what it did, for a
	// replay. Reply needs room: nobody waits for its reader.
	Record struct{ Reply chan<- []*journal.Recording }
	// Ping asks for a sign of life: Reply gets one from the UA's loop. It needs room:
	// nobody waits for its reader.
	Ping struct{ Reply chan<- struct{} }
	// Reload replaces the configuration of the lines that differ. A line with
	// calls changes when its last call has ended.
	Reload struct{ Lines []Line }
)

func (Register) command() {}
func (Drill) command()    {}
func (Dial) command()     {}
func (Ring) command()     {}
func (Answer) command()   {}
func (Reject) command()   {}
func (Hangup) command()   {}
func (Hold) command()     {}
func (Resume) command()   {}
func (Info) command()     {}
func (Link) command()     {}
func (Record) command()   {}
func (Ping) command()     {}
func (Reload) command()   {}
