package control

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
)

// Keys are the keys and the hook of a board that a program may move:
// *sim.Board.
type Keys interface {
	// Tap presses a key and releases it.
	Tap(hw.Key)
	// Hold keeps a key down for a time; with 0 until Release.
	Hold(k hw.Key, long time.Duration)
	Release(hw.Key)
	// Hook lifts the handset or puts it down.
	Hook(up bool)
	// Headset plugs a headset in or out.
	Headset(in bool)
}

// A command is one line from a client. Pointers tell absent from zero.
type command struct {
	Do   string          `json:"do"`
	ID   json.RawMessage `json:"id"`
	Line *int            `json:"line"`
	Key  *string         `json:"key"`
	MS   int             `json:"ms"`
	Up   *bool           `json:"up"`
	In   *bool           `json:"in"`
	N    *int            `json:"n"`
	What *[]string       `json:"what"`
}

// holdMax bounds how long one command may keep a key down by itself.
const holdMax = time.Minute

// verbs are the commands in the order in which an error names them; keys tells
// that a verb moves keys.
var verbs = []struct {
	name string
	keys bool
}{
	{"get", false},
	{"register", false},
	{"press", true},
	{"hold", true},
	{"release", true},
	{"hook", true},
	{"headset", true},
	{"decisions", false},
	{"health", false},
	{"record", false},
	{"drill", false},
	{"watch", false},
}

// carryOut does what a command asks for that has no answer of its own. The
// error is a sentence for the client.
func (c *client) carryOut(cmd command) error {
	keys := c.server.cfg.Keys
	switch cmd.Do {
	case "register":
		line, err := c.line(cmd)
		if err != nil {
			return err
		}
		c.server.cfg.Phone.Do(desk.Register{Line: line})
	case "hook":
		if cmd.Up == nil {
			return fmt.Errorf(`hook needs up: {"do":"hook","up":true}`)
		}
		keys.Hook(*cmd.Up)
	case "headset":
		if cmd.In == nil {
			return fmt.Errorf(`headset needs in: {"do":"headset","in":true}`)
		}
		keys.Headset(*cmd.In)
	case "press", "hold", "release":
		return c.key(cmd)
	}
	return nil
}

// line is the line that a command needs.
func (c *client) line(cmd command) (int, error) {
	if cmd.Line == nil {
		return 0, fmt.Errorf(`%s needs a line: {"do":%q,"line":1}`, cmd.Do, cmd.Do)
	}
	snapshot := c.server.cfg.Phone.Get()
	if !slices.ContainsFunc(snapshot.Lines, func(l phone.LineSnapshot) bool { return l.Line == *cmd.Line }) {
		return 0, fmt.Errorf("line %d is not set up", *cmd.Line)
	}
	return *cmd.Line, nil
}

// known tells in words what is wrong with a verb.
func (c *client) known(verb string) error {
	var names []string
	for _, v := range verbs {
		if v.keys && c.server.cfg.Keys == nil {
			if v.name == verb {
				return fmt.Errorf("%s works on the simulated board only: this phone has keys of its own", verb)
			}
			continue
		}
		if v.name == verb {
			return nil
		}
		names = append(names, v.name)
	}
	return fmt.Errorf("unknown command %.40q; there are: %s", verb, strings.Join(names, ", "))
}

// key moves one key.
func (c *client) key(cmd command) error {
	if cmd.Key == nil {
		return fmt.Errorf(`%s needs a key: {"do":%q,"key":"5"}`, cmd.Do, cmd.Do)
	}
	k, ok := hw.ParseKey(*cmd.Key)
	if !ok {
		return fmt.Errorf("there is no key %.40q; there are: %s", *cmd.Key, strings.Join(keyNames(), " "))
	}
	long := time.Duration(cmd.MS) * time.Millisecond
	keys := c.server.cfg.Keys
	switch {
	case cmd.Do == "release":
		keys.Release(k)
	case long < 0 || cmd.MS > int(holdMax/time.Millisecond):
		return fmt.Errorf("ms must be 0 to %d", holdMax/time.Millisecond)
	case cmd.Do == "hold":
		keys.Hold(k, long)
	default:
		keys.Tap(k)
	}
	return nil
}

func keyNames() (names []string) {
	for k := hw.NoKey + 1; k.String() != hw.NoKey.String(); k++ {
		names = append(names, k.String())
	}
	return names
}
