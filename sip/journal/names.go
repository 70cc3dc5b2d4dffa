package journal

import (
	"slices"
	"strconv"

	"phoned/sip"
	"phoned/sip/failover"
)

// The names stand in files and on the control socket: they may be added to,
// never changed.
var (
	decisionNames = []string{
		failover.NoDecision:  "none",
		failover.MoveRequest: "move-request",
		failover.MoveLine:    "move-line",
		failover.SkipDown:    "skip-down",
		failover.Suspect:     "suspect",
		failover.MoveEarly:   "move-early",
		failover.Spared:      "spared",
		failover.Splay:       "splay",
		failover.LineServed:  "line-served",
		failover.Watch:       "watch",
		failover.Unsteady:    "unsteady",
		failover.FailBack:    "fail-back",
		failover.Relapse:     "relapse",
		failover.GiveUp:      "give-up",
		failover.LeaveAlone:  "leave-alone",
		failover.Reconnect:   "reconnect",
		failover.LinkLost:    "link-lost",
		failover.LinkBack:    "link-back",
		failover.DrillStart:  "drill-start",
		failover.DrillEnd:    "drill-end",
	}
	causeNames = []string{
		failover.NoCause:     "",
		failover.Silence:     "silence",
		failover.ICMP:        "icmp",
		failover.Refused:     "refused",
		failover.TLSFailed:   "tls-failed",
		failover.Certificate: "certificate",
		failover.NoName:      "no-name",
		failover.Answered:    "answered",
		failover.NoNetwork:   "no-network",
		failover.Overload:    "overload",
	}
	eventNames = []string{
		failover.Tick:           "tick",
		failover.Start:          "start",
		failover.Stop:           "stop",
		failover.Register:       "register",
		failover.Dial:           "dial",
		failover.Hangup:         "hangup",
		failover.Bye:            "bye",
		failover.Request:        "request",
		failover.Response:       "response",
		failover.Unreachable:    "unreachable",
		failover.ConnectionLost: "connection-lost",
		failover.LinkDown:       "link-down",
		failover.LinkUp:         "link-up",
		failover.Targets:        "targets",
		failover.Health:         "health",
		failover.Drill:          "drill",
	}
	actionNames = []string{
		failover.Send:     "send",
		failover.Resend:   "resend",
		failover.Abandon:  "abandon",
		failover.Forget:   "forget",
		failover.Deliver:  "deliver",
		failover.Done:     "done",
		failover.Late:     "late",
		failover.Adopt:    "adopt",
		failover.State:    "state",
		failover.Notice:   "notice",
		failover.Stopped:  "stopped",
		failover.Evidence: "evidence",
		failover.Probe:    "probe",
		failover.Decide:   "decide",
	}
)

// DecisionName is the name of a decision for programs.
func DecisionName(d failover.Decision) string { return name(decisionNames, int(d)) }

// ParseDecision finds a decision by its name.
func ParseDecision(s string) (failover.Decision, bool) {
	i, ok := index(decisionNames, s)
	return failover.Decision(i), ok
}

// CauseName is the name of a cause for programs; "" for NoCause.
func CauseName(c failover.Cause) string { return name(causeNames, int(c)) }

// ParseCause finds a cause by its name.
func ParseCause(s string) (failover.Cause, bool) {
	i, ok := index(causeNames, s)
	return failover.Cause(i), ok
}

// name is the name of value i; one that has none is told by its number.
func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return strconv.Itoa(i)
}

func index(names []string, s string) (int, bool) {
	i := slices.Index(names, s)
	return max(i, 0), i >= 0
}

// methodName is a method as it is written; "" for none.
func methodName(m sip.Method) string {
	if m == sip.UnknownMethod {
		return ""
	}
	return m.String()
}
