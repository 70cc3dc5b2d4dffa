package ua

import (
	"context"
	"slices"
	"time"

	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/health"
)

// loop serves until ctx has ended and the orderly end after it is over, or
// until the wire has failed.
func (a *agent) loop(ctx context.Context, commands *queue[Command], inbox *queue[heard], broken <-chan error) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for _, conf := range a.config.Lines {
		a.begin(conf)
	}
	a.settle()
	var orders []Command
	var messages []heard
	done := ctx.Done()
	for !a.ending.over(a) {
		timer.Reset(a.wait())
		select {
		case <-done:
			done = nil
			a.ending.begin(a)
		case err := <-broken:
			return err
		case <-commands.wake:
			orders = commands.take(orders)
			for _, c := range orders {
				a.guard("command", func() { a.do(c) })
				a.settle()
			}
		case <-inbox.wake:
			messages = inbox.take(messages)
			for _, m := range messages {
				a.guard("message", func() { a.hear(m) })
				a.settle()
			}
		case <-timer.C:
			a.tick()
		}
		a.settle()
	}
	return nil
}

// tick tells the time to every core that waits for it.
func (a *agent) tick() {
	now := a.now()
	for a.clock.next() <= now {
		l := a.clock.heap[0]
		a.clock.set(l, failover.Never) // until its step has said when next
		a.tell(l, failover.Event{Kind: failover.Tick}, nil)
	}
	if a.shared.book.Deadline() <= now {
		a.note(nil, 0, health.Event{Kind: health.Tick})
	}
	for _, c := range a.calls {
		if at, ok := c.core.Deadline(); ok && at <= now {
			a.wish(c, dialog.Tick{})
		}
	}
}

// wait is how long nothing has to be done by itself.
func (a *agent) wait() time.Duration {
	next := min(a.clock.next(), a.shared.book.Deadline())
	for _, c := range a.calls {
		if at, ok := c.core.Deadline(); ok {
			next = min(next, at)
		}
	}
	if a.ending.stage != serving {
		next = min(next, a.ending.by)
	}
	if next == failover.Never {
		return time.Hour
	}
	return max(next-a.now(), 0)
}

// everyLine are the lines in service and those that unregister.
func (a *agent) everyLine() []*line {
	lines := slices.Clone(a.order)
	for l := range a.leaving {
		lines = append(lines, l)
	}
	return lines
}
