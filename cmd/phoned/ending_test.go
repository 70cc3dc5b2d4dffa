package main

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
)

// quietPhone is a phone that tells only its snapshots.
type quietPhone struct {
	control.Phone
	updates chan desk.Update
}

func (p *quietPhone) Subscribe() (<-chan desk.Update, func()) { return p.updates, func() {} }

func (p *quietPhone) tell(s phone.Snapshot) { p.updates <- desk.Update{Snapshot: &s} }

// later is when everything has come to rest, and whoever asked has heard it.
func later() {
	time.Sleep(2 * farewell)
	synctest.Wait()
}

// A wish waits for the end of the call, the graver wish stays, and an urgent one
// does not wait.
func TestTheEndWaitsForCalls(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    func(*ending)
		waits  bool
		status int
	}{
		{"reboot", func(e *ending) { e.Reboot(false) }, true, 80},
		{"factory reset", func(e *ending) { e.FactoryReset(false) }, true, 81},
		{"both", func(e *ending) { e.FactoryReset(false); e.Reboot(false) }, true, 81},
		{"now", func(e *ending) { e.Reboot(true) }, false, 80},
		{"now after all", func(e *ending) { e.Reboot(false); synctest.Wait(); e.Reboot(true) }, false, 80},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				e := newEnding(cancel)
				p := &quietPhone{updates: make(chan desk.Update, 8)}
				done := make(chan struct{})
				go func() {
					defer close(done)
					e.run(ctx, p, slog.New(slog.DiscardHandler))
				}()
				p.tell(phone.Snapshot{Call: phone.CallUp, Calls: []phone.CallSnapshot{{State: phone.CallUp}}})
				later()
				if ctx.Err() != nil {
					t.Fatal("it ends without a wish")
				}
				c.ask(e)
				later()
				if ended := ctx.Err() != nil; ended == c.waits {
					t.Errorf("in a call: ended %t", ended)
				}
				if c.waits {
					p.tell(phone.Snapshot{Call: phone.CallHeld, Calls: []phone.CallSnapshot{{State: phone.CallHeld}}})
					later()
					if ctx.Err() != nil {
						t.Error("it ends with a call on hold")
					}
					p.tell(phone.Snapshot{Call: phone.CallIdle})
				}
				<-done
				if status, _ := e.wish(); status != c.status || ctx.Err() == nil {
					t.Errorf("status %d, want %d", status, c.status)
				}
			})
		})
	}
}

// A phone that is stopped for another reason does not wait for a wish.
func TestTheEndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newEnding(cancel)
		done := make(chan struct{})
		go func() {
			defer close(done)
			e.run(ctx, &quietPhone{}, slog.New(slog.DiscardHandler))
		}()
		cancel()
		<-done
		if status, _ := e.wish(); status != 0 {
			t.Errorf("status %d", status)
		}
	})
}
