package dialog

import (
	"time"

	"phoned/sip"
	"phoned/sip/sdp"
)

// An Action is what Step asks the shell for: a message, or news for the user.
type Action interface{ action() }

// Messages.
type (
	// Send starts client request Req. Dialog.RemoteTag and Target are empty for
	// the first INVITE, whose request URI is the shell's business. Contact is
	// added to INVITE and UPDATE (RFC 3261 §12.2.1.1, RFC 3311 §4). The first
	// INVITE is sent again under the same Req, as a new request, where its session
	// interval was too short (422, RFC 4028 §7.3).
	Send struct {
		Req         Req
		Method      sip.Method
		Dialog      Dialog
		Supported   Tags
		Expiry      Expiry
		RAck        RAck // of a PRACK
		ContentType string
		Body        []byte
	}
	// Cancel gives up Req, the first INVITE. Its responses are still told.
	Cancel struct{ Req Req }
	// Ack acknowledges a 2xx to INVITE Req: CSeq is the INVITE's, credentials too
	// (RFC 3261 §13.2.2.4). Again marks a further copy of an ACK that was sent.
	Ack struct {
		Req         Req
		CSeq        uint32
		Dialog      Dialog
		ContentType string
		Body        []byte
		Again       bool
	}
	// Respond answers server transaction Ref. The To tag is the LocalTag of the
	// Config in all responses but 100; Record-Route is copied into 101 to 299
	// of an INVITE (RFC 3261 §12.1.1). Again marks a further copy of a 180 or 2xx.
	Respond struct {
		Ref         Ref
		Status      int
		Contact     bool // add our Contact
		Allow       bool // add Allow, see the function of that name
		Supported   Tags
		Require     Tags
		Expiry      Expiry
		RSeq        uint32        // of a reliable provisional response; 0 = none
		Accept      bool          // add Accept: AcceptList of the method answered
		RetryAfter  time.Duration // whole seconds; NoRetry = no such header
		ContentType string
		Body        []byte
		Again       bool
	}
	// Release says that server transaction Ref of an INVITE needs no further copy
	// of its 2xx.
	Release struct{ Ref Ref }
)

// NoRetry is the RetryAfter of a Respond without that header.
const NoRetry time.Duration = 0

// News.
type (
	// Incoming tells that the INVITE is good: the phone may ring. 100 is sent.
	Incoming struct{}
	// Progress tells a provisional answer, 101 to 199. Media is non-nil when the
	// far side sends sound already (early media); with several early dialogs it
	// is that of the latest one that speaks.
	Progress struct {
		Status int
		Media  *sdp.Media
	}
	// Established tells that the call is up. Dialog is the one that remained.
	Established struct {
		Media  sdp.Media
		Dialog Dialog
	}
	// MediaChanged tells a new agreement on media in a call that is up.
	MediaChanged struct {
		Media      sdp.Media
		LocalHold  bool
		RemoteHold bool
	}
	// HoldFailed tells that Hold, Resume or Change came to nothing: the far side
	// refused with Status, or no server took it (0). The call is as it was.
	HoldFailed struct{ Status int }
	// Digit tells a DTMF digit that arrived as INFO: 0-9 * # A-D.
	Digit struct{ Digit byte }
	// Ended frees the user. It comes exactly once after Dial or Incoming.
	Ended struct {
		ByRemote bool   // the far side, or a server, ended it
		Status   int    // final status of a call that was not established; 0 = none
		Reason   string // the far side's own words, or what its answer lacks
	}
	// Closed says that nothing is left to do for now: no deadline, no request, no
	// copy of a 2xx.
	Closed struct{}
)

func (Send) action()         {}
func (Cancel) action()       {}
func (Ack) action()          {}
func (Respond) action()      {}
func (Release) action()      {}
func (Incoming) action()     {}
func (Progress) action()     {}
func (Established) action()  {}
func (MediaChanged) action() {}
func (HoldFailed) action()   {}
func (Digit) action()        {}
func (Ended) action()        {}
func (Closed) action()       {}
