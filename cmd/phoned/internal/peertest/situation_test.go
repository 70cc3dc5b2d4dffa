//go:build linux

package peertest

import (
	"time"

	"phoned/scripts/peers/report"
)

// situations are how each of the report's situations is brought about and
// measured.
var situations = map[string]func(*world) (report.Outcome, time.Duration){
	"start":    start,
	"refresh":  refresh,
	"register": register,
	"dial":     dial,
	"hangup":   hangUp,
	"failback": failback,
}

func start(w *world) (report.Outcome, time.Duration) {
	w.fail()
	before := time.Now()
	w.program()
	var begun time.Time
	w.Until(setup, "the program's first packet", func() (ok bool) {
		begun, ok = w.first()
		return ok
	})
	return w.await(begun, w.cell.Situation.Limit, w.registered(w.s2, before))
}

// atPrimary starts the program and waits until it is registered at the primary.
func (w *world) atPrimary() agent {
	w.T.Helper()
	before := time.Now()
	a := w.program()
	w.Until(setup, "registered at the primary", func() bool {
		_, ok := registered(w.s1.Capture.Entries(), before)
		return ok
	})
	w.settle()
	return a
}

func refresh(w *world) (report.Outcome, time.Duration) {
	w.atPrimary()
	dead := w.fail()
	return w.await(dead, w.cell.Situation.Limit, w.registered(w.s2, dead))
}

func register(w *world) (report.Outcome, time.Duration) {
	a := w.atPrimary()
	w.fail()
	told := time.Now()
	if !a.register() {
		return report.NoCommand, 0
	}
	return w.await(told, w.cell.Situation.Limit, w.registered(w.s2, told))
}

func dial(w *world) (report.Outcome, time.Duration) {
	a := w.atPrimary()
	w.fail()
	told := time.Now()
	a.dial()
	return w.await(told, w.cell.Situation.Limit, func() (time.Time, bool) {
		return answered(w.far.Capture.Entries(), w.s2.Addr, told)
	})
}

func hangUp(w *world) (report.Outcome, time.Duration) {
	a := w.atPrimary()
	a.dial()
	w.Until(setup, "a call through the primary", func() bool {
		_, ok := answered(w.far.Capture.Entries(), w.s1.Addr, time.Time{})
		_, acked := acknowledged(w.far.Capture.Entries())
		return ok && acked
	})
	w.settle()
	w.fail()
	told := time.Now()
	a.hangUp()
	return w.await(told, w.cell.Situation.Limit, func() (time.Time, bool) {
		return ended(w.far.Capture.Entries(), told)
	})
}

func failback(w *world) (report.Outcome, time.Duration) {
	w.fail()
	before := time.Now()
	w.program()
	if out, _ := w.await(before, w.cell.Situation.Limit, w.registered(w.s2, before)); out != report.Done {
		return report.Unreached, w.cell.Situation.Limit
	}
	w.settle()
	healed := w.heal()
	return w.await(healed, w.cell.Situation.Limit, w.registered(w.s1, healed))
}
