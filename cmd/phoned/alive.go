package main

import (
	"context"
	"log/slog"
	"time"

	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/desk"
	"phoned/hw/watchdog"
	"phoned/sip/ua"
)

// answerWithin is how long each loop of the phone may take to answer: far more
// than any of them works at a time, far less than the watchdog's patience.
const answerWithin = 10 * time.Second

// noWatchdog is the -watchdog that turns the board's off.
const noWatchdog = "none"

// guardBoard feeds the board's watchdog as long as the loops that a call needs
// answer: the desk's, the user agent's, and the one that keeps the voice process.
// Of the voice process itself that one makes sure: it ends one that is silent and
// starts another. The returned function ends the feeding in order.
func guardBoard(o options, board handset, phone *desk.Desk, agent *ua.UA, sound *remote.Remote, log *slog.Logger) (end func()) {
	device := board.watchdog
	if o.watchdog != "" {
		device = o.watchdog
	}
	if device == "" || device == noWatchdog {
		return func() {}
	}
	w := watchdog.Open(watchdog.Options{Device: device, Timeout: board.patience, Log: log})
	for _, p := range pings(phone, agent, sound) {
		w.Ask(p.loop, answerWithin, p.ask)
	}
	return func() {
		if err := w.Close(); err != nil {
			log.Warn("watchdog", "error", err)
		}
	}
}

// A ping asks a loop for a sign of life and returns when it has answered, or
// with the error of ctx.
type ping struct {
	loop string
	ask  func(ctx context.Context) error
}

func pings(phone *desk.Desk, agent *ua.UA, sound *remote.Remote) [3]ping {
	return [3]ping{
		{"desk", func(ctx context.Context) error {
			return answered(ctx, func(reply chan<- struct{}) { phone.Do(desk.Ping{Reply: reply}) })
		}},
		{"user agent", func(ctx context.Context) error {
			return answered(ctx, func(reply chan<- struct{}) { agent.Do(ua.Ping{Reply: reply}) })
		}},
		{"voice", sound.Ping},
	}
}

// answered puts a question and waits for its answer.
func answered(ctx context.Context, ask func(reply chan<- struct{})) error {
	reply := make(chan struct{}, 1)
	ask(reply)
	select {
	case <-reply:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
