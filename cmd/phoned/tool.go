package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"phoned/cmd/phoned/internal/phone"
)

// A tool is a command beside the phone itself: it asks one that runs, or reads
// what one has recorded.
type tool struct {
	name  string
	usage string // what stands behind the name
	about string
	run   func(t *toolCall, args []string) error
}

// tools are all of them, as the help shows them.
func tools() []tool {
	return []tool{
		{"explain", "[flags]", "tell in words what the running phone decided, and why", explain},
		{"replay", "[flags] FILE", "run a saved record through this program: does it decide the same?", replay},
		{"drill", "[flags]", "walk a registration of the running phone to the backup and back", drill},
		{"reboot", "[flags]", "reboot the running phone when no call is left", reboot},
		{"factory-reset", "-yes [flags]", "make the running phone forget what was set at it, and reboot it", factoryReset},
		{"update", "[flags] FILE", "have the running phone install a new firmware", install},
	}
}

// A toolCall is one run of a tool.
type toolCall struct {
	flags          *flag.FlagSet
	stdout, stderr io.Writer
	socket         string
	lang           string
}

// defaultSocket is where a phone's control socket is looked for.
const defaultSocket = "/run/phoned/control"

// errDiffers says that a tool has found, and told, something to be wrong.
var errDiffers = errors.New("differs")

// isTool tells whether a command line is for a tool.
func isTool(args []string) bool {
	if len(args) == 0 {
		return false
	}
	for _, t := range tools() {
		if t.name == args[0] {
			return true
		}
	}
	return args[0] == "help"
}

// runTool runs a tool to its exit status: 0 well, 1 a difference or a no, 2 it
// could not be run.
func runTool(args []string, stdout, stderr io.Writer) int {
	if args[0] == "help" {
		help(stdout)
		return 0
	}
	for _, t := range tools() {
		if t.name != args[0] {
			continue
		}
		c := &toolCall{flags: flag.NewFlagSet("phoned "+t.name, flag.ContinueOnError), stdout: stdout, stderr: stderr}
		c.flags.SetOutput(io.Discard)
		c.flags.Usage = func() {}
		c.flags.StringVar(&c.lang, "lang", "", "`language`, en or zh; else that of the environment")
		switch err := t.run(c, args[1:]); {
		case err == nil:
			return 0
		case errors.Is(err, flag.ErrHelp):
			fmt.Fprintf(stdout, "phoned %s %s: %s.\n", t.name, t.usage, t.about)
			c.flags.SetOutput(stdout)
			c.flags.PrintDefaults()
			return 0
		case errors.Is(err, errDiffers):
			return 1
		default:
			fmt.Fprintf(stderr, "phoned %s: %v\n", t.name, err)
			return 2
		}
	}
	return 2
}

// help tells what the program can be asked for.
func help(w io.Writer) {
	fmt.Fprintln(w, "phoned is an open SIP desk phone.")
	fmt.Fprintf(w, "\n  %-24s %s\n", "phoned [flags]", "be the phone (phoned -help tells the flags)")
	for _, t := range tools() {
		fmt.Fprintf(w, "  %-24s %s\n", "phoned "+t.name+" "+t.usage, t.about)
	}
	fmt.Fprintln(w, "\n\"phoned COMMAND -help\" tells the flags of a command; docs/FAILOVER.md tells what it is for.")
}

// socketFlag adds the flag of tools that ask a running phone.
func (t *toolCall) socketFlag() {
	t.flags.StringVar(&t.socket, "socket", defaultSocket, "control socket of the phone: the `path` it was given with -control")
}

// parse reads the flags; the arguments behind them must be as many as named.
func (t *toolCall) parse(args []string, named ...string) error {
	if err := t.flags.Parse(args); err != nil {
		return err
	}
	switch n := t.flags.NArg(); {
	case n > len(named):
		return fmt.Errorf("unexpected argument %q", t.flags.Arg(len(named)))
	case n < len(named):
		return fmt.Errorf("%s is missing", named[n])
	}
	if t.lang != "" && t.lang != "en" && t.lang != "zh" {
		return fmt.Errorf("there is no language %q; there are: en, zh", t.lang)
	}
	return nil
}

// language is the one to speak.
func (t *toolCall) language() phone.Language {
	lang := t.lang
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if lang == "" {
			lang = os.Getenv(name)
		}
	}
	if strings.HasPrefix(lang, "zh") {
		return phone.Chinese
	}
	return phone.English
}

// say is one of two sentences, by language.
func (t *toolCall) say(en, zh string, args ...any) {
	if t.language() == phone.Chinese {
		en = zh
	}
	fmt.Fprintf(t.stdout, en+"\n", args...)
}
