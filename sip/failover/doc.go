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
//
// What it decides where the sources leave a choice:
//
//   - A pass goes over the servers in an order of its own: the one it starts
//     at, then the others by priority. The last of that order gets 64*T1, be it
//     the primary. A server whose Retry-After runs is passed over.
//   - OPTIONS, CANCEL and the removal of our contact are no passes: they have
//     the limit of a server that is not the last, unless there is only one.
//   - A request that finds its server unavailable waits for one registration
//     pass, which all such requests share. If the line has registered elsewhere
//     since the request left, that was its REGISTER.
//   - A pass that comes to the primary while it is probed waits for the probe.
//   - A registration that is held is lost by evidence from REGISTER, and by an
//     INVITE or BYE that its server leaves unanswered, not by their 503.
//   - After link-up the line registers where it was registered before, else at
//     the primary. A BYE waits for the link for 64*T1, an INVITE does not.
//   - A failed pass that only a call has asked for does not make the line wait
//     longer than it already does.
//
// With Config.Smart a line also uses what it knows (files suspect, health,
// splay, steady, warmth; without it not one packet is different):
//
//   - At the first missed retransmission of a request both its server and the
//     next one are asked for a sign of life (Probe, Health). If only the next one
//     gives it, the request goes on there at once; if the silent one gives it,
//     copies leave more often and the limit stands. After 100 Trying alone the
//     server is asked every few seconds; an INVITE that has had a 1xx with a To
//     tag is never sent again.
//   - A target that failed is known to be down, also from other lines, until it
//     shows life. Nothing starts there while another one is known to be up, but
//     probes, the first and the manual registration, and a BYE to its dialog's
//     server. A registration that is held there moves.
//   - A move that nobody waits for is put off by this phone's part of 20 s
//     (Config.Device), and ends at once when somebody does.
//   - The next server is asked for a challenge now and then (ForWarmth), so that
//     registering there costs one round trip.
//   - The line returns to a primary that has answered every 7 s for 32 s and the
//     phone's part of 180 s; if it is lost within 10 minutes of that, the next look
//     is put off twice as long.
//   - Requests inside dialogs go on at another server like a BYE.
//   - After link-up the line registers at once.
//
// With Config.Standby a second registration is held at the best other server
// while the primary serves; a move there needs no REGISTER.
package failover
