package phone

import (
	"time"

	"phoned/hw"
	"phoned/sip/failover"
	"phoned/sip/journal"
)

// A CallID names a call. The phone numbers the calls it dials with odd
// numbers; those that arrive have even ones. 0 is no call.
type CallID uint32

// An Event is something that happened. Step takes one at a time.
type Event interface{ event() }

type (
	// Tick says that Deadline has come. Any event does the work of a Tick too.
	Tick struct{}
	// Input is a key, the hook, the headset plug or a fault of the board.
	Input struct{ hw.Input }
	// LineState tells a line's registration on every change.
	LineState struct {
		Line       int
		Phase      failover.Phase
		Registered bool
		Server     int    // 1 = primary, 2 = backup, ...; 0 = none
		Address    string // "ip:port" of that server, "" if none
		Status     int    // SIP status behind failover.Rejected, else 0
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
	// Decided tells a decision of a line and why it was taken.
	Decided struct{ Record journal.Record }
	// Health tells what is known of a line's servers, on every change.
	Health struct {
		Line    int
		Targets []TargetHealth // by server
	}
	// Incoming tells a new call; the phone answers with Ring or Reject.
	Incoming struct {
		Call    CallID
		Line    int
		Number  string
		Name    string
		Private bool // the caller hides the number
	}
	// Asking tells which server a dialled call is being asked of.
	Asking struct {
		Call   CallID
		Server int
	}
	// Progress tells a provisional answer to a dialled call.
	Progress struct {
		Call   CallID
		Status int
		Media  bool // the far side sends sound already
	}
	// Established tells that a call is up.
	Established struct {
		Call   CallID
		Server int
		Events bool // RFC 4733 telephone events are agreed
	}
	// MediaChanged tells a new agreement in a call that is up.
	MediaChanged struct {
		Call       CallID
		Events     bool
		LocalHold  bool
		RemoteHold bool
	}
	// HoldFailed tells that the far side refused Hold or Resume.
	HoldFailed struct {
		Call   CallID
		Status int
	}
	// Ended is the last event of a call.
	Ended struct {
		Call     CallID
		ByRemote bool
		Status   int            // final status of a call that was not established; 0 = none
		Cause    failover.Cause // why no server served it, with Status 0
		Reason   string         // the far side's own words; may be empty
	}
	// Link tells whether the phone has a network, and its address there.
	Link struct {
		Up      bool
		Address string
	}
	// Fault tells in words what of the phone itself failed: board, voice process.
	Fault struct{ Text string }
	// RegisterNow asks for registration of a line, as the menu's entry does.
	RegisterNow struct{ Line int }
	// DrillNow asks for a drill of a line, as the menu's entry does.
	DrillNow struct{ Line int }
	// Reload replaces the settings. Calls and registrations go on.
	Reload struct{ Config Config }
)

func (Tick) event()         {}
func (Input) event()        {}
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
func (Link) event()         {}
func (Fault) event()        {}
func (RegisterNow) event()  {}
func (DrillNow) event()     {}
func (Reload) event()       {}
