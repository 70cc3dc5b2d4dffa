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
