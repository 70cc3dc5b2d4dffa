package journal

import (
	"fmt"

	"phoned/sip"
	"phoned/sip/failover"
)

// describe tells an action of the core in short, for whoever looks for the
// first one that differs.
func describe(a failover.Action) string {
	if a.Kind == failover.Decide {
		return string(appendDecision(nil, a))
	}
	b := []byte(name(actionNames, int(a.Kind)))
	number := func(name string, n int64, shown bool) {
		if shown {
			b = fmt.Appendf(b, " %s=%d", name, n)
		}
	}
	if a.Method != sip.UnknownMethod {
		b = fmt.Appendf(b, " %s", a.Method)
	}
	placed := a.Kind == failover.Send || a.Kind == failover.State || a.Kind == failover.Notice ||
		a.Kind == failover.Evidence || a.Kind == failover.Probe || a.Kind == failover.Adopt
	number("server", int64(a.Server), placed || a.Server != 0)
	number("tx", int64(a.Tx), a.Tx != 0)
	number("after", int64(a.Prev), a.Prev != 0)
	number("request", int64(a.ID), a.ID != 0)
	number("purpose", int64(a.Purpose), a.Purpose != 0)
	number("phase", int64(a.Phase), a.Kind == failover.State)
	number("notice", int64(a.Notice), a.Kind == failover.Notice)
	number("status", int64(a.Status), a.Status != 0)
	if a.Cause != failover.NoCause {
		b = fmt.Appendf(b, " cause=%s", CauseName(a.Cause))
	}
	if a.Expires != 0 {
		b = fmt.Appendf(b, " expires=%s", a.Expires)
	}
	if a.At != 0 {
		b = fmt.Appendf(b, " until=%s", seconds(a.At))
	}
	if a.Cost != 0 {
		b = fmt.Appendf(b, " cost=%s", a.Cost)
	}
	if a.Repeat {
		b = append(b, " repeat"...)
	}
	if a.Urgent {
		b = append(b, " urgent"...)
	}
	return string(b)
}
