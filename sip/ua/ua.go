package ua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"phoned/sip/dns"
	"phoned/sip/wire"
)

// graceTime is how long the reader of Events has for the last ones.
const graceTime = time.Second

// UA is the phone's SIP user agent. Its methods may be called from any
// goroutine.
type UA struct {
	config   Config
	log      *slog.Logger
	commands *queue[Command]
	events   *mailbox
	started  atomic.Bool
	agent    *agent // the loop's own while Run runs
}

// New checks the configuration; nothing is opened before Run. The error names
// the line and the setting that can not work.
func New(config Config) (*UA, error) {
	if err := check(config); err != nil {
		return nil, err
	}
	log := config.Log
	if log == nil {
		log = slog.Default()
	}
	if config.Wire.Log == nil {
		config.Wire.Log = log
	}
	return &UA{config: config, log: log, commands: newQueue[Command](), events: newMailbox()}, nil
}

// Run opens the sockets and serves until ctx ends. Then every call is ended
// with BYE and every line unregisters, within 5 seconds at the most; no
// goroutine and no socket outlives Run. The error is that of the sockets, or
// nil after an orderly end. Run may be called once.
func (u *UA) Run(ctx context.Context) error {
	if u.started.Swap(true) {
		return errors.New("run user agent: it has run already")
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer u.commands.close()
	defer u.events.close()
	all.Go(func() { u.events.run(graceTime) })

	inbox := newQueue[heard]()
	defer inbox.close()
	// The wire outlives ctx: BYE and REGISTER of the end go over it.
	open, shut := context.WithCancel(context.WithoutCancel(ctx))
	defer shut()
	config := u.config
	resolver := newResolver(config, inbox)
	if resolver != nil {
		all.Go(func() { resolver.Run(open) })
		if config.Wire.LookupNetIP == nil {
			config.Wire.LookupNetIP = resolver.LookupNetIP
		}
	}
	w, err := wire.New(config.Wire, ear{inbox})
	if err != nil {
		return fmt.Errorf("open the SIP sockets: %w", err)
	}
	broken := make(chan error, 1)
	all.Go(func() {
		err := w.Run(open)
		if err == nil {
			err = errors.New("closed")
		}
		broken <- fmt.Errorf("serve the SIP sockets: %w", err)
	})
	a := newAgent(u.config, u.log, u.events.put)
	a.wire, a.resolver = w, resolver
	u.agent = a
	return a.loop(ctx, u.commands, inbox, broken)
}

// newResolver is nil where names are the wire's business.
func newResolver(c Config, inbox *queue[heard]) *dns.Resolver {
	if c.DNS == nil {
		return nil
	}
	config := *c.DNS
	config.OnChange = func(q dns.Query, answer dns.Answer) { inbox.put(heard{query: q, answer: answer}, 0) }
	return dns.New(config)
}

// Do asks for something. It never blocks; commands are carried out in order.
// After Run has ended they mean nothing.
func (u *UA) Do(c Command) { u.commands.put(c, 0) }

// Events is the stream of what the UA tells. No event is lost while Run runs,
// however slowly it is read; it is closed when Run has ended.
func (u *UA) Events() <-chan Event { return u.events.out }
