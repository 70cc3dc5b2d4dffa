package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"phoned/hw/board"
)

// options are the command line.
type options struct {
	config  string
	data    string
	board   string
	audio   string   // "" = what the board says
	list    bool     // tell the boards and end
	control []string // paths of control sockets
	demo    bool
	smart   bool // the demo's line has Smart Failover
	lang    string
	level   slog.Level
	factory string // the maker's partition
	// watchdog is its device in place of the board's, noWatchdog turns it off.
	watchdog string
	view     bool // the terminal's picture, where there is a terminal
}

// errHelp says that the help was asked for and printed.
var errHelp = errors.New("help")

// parseFlags reads the command line.
func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("phoned", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.config, "config", "", "settings `file` (docs/SETTINGS.md), read at each start and on SIGHUP")
	f.StringVar(&o.data, "data", "", "`directory` in which the phone keeps what its user changed; that wins over the file")
	f.StringVar(&o.board, "board", simBoard, "`board`: the name of one that is built in, a board FILE.toml (docs/HARDWARE.md), or list, which tells those built in")
	f.StringVar(&o.audio, "audio", "", "sound `device` in place of the board's: null, echo, wav:mouth=FILE,ear=FILE, alsa:...")
	f.StringVar(&o.factory, "factory", "", "`directory` of what the maker wrote into this phone: files mac, serial")
	f.StringVar(&o.watchdog, "watchdog", "", "`device` of the watchdog in place of the board's; none = feed none")
	socket := func(path string) error {
		o.control = append(o.control, path)
		return nil
	}
	f.Func("control", "`path` of the control socket (docs/CONTROL.md)", socket)
	f.Func("sim-socket", "the same as -control", socket)
	f.BoolVar(&o.demo, "demo", false, "a phone with two SIP servers and an echo party of its own")
	f.BoolVar(&o.smart, "smart", false, "with -demo: Smart Failover, which moves a call after 1.4 s of silence instead of 7.5")
	f.StringVar(&o.lang, "lang", "", "`language` of the display, en or zh, in place of the settings'")
	f.BoolVar(&o.view, "view", true, "draw the simulated board if this is a terminal")
	f.TextVar(&o.level, "log", slog.LevelInfo, "`level` of the log: debug, info, warn, error")
	media := f.Bool("media", false, "only as the first argument: be the media process of another phoned")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stderr, "phoned is an open SIP desk phone (phoned help tells of explain, replay and drill).")
		f.SetOutput(stderr)
		f.PrintDefaults()
		return o, errHelp
	case err != nil:
		return o, fmt.Errorf("%w (phoned -help tells the flags)", err)
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q (phoned -help tells the flags)", f.Arg(0))
	case *media:
		return o, errors.New("-media must be the first argument")
	case o.board == "list":
		o.list = true
		return o, nil
	case !board.IsFile(o.board) && o.board != simBoard && !slices.Contains(board.Names(), o.board):
		return o, fmt.Errorf("there is no board %q; there are: %s, %s, or a file that ends in .toml",
			o.board, simBoard, strings.Join(board.Names(), ", "))
	case o.demo && o.board != simBoard:
		return o, errors.New("-demo has a board of its own: leave -board out")
	case o.lang != "" && o.lang != "en" && o.lang != "zh":
		return o, fmt.Errorf("there is no language %q; there are: en, zh", o.lang)
	case o.demo && (o.config != "" || o.data != ""):
		return o, errors.New("-demo has settings of its own: leave -config and -data out")
	case o.smart && !o.demo:
		return o, errors.New("-smart belongs to -demo; a line's own setting is SIPN Smart Failover")
	case !o.demo && o.config == "" && o.data == "":
		return o, errors.New("no settings: give -config FILE, -data DIR or -demo (phoned -help tells the flags)")
	}
	for _, path := range o.control {
		if strings.TrimSpace(path) == "" {
			return o, errors.New("-control needs a path")
		}
	}
	return o, nil
}
