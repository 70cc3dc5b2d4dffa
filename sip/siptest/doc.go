// Package siptest is the other side of the phone: a network in memory, SIP
// servers with fault buttons, and far parties that answer, for tests and for
// the demo. Everything that passes is recorded, so that a test asserts on what
// the others saw instead of on what the phone says it did.
//
// A Host opens sockets: OS for the machine's own, a *Net for a network in
// memory that also lives inside a testing/synctest bubble. A Server is a
// registrar and proxy on a Host; a Party answers calls and can place them. The
// servers keep no state worth the name: what they do can be read in an evening.
//
// It is written on sipgo's message types alone and shares no code with the
// phone's own SIP packages, so that one mistake can not hide in both.
// Nothing but tests and the demo imports it.
package siptest
