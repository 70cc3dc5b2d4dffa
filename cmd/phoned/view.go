package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"phoned/hw/sim"
)

// newLog writes the log; beside the picture of the board its times are short.
func newLog(o options, to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.level}
	if _, picture := to.(*sim.Terminal); picture {
		options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.String(a.Key, a.Value.Time().Format(time.TimeOnly))
			}
			return a
		}
	}
	return slog.New(slog.NewTextHandler(to, options))
}

// openView decides who shows the board and where the log goes: on a terminal
// the picture of the board holds the log too, unless the log goes elsewhere.
// Without a terminal there is no view, and the control socket is the way in. A
// real board (nil) shows itself.
func openView(o options, board *sim.Board, panel sim.Panel, stderr io.Writer) (view *sim.Terminal, log io.Writer) {
	if board == nil || !viewable(o) {
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
