package sip

import (
	"fmt"
	"testing"
	"time"
)

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// The table "how long an attempt lasts": N retransmissions, given up when one
// more would be due.
func TestGiveUp(t *testing.T) {
	for _, c := range []struct {
		n              int
		invite, others float64
	}{
		{-1, 0.5, 0.5},
		{0, 0.5, 0.5},
		{1, 1.5, 1.5},
		{2, 3.5, 3.5},
		{3, 7.5, 7.5},
		{4, 15.5, 11.5},
		{5, 31.5, 15.5},
		{6, 32, 19.5},
		{8, 32, 27.5},
		{9, 32, 31.5},
		{10, 32, 32},
		{1 << 30, 32, 32},
	} {
		if got := DefaultTimers.GiveUp(INVITE, c.n); got != seconds(c.invite) {
			t.Errorf("INVITE, %d retransmissions: given up after %v, want %v s", c.n, got, c.invite)
		}
		for _, m := range []Method{REGISTER, BYE, OPTIONS, CANCEL, INFO} {
			if got := DefaultTimers.GiveUp(m, c.n); got != seconds(c.others) {
				t.Errorf("%v, %d retransmissions: given up after %v, want %v s", m, c.n, got, c.others)
			}
		}
	}
}

// The times at which copies leave when nobody answers for 64*T1: 7 of an
// INVITE, 11 of anything else.
func TestInterval(t *testing.T) {
	for m, want := range map[Method]string{
		INVITE:   "[0s 500ms 1.5s 3.5s 7.5s 15.5s 31.5s]",
		REGISTER: "[0s 500ms 1.5s 3.5s 7.5s 11.5s 15.5s 19.5s 23.5s 27.5s 31.5s]",
		BYE:      "[0s 500ms 1.5s 3.5s 7.5s 11.5s 15.5s 19.5s 23.5s 27.5s 31.5s]",
	} {
		var at time.Duration
		var times []time.Duration
		for k := 1; at < DefaultTimers.Timeout(); k++ {
			times = append(times, at)
			at += DefaultTimers.Interval(m, k)
		}
		if got := fmt.Sprint(times); got != want {
			t.Errorf("copies of %v leave at %v, want %v", m, got, want)
		}
	}
	if got := DefaultTimers.Interval(INVITE, 1<<30); got != 32*time.Second {
		t.Errorf("the wait after very many copies is %v, want it to stop growing at 32 s", got)
	}
	slow := Timers{T1: 2 * time.Second, T2: 3 * time.Second}
	if got := slow.GiveUp(REGISTER, 2); got != 8*time.Second {
		t.Errorf("T1 2 s, T2 3 s, 2 retransmissions: given up after %v, want 2+3+3 s", got)
	}
	if got := slow.Timeout(); got != 128*time.Second {
		t.Errorf("T1 2 s: Timeout %v, want 128 s", got)
	}
}
