// Package control is the phone's control socket: a Unix socket over which
// programs watch the phone and ask it for something, one JSON object a line
// (docs/CONTROL.md). Every board has it; the keys of the simulated board can be
// moved over it too.
//
// It decides nothing and keeps no state of the phone. A client that is slow,
// silent or hostile is dropped or slowed down and hurts nobody else.
package control
