// Package peertest measures how long the phone and other user agents leave
// their user without service when a server fails. It is the measuring half of
// `make bench-peers`; package scripts/peers asks it and draws what it answers.
//
// A cell is one program, one fault and one situation (see scripts/peers/report),
// in a network lab of its own: two Kamailios, a far party (baresip) and, for those
// that find their servers by SRV, a name server. All times are the kernel's, taken where packets pass the
// servers' and the far party's interfaces; what the programs tell is not asked.
//
// Without flags two short cells are run, as a test of the measuring itself.
package peertest
