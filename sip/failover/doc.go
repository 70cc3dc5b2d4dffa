// Package failover decides which server gets each request of a line, when
// each copy of it leaves, when it is given up, and what happens then.
//
// A Line is one SIP account: an ordered list of servers, a registration, and
// the client transactions of the account. It is a state machine without I/O:
//
//	line := failover.New(config, seed)
//	for {
//		buf = line.Step(now, event, buf[:0]) // one event
//		carry out every action in buf, in order
//		wait for the next event, or until line.Deadline(), then Step a Tick
//	}
//
// It starts no goroutine, reads no clock, draws no global random number and
// allocates nothing after New: the same configuration, seed, events and times
// give the same actions, always. Times are durations since the owner's start.
//
// The Line owns retransmission and give-up of all client transactions of the
// account, so the owner never retransmits a request by itself. The owner
// builds messages, answers digest challenges, sends ACKs, and keeps dialogs.
package failover
