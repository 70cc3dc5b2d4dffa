package control

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
)

// Keys are the keys and the hook of a board that a program may move:
// *sim.Board, *board.Board.
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

// Power ends the phone so that whoever keeps it running reboots it, or wipes
// what its user changed and reboots it. Both wait until no call is left, unless
// it shall be now.
type Power interface {
	Reboot(now bool)
	FactoryReset(now bool)
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
	Path *string         `json:"path"`
	Now  bool            `json:"now"`
	Sure bool            `json:"sure"`
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
	{"update", false},
	{"watch", false},
	{"reboot", false},
	{"factory-reset", false},
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
	case "update":
		return c.update(cmd)
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
	case "reboot", "factory-reset":
		return c.power(cmd)
	}
	return nil
}

// power ends the phone.
func (c *client) power(cmd command) error {
	power := c.server.cfg.Power
	switch {
	case power == nil:
		return fmt.Errorf("%s: nobody would start this phone again", cmd.Do)
	case cmd.Do == "reboot":
		power.Reboot(cmd.Now)
	case !cmd.Sure:
		return fmt.Errorf(`factory-reset forgets what the user changed; to be sure: {"do":"factory-reset","sure":true}`)
	default:
		power.FactoryReset(cmd.Now)
	}
	return nil
}

// update has a firmware installed; how that goes is told in notices.
func (c *client) update(cmd command) error {
	switch {
	case cmd.Path == nil || !filepath.IsAbs(*cmd.Path):
		return fmt.Errorf(`update needs the whole path of a bundle: {"do":"update","path":"/data/phone.raucb"}`)
	case c.server.cfg.Update == nil:
		return fmt.Errorf("this phoned does not run from a firmware image: there is nothing to update")
	}
	c.server.cfg.Update(*cmd.Path)
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
