package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/phone"
)

// installTime is how long a firmware may take to be written to slow storage.
const installTime = 15 * time.Minute

// install has the running phone install a firmware, and tells how that goes.
func install(t *toolCall, args []string) error {
	t.socketFlag()
	if err := t.parse(args, "the file of the bundle"); err != nil {
		return err
	}
	path, err := filepath.Abs(t.flags.Arg(0))
	if err != nil {
		return err
	}
	caller, err := call(t.socket)
	if err != nil {
		return err
	}
	defer func() { _ = caller.Close() }()
	var refused *control.Refused
	switch err := caller.Ask(map[string]any{"do": "update", "path": path}, nil); {
	case errors.As(err, &refused):
		fmt.Fprintln(t.stdout, refused.Text)
		return errDiffers
	case err != nil:
		return err
	}
	for deadline := time.Now().Add(installTime); ; {
		n, err := caller.Notice(deadline)
		if err != nil {
			return fmt.Errorf("the end of the installation: %w", err)
		}
		switch n.Kind {
		case phone.NoticeFirmware:
			fmt.Fprintln(t.stdout, n.Text)
		case phone.NoticeFirmwareReady:
			fmt.Fprintln(t.stdout, n.Text)
			return nil
		case phone.NoticeFirmwareFailed:
			fmt.Fprintln(t.stdout, n.Text)
			return errDiffers
		}
	}
}
