package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The first part that fails ends all others, and every error is told.
func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var g group
		g.run(cancel, func() error { return errors.New("port taken") })
		g.run(cancel, func() error {
			<-ctx.Done()
			time.Sleep(stopTime / 2)
			return errors.New("farewell failed")
		})
		err := g.wait(ctx)
		if err == nil || !strings.Contains(err.Error(), "port taken") || !strings.Contains(err.Error(), "farewell failed") {
			t.Errorf("got %v", err)
		}
	})
}

// A part that hangs does not keep the process.
func TestGroupHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var g group
		release := make(chan struct{})
		g.run(cancel, func() error { <-release; return nil })
		cancel()
		begun := time.Now()
		if err := g.wait(ctx); err == nil || time.Since(begun) != stopTime {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		close(release)
	})
}
