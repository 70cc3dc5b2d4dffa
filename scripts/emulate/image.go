//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"phoned/scripts/emulate/build"
)

// image makes the image and tells what it weighs.
func image(ctx context.Context, w *build.Workshop, args []string) error {
	f := flag.NewFlagSet("image", flag.ContinueOnError)
	version := f.String("version", "", "of the firmware")
	if err := f.Parse(args); err != nil {
		return err
	}
	i, err := w.Image(ctx, build.Spec{Version: *version})
	if err != nil {
		return err
	}
	fmt.Println(i.Dir)
	for _, path := range []string{filepath.Join(i.Dir, "zImage"), i.Root(), i.Bundle()} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Printf("%-16s %5.1f MB\n", filepath.Base(path), float64(info.Size())/1e6)
	}
	return nil
}
