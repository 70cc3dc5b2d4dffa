package ua

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/sdp"
)

// NoRedundancy is the notice that the line's backup servers have the same
// addresses as its primary: where one fails, all do. LineNotice.Server is the
// first such backup.
const NoRedundancy failover.NoticeKind = 0x80

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
		Cost    time.Duration // what a drill took; else 0
	}
	// Decided is a decision of the line's core and why it was taken: the record
	// that explains the phone. Which fields belong to a Decision, its comment
	// tells; a server that is not named is 0 and its address "".
	Decided struct {
		Line        int
		At          time.Time // when it was taken
		Decision    failover.Decision
		From        int // 1 = primary, 2 = backup, ...
		FromAddress string
		To          int
		ToAddress   string
		Cause       failover.Cause // the evidence: what was wrong
		Status      int            // and the status that said so
		Method      sip.Method     // and the request that met it
		Branch      string         // and that request's Via branch; "" if there was none
		Call        CallID         // 0 if none
		Cost        time.Duration  // what it has cost who waits
		Until       time.Time      // when the line goes on; zero = not planned
	}
	// Health tells what is known of all targets of a line whenever the state of
	// one of them changes, and when the targets do.
	Health struct {
		Line    int
		Targets []TargetHealth // by server, then in the order they are tried
	}
	// A TargetHealth is one address of a server of a line.
	TargetHealth struct {
		Server    int    // 1 = primary, 2 = backup, ...
		Address   string // "ip:port", or "host:port" while the name is not resolved
		Transport sip.Transport
		State     health.State
		Since     time.Time      // when it came to be so; zero with Unknown
		Cause     failover.Cause // why it is Down
		Status    int            // with Cause Answered
		RTT       time.Duration  // round trip, smoothed; 0 = not measured
		Until     time.Time      // it asked to be left alone until then; zero = it did not
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
func (Decided) event()      {}
func (Health) event()       {}
func (Incoming) event()     {}
func (Asking) event()       {}
func (Progress) event()     {}
func (Established) event()  {}
func (MediaChanged) event() {}
func (HoldFailed) event()   {}
func (Ended) event()        {}
func (Digit) event()        {}
