// Package sim is the simulated board: a hw.Board whose keys and hook are moved
// by a program (the control socket, a test) or by the keyboard of a terminal,
// and whose display and lamps are drawn on that terminal.
//
// Board is the hardware; it works without any terminal. Terminal is a view of
// one Board. The package decides nothing about calls and makes no sound.
package sim
