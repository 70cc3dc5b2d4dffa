package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/phone"
)

// The exit statuses that ask whoever keeps phoned running for more than a new
// start; see docs/CONTROL.md.
const (
	statusReboot       = 80 // reboot the phone
	statusFactoryReset = 81 // wipe what the user changed, and reboot
)

// farewell is how long the phone waits for whoever asked to hear that it ends.
const farewell = 200 * time.Millisecond

// An ending is how the program shall end: by itself when it is told to, or with
// a wish to whoever keeps it. A wish waits until no call is left, unless it is
// urgent. Its methods never wait and may be called from any goroutine.
type ending struct {
	cancel func() // ends the phone

	mu     sync.Mutex
	status int           // 0 = no wish
	urgent bool          // at once
	asked  chan struct{} // holds a token after a wish
}

func newEnding(cancel func()) *ending {
	return &ending{cancel: cancel, asked: make(chan struct{}, 1)}
}

// Reboot implements control.Power.
func (e *ending) Reboot(now bool) { e.ask(statusReboot, now) }

// FactoryReset implements control.Power.
func (e *ending) FactoryReset(now bool) { e.ask(statusFactoryReset, now) }

// ask notes a wish. The graver one stays.
func (e *ending) ask(status int, now bool) {
	e.mu.Lock()
	e.status = max(e.status, status)
	e.urgent = e.urgent || now
	e.mu.Unlock()
	select {
	case e.asked <- struct{}{}:
	default:
	}
}

// wish is what was asked for.
func (e *ending) wish() (status int, urgent bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status, e.urgent
}

// run ends the phone when a wish is there and no call is left.
func (e *ending) run(ctx context.Context, phone control.Phone, log *slog.Logger) {
	select {
	case <-ctx.Done():
		return
	case <-e.asked:
	}
	status, _ := e.wish()
	log.Info("the phone ends when no call is left", "status", status)
	for ctx.Err() == nil && !e.rest(ctx, phone) {
	}
	select {
	case <-ctx.Done():
	case <-time.After(farewell):
	}
	e.cancel()
}

// rest waits until no call is left or the wish is urgent; false = the phone's
// stream broke off and must be opened again.
func (e *ending) rest(ctx context.Context, desk control.Phone) bool {
	updates, stop := desk.Subscribe()
	defer stop()
	for {
		if _, urgent := e.wish(); urgent {
			return true
		}
		select {
		case <-ctx.Done():
			return true
		case <-e.asked:
		case u, open := <-updates:
			if !open {
				return false
			}
			if u.Snapshot != nil && u.Snapshot.Call == phone.CallIdle && len(u.Snapshot.Calls) == 0 {
				return true
			}
		}
	}
}
