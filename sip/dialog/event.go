package dialog

import (
	"phoned/sip/sdp"
)

// An Event is what Step is told: a wish of the user, a message, or time.
type Event interface{ event() }

// Wishes. One that does not fit the state of the Call changes nothing.
type (
	// Dial sends the INVITE with an offer of Media. Session is the session id of
	// o=; Version and Hold are the Call's own business.
	Dial struct{ Media sdp.Local }
	// Ring answers an incoming call with 180.
	Ring struct{}
	// Answer takes an incoming call: 200 with an answer, or an offer if the INVITE
	// had none. Media as in Dial.
	Answer struct{ Media sdp.Local }
	// Reject ends an incoming call with a final status, 300 to 699.
	Reject struct{ Status int }
	// Hangup ends the call in any state: CANCEL, BYE, or 486. The user is free at
	// once (Ended), whatever the network does.
	Hangup struct{}
	// Hold and Resume change the direction of our stream. Asked for while no
	// offer may be sent, they wait; asked for twice, they do nothing.
	Hold   struct{}
	Resume struct{}
	// Change offers other media (address, port, codecs) in a call that is up, and
	// with it the shell's present Contact. Media as in Dial.
	Change struct{ Media sdp.Local }
	// Refresh tells the far side our present Contact, and finds out whether it
	// still knows the call: UPDATE where it is allowed, else re-INVITE.
	Refresh struct{}
	// Info sends one DTMF digit (0-9 * # A-D) as INFO application/dtmf-relay.
	// Digits leave one at a time, in order.
	Info struct{ Digit byte }
)

// The network. Request and Response are events too.
type (
	// NoAnswer says that a request got no final response: no server served it,
	// time-out, transport error, or abandoned before it left.
	NoAnswer struct{ Req Req }
	// Cancelled says that the INVITE of server transaction Ref was cancelled; the
	// shell has answered the CANCEL itself.
	Cancelled struct{ Ref Ref }
	// Tick says that Deadline has come. Any Event does the work of a Tick too.
	Tick struct{}
)

func (Dial) event()      {}
func (Ring) event()      {}
func (Answer) event()    {}
func (Reject) event()    {}
func (Hangup) event()    {}
func (Hold) event()      {}
func (Resume) event()    {}
func (Change) event()    {}
func (Refresh) event()   {}
func (Info) event()      {}
func (Request) event()   {}
func (Response) event()  {}
func (NoAnswer) event()  {}
func (Cancelled) event() {}
func (Tick) event()      {}
