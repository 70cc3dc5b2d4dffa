// Package health knows, for all lines of a phone, which SIP servers are alive:
// one record for each target, with what showed it and when. One line's
// discovery becomes every line's knowledge, and a target is asked by one probe
// at a time, whoever wants to know.
//
// A Book is a state machine without I/O:
//
//	book := health.New()
//	for {
//		buf = book.Step(now, event, buf[:0]) // one event
//		carry out every action in buf, in order
//		wait for the next event, or until book.Deadline(), then Step a Tick
//	}
//
// It starts no goroutine, reads no clock, opens nothing, and allocates nothing
// once a target is known. It never decides where a request goes: lines do, with
// sip/failover. A probe leaves only when a line has asked for it.
//
// What it decides where the sources leave a choice:
//
//   - Any answer shows a target to be alive, but the 503 by which it says that it
//     can not serve (RFC 3263 §4.3).
//   - A probe over UDP is asked 16 times within 1.2 s: with 20 % of all packets
//     lost, one in ten million stays unanswered by chance. 2 s after the first copy
//     silence is an answer.
//   - Whatever else shows the state of a target this instant ends its probe too.
//   - Silence is the weakest evidence: it does not end a probe, for which the
//     target may answer yet.
package health
