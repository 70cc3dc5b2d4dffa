//go:build linux

// Emulate makes and runs the emulated handset.
//
//	go run ./scripts/emulate show          the phone, its display and its keys
//	go run ./scripts/emulate image         kernel, root file system, disk image, bundle
//	go run ./scripts/emulate kernel        the kernel alone
//	go run ./scripts/emulate guest-test [-sound] [-display] [-virtual] [-board virt|mcimx6ul-evk] PACKAGE [go test flags]
//	                                       the tests of one package on the emulated board
//
// It uses Debian's packages and sources, and needs no root.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"phoned/scripts/emulate/build"
)

// commands are what can be asked for.
var commands = map[string]func(ctx context.Context, w *build.Workshop, args []string) error{
	"kernel":     kernel,
	"guest-test": guestTest,
	"image":      image,
	"show":       show,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "emulate:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("what? show, image, kernel or guest-test PACKAGE")
	}
	command := commands[args[0]]
	if command == nil {
		return fmt.Errorf("there is no %q; there are show, image, kernel, guest-test", args[0])
	}
	w, err := build.Open(os.Stderr)
	if err != nil {
		return err
	}
	return command(ctx, w, args[1:])
}

func kernel(ctx context.Context, w *build.Workshop, _ []string) error {
	k, err := w.Kernel(ctx)
	if err != nil {
		return err
	}
	fmt.Println(k.Dir, k.Release)
	return nil
}
