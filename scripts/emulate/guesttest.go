//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
	"phoned/scripts/emulate/machine"
)

// guestTest runs the tests of one package on the emulated board: an initramfs
// with the agent as process 1, the modules, the test binary and its testdata, and
// nothing else.
func guestTest(ctx context.Context, w *build.Workshop, args []string) error {
	f := flag.NewFlagSet("guest-test", flag.ContinueOnError)
	sound := f.Bool("sound", false, "an AC97 sound card, whose output goes to ear.wav, and the loopback card")
	display := f.Bool("display", false, "a display of 320x240")
	virtual := f.Bool("virtual", false, "virtual time: one instruction is one nanosecond")
	board := f.String("board", string(machine.Virt), "virt or mcimx6ul-evk")
	keep := f.String("keep", "", "`directory` for the serial log, the WAV and the picture at the end")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return fmt.Errorf("guest-test: which package?")
	}
	if machine.Board(*board) != machine.Virt {
		return fmt.Errorf("guest-test: on %s there is no connection to an agent yet", *board)
	}
	dir, err := os.MkdirTemp("", "guest-test")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if *keep != "" {
		if dir, err = filepath.Abs(*keep); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	test := filepath.Join(dir, "test")
	pkg, err := w.TestBinary(ctx, f.Arg(0), test)
	if err != nil {
		return err
	}
	modules := []string{"phone-sim"}
	config := machine.Config{Dir: dir, Virtual: *virtual, Display: *display, Initrd: filepath.Join(dir, "initrd"), Append: "console=ttyAMA0 quiet panic=-1"}
	if *sound {
		modules = append(modules, "snd-aloop")
		config.Ear = filepath.Join(dir, "ear.wav")
	}
	k, err := w.Kernel(ctx)
	if err != nil {
		return err
	}
	config.Kernel = k.Image()
	if err := w.TestInitramfs(ctx, k, modules, test, pkg, config.Initrd); err != nil {
		return err
	}
	m, err := machine.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	agent, err := m.Agent(ctx)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, m.Serial.Text())
	}
	var flags []string
	for _, a := range f.Args()[1:] {
		// As "go test" takes them: -run is -test.run of the binary.
		if name, short := strings.CutPrefix(a, "-"); short && !strings.HasPrefix(name, "test.") {
			a = "-test." + strings.TrimPrefix(name, "-")
		}
		flags = append(flags, a)
	}
	status, err := agent.Stream(ctx, os.Stdout, guest.Request{
		Args: append([]string{build.TestPath}, flags...), Dir: "/" + pkg,
		Env: []string{"HANDSET=emulated"},
	})
	if *display && *keep != "" {
		_ = m.Screenshot(ctx, filepath.Join(dir, "screen.png"))
	}
	_ = m.Quit(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%w\n%s", err, m.Serial.Text())
	case status != 0:
		return fmt.Errorf("the tests of %s failed with status %d; the console said:\n%s", f.Arg(0), status, m.Serial.Text())
	}
	return nil
}
