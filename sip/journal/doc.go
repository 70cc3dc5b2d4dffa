// Package journal keeps why a phone's lines decided what they did, and what is
// needed to see it again.
//
//   - A Record is one decision with its evidence; a Ring holds the last ones.
//   - A Recorder runs beside one failover.Line: it remembers what the Line was
//     told and when, in bounded memory and without allocating per step. Its
//     Recording is a text that a person can read and mail.
//   - Replay runs such a text through a fresh Line and tells the first point at
//     which the present program decides or acts otherwise.
//
// A Recording holds times, kinds of requests, statuses and the servers' hosts.
// It holds no password, no number or name of anybody, no Call-ID and no packet.
//
// The package starts no goroutine, reads no clock, opens no file and takes no
// decision. Its values belong to one goroutine each.
package journal
