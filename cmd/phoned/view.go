package main

import (
	"io"
	"os"

	"phoned/hw/sim"
)

// openView decides who shows the board and where the log goes: on a terminal
// the picture of the board holds the log too, unless the log goes elsewhere.
// Without a terminal there is no view, and the control socket is the way in.
func openView(o options, board *sim.Board, panel sim.Panel, stderr io.Writer) (view *sim.Terminal, log io.Writer) {
	if !viewable(o) {
		return nil, stderr
	}
	view = sim.NewTerminal(board, panel, os.Stdin, os.Stdout)
	if sim.IsTerminal(os.Stderr) {
		return view, view
	}
	return view, stderr
}

func viewable(o options) bool {
	return o.view && sim.IsTerminal(os.Stdin) && sim.IsTerminal(os.Stdout)
}
