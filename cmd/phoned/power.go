package main

import (
	"errors"
	"fmt"

	"phoned/cmd/phoned/internal/control"
)

// reboot asks the phone for a new start of all of it.
func reboot(t *toolCall, args []string) error {
	t.socketFlag()
	now := t.flags.Bool("now", false, "do not wait for the end of calls")
	if err := t.parse(args); err != nil {
		return err
	}
	return t.power(map[string]any{"do": "reboot", "now": *now}, *now,
		"The phone reboots.", "电话正在重启。",
		"The phone reboots when no call is left.", "通话结束后电话将重启。")
}

// factoryReset asks the phone to forget what its user changed.
func factoryReset(t *toolCall, args []string) error {
	t.socketFlag()
	now := t.flags.Bool("now", false, "do not wait for the end of calls")
	yes := t.flags.Bool("yes", false, "I am sure: what was set at this phone is lost")
	if err := t.parse(args); err != nil {
		return err
	}
	if !*yes {
		return errors.New("what was set at this phone would be lost: give -yes to be sure")
	}
	return t.power(map[string]any{"do": "factory-reset", "now": *now, "sure": true}, *now,
		"The phone forgets what was set at it and reboots.", "电话将恢复出厂设置并重启。",
		"The phone forgets what was set at it and reboots when no call is left.", "通话结束后电话将恢复出厂设置并重启。")
}

// power gives a command that ends the phone, and tells what comes.
func (t *toolCall) power(command map[string]any, now bool, nowEN, nowZH, thenEN, thenZH string) error {
	caller, err := call(t.socket)
	if err != nil {
		return err
	}
	defer func() { _ = caller.Close() }()
	err = caller.Ask(command, nil)
	var refused *control.Refused
	switch {
	case errors.As(err, &refused):
		fmt.Fprintln(t.stdout, refused.Text)
		return errDiffers
	case err != nil:
		return err
	case now:
		t.say(nowEN, nowZH)
	default:
		t.say(thenEN, thenZH)
	}
	return nil
}
