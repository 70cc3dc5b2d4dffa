package main

import (
	"errors"
	"fmt"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/phone"
)

// drillTime is how long a drill may take: two registrations at servers that
// answer late.
const drillTime = 3 * time.Minute

// drill walks a line's registration to the backup and back, and tells how long
// each way took, or why not.
func drill(t *toolCall, args []string) error {
	t.socketFlag()
	line := t.flags.Int("line", 0, "`line` N; else the first one")
	if err := t.parse(args); err != nil {
		return err
	}
	caller, err := call(t.socket)
	if err != nil {
		return err
	}
	defer func() { _ = caller.Close() }()
	if *line == 0 {
		var state phone.Snapshot
		if err := caller.Ask(map[string]any{"do": "get"}, &state); err != nil {
			return err
		}
		if len(state.Lines) == 0 {
			return errors.New("the phone has no line")
		}
		*line = state.Lines[0].Line
	}
	var refused *control.Refused
	err = caller.Ask(map[string]any{"do": "drill", "line": *line}, nil)
	switch {
	case errors.As(err, &refused) && refused.Why != phone.NoRefusal:
		fmt.Fprintln(t.stdout, refused.Why.Say(t.language()))
		return errDiffers
	case err != nil:
		return err
	}
	return t.follow(caller, *line)
}

// follow tells how a drill goes, to its end.
func (t *toolCall) follow(caller *control.Caller, line int) error {
	deadline := time.Now().Add(drillTime)
	var over phone.Notice
	for {
		n, err := caller.Notice(deadline)
		if err != nil {
			return fmt.Errorf("the end of the drill: %w", err)
		}
		if n.Line != line {
			continue
		}
		took := time.Duration(n.MS) * time.Millisecond
		switch n.Kind {
		case phone.NoticeDrillOver:
			over = n
		case phone.NoticeDrillDone:
			fmt.Fprintln(t.stdout, phone.SayDrill(t.language(), over.Server, time.Duration(over.MS)*time.Millisecond, n.Server, took))
			return nil
		case phone.NoticeDrillFailed:
			fmt.Fprintln(t.stdout, phone.SayDrillFailed(t.language(), n))
			return errDiffers
		}
	}
}
