package ua

import (
	"time"

	"phoned/sip/dialog"
)

// How long the end may take: BYEs first, for a line that has stopped sends
// none, then unregistering.
const (
	hangupTime     = 2 * time.Second
	unregisterTime = 2 * time.Second
)

type stage uint8

const (
	serving stage = iota
	hangingUp
	unregistering
)

// An ending is the orderly end of Run, and how far it has come.
type ending struct {
	stage stage
	by    time.Duration // when the stage is over at the latest
}

// begin hangs up every call.
func (e *ending) begin(a *agent) {
	a.stopping = true
	e.stage, e.by = hangingUp, a.now()+hangupTime
	a.log.Debug("ending", "calls", len(a.calls))
	for _, c := range a.calls {
		c.hungUp = true
		a.wish(c, dialog.Hangup{})
	}
}

// over moves on when a stage is done, and tells whether the last one is.
func (e *ending) over(a *agent) bool {
	if e.stage == hangingUp && (!a.busy() || a.now() >= e.by) {
		e.stage, e.by = unregistering, a.now()+unregisterTime
		for _, l := range a.inOrder() {
			l.next = nil
			a.leave(l)
		}
		a.settle()
	}
	return e.stage == unregistering && (len(a.leaving) == 0 || a.now() >= e.by)
}

// busy tells whether a call has still to be ended.
func (a *agent) busy() bool {
	for _, c := range a.calls {
		if c.busy() {
			return true
		}
	}
	return false
}
