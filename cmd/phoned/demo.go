package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/demo"
	"phoned/hw/sim"
)

// world is what surrounds the phone with -demo; without, it is empty.
type world struct {
	settings *config.File // in place of a file; nil = none
	panel    sim.Panel
	end      func() // after the phone has said goodbye
}

// openWorld starts the demo's servers. Where there is no terminal it says so,
// and that the control socket is the way in, which it opens if no flag did.
func openWorld(o *options, stderr io.Writer) (world, error) {
	if !o.demo {
		return world{end: func() {}}, nil
	}
	ctx, end := context.WithCancel(context.Background())
	show, err := demo.Start(ctx)
	if err != nil {
		end()
		return world{}, err
	}
	w := world{panel: show, end: end}
	settings := show.Settings()
	if o.smart {
		settings = bytes.Replace(settings, []byte("<<END"), []byte("SIP1 Smart Failover     :1\n<<END"), 1)
	}
	if w.settings, err = config.ParseChecked(settings); err != nil {
		end()
		return world{}, fmt.Errorf("settings of the demo: %w", err)
	}
	if viewable(*o) {
		return w, nil
	}
	if len(o.control) == 0 {
		dir, err := os.MkdirTemp("", "phoned-demo-")
		if err != nil {
			end()
			return world{}, err
		}
		o.control = []string{filepath.Join(dir, "control")}
		w.end = func() { end(); _ = os.RemoveAll(dir) }
	}
	fmt.Fprintf(stderr, "phoned: no terminal here, so the demo runs without a picture. Its control socket is %s (docs/CONTROL.md).\n", o.control[0])
	fmt.Fprintf(stderr, "phoned: try: echo '{\"do\":\"get\"}' | nc -U %s\n", o.control[0])
	return w, nil
}
