package dialog_test

import (
	"time"

	"phoned/sip"
	"phoned/sip/dialog"
)

func (w *world) judge(act dialog.Action) {
	switch act := act.(type) {
	case dialog.Send:
		w.sent(act)
	case dialog.Cancel:
		w.cancelled = true
	case dialog.Respond:
		w.responded(act)
	case dialog.Release:
		if act.Ref != w.unacked {
			w.fault("transaction %d is released, not %d", act.Ref, w.unacked)
		}
		w.unacked = 0
	case dialog.Ended:
		if w.ended++; w.ended > 1 {
			w.fault("ended twice")
		}
	case dialog.Established, dialog.MediaChanged, dialog.Progress, dialog.HoldFailed, dialog.Digit, dialog.Incoming:
		if w.ended > 0 {
			w.fault("news after the end: %T", act)
		}
	case dialog.Closed:
		if !w.call.Closed() {
			w.fault("closed, but not closed")
		}
	}
}

func (w *world) sent(act dialog.Send) {
	if act.Method == sip.INVITE && act.Req > 1 {
		// RFC 3261 §14.1: one INVITE at a time, in both directions together.
		if w.unacked != 0 {
			w.fault("INVITE while one of theirs is in progress")
		}
		for _, other := range w.open {
			if other.Method == sip.INVITE {
				w.fault("INVITE while one of ours is in progress")
			}
		}
	}
	w.open[act.Req] = act
	seq := w.call.NextCSeq(act.Req)
	tag := act.Dialog.RemoteTag
	if before, known := w.numbers[tag]; known && seq <= before || seq == 0 {
		w.fault("%v has CSeq %d after %d", act.Method, seq, before)
	}
	w.numbers[tag] = seq
	if act.Method == sip.BYE {
		if w.finished[tag] {
			w.fault("a second BYE to %q", tag)
		}
		w.finished[tag] = true
		if !w.outgoing && w.unacked == w.first && w.unacked != 0 {
			w.fault("BYE before the ACK")
		}
	}
}

func (w *world) responded(act dialog.Respond) {
	if act.Status < 100 || act.Status > 699 {
		w.fault("status %d", act.Status)
	}
	method, waits := w.asked[act.Ref]
	if act.RSeq != 0 {
		if !act.Again && w.rseq != 0 && act.RSeq != w.rseq+1 {
			w.fault("RSeq %d after %d", act.RSeq, w.rseq)
		}
		w.rseq = act.RSeq
	}
	if e := act.Expiry; e.Interval != 0 && e.Interval < 90*time.Second || e.Interval != 0 && e.Refresher == dialog.NoRefresher {
		w.fault("Session-Expires %+v", e)
	}
	switch {
	case act.Again && act.Status >= 200:
		if act.Ref != w.unacked {
			w.fault("a copy of the 2xx of %d, which is released", act.Ref)
		}
	case !waits:
		w.fault("transaction %d is answered with %d, but has its final answer", act.Ref, act.Status)
	case act.Status >= 200:
		delete(w.asked, act.Ref)
		if method == "INVITE" && act.Status < 300 {
			if w.unacked != 0 {
				w.fault("2xx of %d while that of %d is not released", act.Ref, w.unacked)
			}
			w.unacked = act.Ref
		}
		if act.Ref == w.first && !w.outgoing {
			w.confirmed["bob"] = act.Status < 300
			w.refused = act.Status >= 300
		}
	}
}

// finish hangs up and lets the network come to rest: the user is free, every
// dialog has its BYE, everything asked has its answer, and the call closes.
func (w *world) finish() {
	if len(w.faults) > 0 {
		return
	}
	w.step(dialog.Hangup{})
	if w.ended == 0 && !w.refused && (w.outgoing || len(w.asked) > 0) {
		w.fault("hung up, but not ended")
	}
	for range 4 {
		w.pass(40 * time.Second)
		for req := range w.open {
			delete(w.open, req)
			w.step(dialog.NoAnswer{Req: req})
		}
	}
	if len(w.asked) > 0 {
		w.fault("without answer: %v", w.asked)
	}
	for tag, up := range w.confirmed {
		if up && !w.finished[tag] {
			w.fault("the dialog with %q has no BYE", tag)
		}
	}
	if w.outgoing && len(w.confirmed) == 0 && !w.cancelled && !w.failed && w.ended == 0 {
		w.fault("neither BYE nor CANCEL nor a failure")
	}
	if !w.call.Closed() {
		w.fault("not closed")
	}
	if _, ok := w.call.Deadline(); ok {
		w.fault("closed with a deadline")
	}
}
