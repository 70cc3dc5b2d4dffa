package ua

import (
	"time"

	"phoned/sip/failover"
	"phoned/sip/sdp"
)

// An Event is what the UA tells the phone.
type Event interface{ event() }

type (
	// LineState tells a line's registration on every change.
	LineState struct {
		Line       int
		Phase      failover.Phase
		Registered bool
		Server     int    // 1 = primary, 2 = backup, ...; 0 = none
		Address    string // "ip:port" of that server, "" if none
		Status     int    // SIP status behind Rejected, else 0
		Cause      failover.Cause
		Next       time.Time // when the line goes on by itself; zero = not planned
	}
	// LineNotice is something the owner should know about a line.
	LineNotice struct {
		Line    int
		Kind    failover.NoticeKind
		Server  int // 1 = primary, 2 = backup, ...
		Address string
		Status  int
		Cause   failover.Cause
		Call    CallID // 0 if none
		Next    time.Time
	}
	// Incoming tells a new call. The UA has answered 100; the phone answers with
	// Ring, Answer or Reject.
	Incoming struct {
		Call    CallID
		Line    int
		Server  int
		Number  string // user part of From
		Name    string // display name of From, cleaned of control characters
		Private bool   // the caller hides the number
	}
	// Asking tells which server a dialled call is being asked of, each time it
	// changes.
	Asking struct {
		Call   CallID
		Server int
	}
	// Progress tells a provisional answer to a dialled call. Media is non-nil when
	// the far side sends sound already (early media).
	Progress struct {
		Call   CallID
		Status int
		Media  *sdp.Media
	}
	// Established tells that a call is up, in either direction.
	Established struct {
		Call   CallID
		Server int
		Media  sdp.Media
	}
	// MediaChanged tells a new agreement on media in a call that is up.
	MediaChanged struct {
		Call       CallID
		Media      sdp.Media
		LocalHold  bool
		RemoteHold bool
	}
	// HoldFailed tells that the far side refused Hold or Resume; the call is as
	// it was.
	HoldFailed struct {
		Call   CallID
		Status int
	}
	// Ended is the last event of a call.
	Ended struct {
		Call     CallID
		ByRemote bool           // the far side, or a server, ended it
		Status   int            // final status of a call that was not established; 0 = none
		Cause    failover.Cause // why no server served it, with Status 0
		Reason   string         // the far side's own words, cleaned; may be empty
	}
	// Digit tells a DTMF digit that arrived as INFO.
	Digit struct {
		Call  CallID
		Digit byte
	}
)

func (LineState) event()    {}
func (LineNotice) event()   {}
func (Incoming) event()     {}
func (Asking) event()       {}
func (Progress) event()     {}
func (Established) event()  {}
func (MediaChanged) event() {}
func (HoldFailed) event()   {}
func (Ended) event()        {}
func (Digit) event()        {}
