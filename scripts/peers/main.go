// Peers measures how long the phone and other SIP user agents leave their user
// without service when a server fails, side by side, and draws docs/peers: the
// results as JSON, tables in README.md, a bar chart in peers.svg.
//
//	go run ./scripts/peers                                  everything; needs root, ip, nft, Kamailio and baresip
//	go run ./scripts/peers -only phoned,baresip -fault silence -situation dial
//	go run ./scripts/peers -draw                            only draw again what results.json has
//
// What is measured is put in the place of earlier results of the same cells.
// Package cmd/phoned/internal/peertest does the measuring, in namespaces of its
// own. A program that the machine has not is left out, and said so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"phoned/scripts/peers/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	selection report.Selection
	runs      int
	parallel  int
	draw      bool
	out       string
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	list := func(name, usage string, into *[]string) {
		flags.Func(name, usage+", with commas between; all if not given", func(s string) error {
			*into = append(*into, strings.Split(s, ",")...)
			return nil
		})
	}
	list("only", "user agents to measure", &o.selection.Peers)
	list("fault", "faults of the primary server", &o.selection.Faults)
	list("situation", "situations", &o.selection.Situations)
	flags.IntVar(&o.runs, "runs", 1, "how often each cell is measured; the middle result is shown")
	flags.IntVar(&o.parallel, "parallel", 8, "cells at once, each in a network of its own; they mostly wait")
	flags.BoolVar(&o.draw, "draw", false, "measure nothing, draw what is there")
	flags.StringVar(&o.out, "out", "docs/peers", "folder of results.json, README.md and peers.svg")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("what is %q?", flags.Arg(0))
	}
	if o.runs < 1 || o.parallel < 1 {
		return o, errors.New("-runs and -parallel are at least 1")
	}
	return o, o.selection.Check()
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	file := filepath.Join(o.out, "results.json")
	var known report.Results
	switch text, err := os.ReadFile(file); {
	case err == nil:
		if known, err = report.Parse(text); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	case o.draw || !errors.Is(err, os.ErrNotExist):
		return err
	}
	if o.draw {
		return draw(o.out, known)
	}
	fresh, err := measure(ctx, o)
	if len(fresh.Results) > 0 { // also of a run that was broken off
		known = known.Replace(fresh)
		err = errors.Join(err, os.MkdirAll(o.out, 0o755), os.WriteFile(file, known.JSON(), 0o644), draw(o.out, known))
	}
	return err
}

func draw(dir string, rs report.Results) error {
	page, err := rs.Page()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "README.md"), []byte(page), 0o644),
		os.WriteFile(filepath.Join(dir, "peers.svg"), []byte(rs.Chart()), 0o644),
	)
}

// without are the cells of the programs that are there, and the names of those
// that are not.
func without(cells []report.Cell, there func(program string) bool) (left []report.Cell, missing []string) {
	for _, c := range cells {
		switch p := c.Peer.Program; {
		case p == "" || there(p):
			left = append(left, c)
		case !slices.Contains(missing, p):
			missing = append(missing, p)
		}
	}
	return left, missing
}
