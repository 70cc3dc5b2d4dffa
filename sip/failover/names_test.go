package failover

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"phoned/sip"
)

var (
	kindNames    = []string{"send", "resend", "abandon", "forget", "deliver", "done", "late", "adopt", "state", "notice", "stopped", "evidence", "probe", "decide"}
	purposeNames = []string{"", "service", "probe", "farewell", "ping", "warmth", "standby"}
	phaseNames   = []string{"idle", "trying", "registered", "rejected", "waiting", "offline"}
	noticeNames  = []string{
		"unavailable", "moved over", "moved back", "all failed", "recovered", "refusal",
		"bad certificate", "bye lost", "postponed", "drill over", "drill done", "drill failed",
	}
	causeNames = []string{
		"", "silence", "icmp", "refused", "tls", "certificate", "no-name", "answered", "no-network",
		"overload",
	}
	eventNames = []string{
		"tick", "start", "stop", "register", "dial", "hangup", "bye", "request", "response",
		"unreachable", "connection-lost", "link-down", "link-up", "targets", "health", "drill",
	}
	decisionNames = []string{
		"", "move request", "move line", "skip down", "suspect", "move early", "spared", "splay", "line served",
		"watch", "unsteady", "fail back", "relapse", "give up", "leave alone", "reconnect", "link lost", "link back",
		"drill start", "drill end",
	}
)

// clock writes a time as seconds with three decimals.
func clock(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// String is the action as a transcript shows it.
func (a Action) String() string {
	var b strings.Builder
	word := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, format, args...)
	}
	word("%s", kindNames[a.Kind])
	switch a.Kind {
	case Send:
		if a.Purpose == ForPing {
			word("CRLF to %d", a.Server)
			return b.String()
		}
		word("t%d %v to %d", a.Tx, a.Method, a.Server)
		if a.Purpose != ForUser {
			word("%s", purposeNames[a.Purpose])
		}
		if a.ID != 0 {
			word("for call %d", a.ID)
		}
		switch {
		case a.Repeat:
			word("repeats t%d", a.Prev)
		case a.Prev != 0:
			word("after t%d", a.Prev)
		}
		if a.Method == sip.REGISTER {
			word("expires %v", a.Expires)
		}
	case Resend, Abandon, Forget:
		word("t%d", a.Tx)
	case Adopt:
		word("t%d at %d", a.Tx, a.Server)
	case Deliver:
		word("t%d %v %d for call %d", a.Tx, a.Method, a.Status, a.ID)
	case Late:
		word("t%d from %d for call %d", a.Tx, a.Server, a.ID)
	case Done:
		word("%v of call %d:", a.Method, a.ID)
		if a.Status != 0 {
			word("%d", a.Status)
		}
		if a.Cause != NoCause {
			word("%s", causeNames[a.Cause])
		}
		if a.Status == 0 && a.Cause == NoCause {
			word("not wanted")
		}
		word("at %d", a.Server)
		if a.Tx != 0 {
			word("(t%d)", a.Tx)
		}
	case Probe:
		word("%d", a.Server)
	case Evidence, Decide:
		if a.Kind == Decide {
			word("%s from %d to %d", decisionNames[a.Decision], a.From, a.Server)
		} else {
			word("against %d", a.Server)
		}
		if a.Method != 0 {
			word("%v", a.Method)
		}
		if a.Status != 0 {
			word("%d", a.Status)
		}
		if a.Cause != NoCause {
			word("%s", causeNames[a.Cause])
		}
		if a.ID != 0 {
			word("call %d", a.ID)
		}
		if a.At != 0 {
			word("until %s", clock(a.At))
		}
		if a.Cost != 0 {
			word("after %v", a.Cost)
		}
		if a.Urgent {
			word("urgent")
		}
	case State, Notice:
		if a.Kind == State {
			word("%s", phaseNames[a.Phase])
		} else {
			word("%s", noticeNames[a.Notice])
		}
		word("at %d", a.Server)
		if a.Status != 0 {
			word("%d", a.Status)
		}
		if a.Cause != NoCause {
			word("%s", causeNames[a.Cause])
		}
		if a.ID != 0 {
			word("call %d", a.ID)
		}
		if a.At != 0 {
			word("until %s", clock(a.At))
		}
		if a.Cost != 0 {
			word("after %v", a.Cost)
		}
	}
	return b.String()
}

func index(names []string, name string) (int, bool) {
	for i, n := range names {
		if n == name {
			return i, true
		}
	}
	return 0, false
}

// parseEvent reads an event of a transcript: its name and name=value fields.
func parseEvent(words []string) (e Event, err error) {
	kind, ok := index(eventNames, words[0])
	if !ok {
		return e, fmt.Errorf("no event %q", words[0])
	}
	e.Kind = EventKind(kind)
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		n, numErr := strconv.Atoi(value)
		switch name {
		case "call":
			e.ID, err = ID(n), numErr
		case "t":
			e.Tx, err = Tx(n), numErr
		case "server":
			e.Server, err = int8(n), numErr
		case "status":
			e.Status, err = uint16(n), numErr
		case "method":
			e.Method, ok = sip.ParseMethod(value)
		case "challenge":
			e.Challenge, ok = Answerable, value == ""
		case "cause":
			n, ok = index(causeNames, value)
			e.Cause = Cause(n)
		case "expires":
			e.Expires, err = time.ParseDuration(value)
		case "order":
			targets := []int{}
			for v := range strings.SplitSeq(value, ",") {
				if n, numErr := strconv.Atoi(v); numErr == nil {
					targets = append(targets, n)
				}
			}
			e.Order = OrderOf(targets...)
		case "reliable":
			e.Reliable, err = uint8(n), numErr
		case "urgent":
			e.Urgent = true
		case "tagged":
			e.Tagged = true
		case "retry-after":
			e.RetryAfter, err = time.ParseDuration(value)
		default:
			ok = false
		}
		if err != nil || !ok {
			return e, fmt.Errorf("field %q of event %q: %v", w, words[0], err)
		}
	}
	return e, nil
}
