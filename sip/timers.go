package sip

import "time"

// Timers are the base timers of RFC 3261 §17.1.1.1, settings `Session Timer
// T1`, `T2` and `T4`.
type Timers struct {
	T1 time.Duration // estimate of the round trip
	T2 time.Duration // longest interval between copies of a non-INVITE request
	T4 time.Duration // longest life of a message in the network
}

// DefaultTimers are those of RFC 3261 table 4.
var DefaultTimers = Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second}

// Timeout is how long a client transaction waits for an answer: timers B and F
// of RFC 3261 §17.1.1.2 and §17.1.2.2, 64*T1.
func (t Timers) Timeout() time.Duration { return 64 * t.T1 }

// Interval is the wait between copy k and copy k+1 of a request over UDP; the
// first copy is copy 1. It never exceeds Timeout, after which no copy leaves.
func (t Timers) Interval(m Method, k int) time.Duration {
	d := t.T1
	for ; k > 1 && d < t.Timeout(); k-- {
		d *= 2
	}
	// RFC 3261 §17.1.1.2: timer A doubles; §17.1.2.2: timer E is MIN(2*E, T2).
	if m != INVITE && d > t.T2 {
		d = t.T2
	}
	return min(d, t.Timeout())
}

// GiveUp is how long a request is tried at a server that is not the last one,
// with n retransmissions (setting `SIPN Signal Retry Counts`): until copy n+2
// would be due, and never beyond Timeout. A negative n counts as 0.
func (t Timers) GiveUp(m Method, n int) time.Duration {
	var d time.Duration
	for k := 1; k <= max(n, 0)+1 && d < t.Timeout(); k++ {
		d += t.Interval(m, k)
	}
	return min(d, t.Timeout())
}
