package main

import (
	"errors"
	"sync"
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
		err := part()
		if err == nil {
			return
		}
		g.mu.Lock()
		g.errs = append(g.errs, err)
		g.mu.Unlock()
		cancel()
	})
}

// wait waits for every part.
func (g *group) wait() error {
	g.wg.Wait()
	return errors.Join(g.errs...)
}
