package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// options are the command line.
type options struct {
	config  string
	data    string
	board   string
	audio   string
	control []string // paths of control sockets
	demo    bool
	smart   bool // the demo's line has Smart Failover
	lang    string
	level   slog.Level
	view    bool // the terminal's picture, where there is a terminal
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
	f.StringVar(&o.board, "board", "sim", "`board`: sim = the simulated one")
	f.StringVar(&o.audio, "audio", "null", "sound `device`: null, echo, wav:mouth=FILE,ear=FILE")
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
	case o.board != "sim":
		return o, fmt.Errorf("there is no board %q; this version has: sim", o.board)
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
