package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A group runs the parts of the phone and keeps their errors.
type group struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs []error
}

// run starts a part; when it ends with an error, all shall end.
func (g *group) run(cancel func(), part func() error) {
	g.wg.Go(func() {
		if err := part(); err != nil {
			g.fail(err)
			cancel()
		}
	})
}

// wait waits for every part. After ctx has ended they have stopTime; one that
// hangs must not keep the process.
func (g *group) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.wg.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		select {
		case <-ended:
		case <-time.After(stopTime):
			g.fail(fmt.Errorf("did not end within %v", stopTime))
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Join(g.errs...)
}

func (g *group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.errs = append(g.errs, err)
}
