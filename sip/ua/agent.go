package ua

import (
	"log/slog"
	"runtime/debug"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip/dialog"
	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/wire"
)

// agent is all that the loop owns. Nothing in it is touched by another
// goroutine.
type agent struct {
	config Config
	log    *slog.Logger
	names  idents
	start  time.Time // times told to the cores count from here
	wire   *wire.Wire
	emit   func(Event)

	lines   map[int]*line      // in service, by number
	order   []*line            // the same, in order; replaced when it changes, never changed
	leaving map[*line]struct{} // stopping: still unregistering
	clock   clock              // when each of them wants a Tick
	calls   map[CallID]*call
	dialogs map[string][]*call // by Call-ID
	served  map[dialog.Ref]*served
	merged  merged

	nextCall CallID     // of the next call that arrives: even
	nextRef  dialog.Ref // of the next server transaction
	peers    peers
	ending   ending
	stopping bool
	offline  bool // the phone has no network
	changing bool // a line has a next one

	resolver *dns.Resolver // nil = names are the wire's business
	watched  []dns.Query   // as told to it last
	shared   shared        // what all lines know of their targets

	steps   []step // what the cores are still to be told
	actions []failover.Action
	news    []dialog.Action
}

// A step is one event that a core is to be told. line or call says which one.
type step struct {
	line   *line
	event  failover.Event
	answer *gosip.Response // behind a failover.Response
	call   *call
	wish   dialog.Event
}

func newAgent(config Config, log *slog.Logger, emit func(Event)) *agent {
	return &agent{
		config:   config,
		log:      log,
		names:    newIdents(config.Seed),
		start:    time.Now(),
		emit:     emit,
		lines:    map[int]*line{},
		leaving:  map[*line]struct{}{},
		calls:    map[CallID]*call{},
		dialogs:  map[string][]*call{},
		served:   map[dialog.Ref]*served{},
		merged:   merged{},
		shared:   newShared(),
		nextCall: 2,
		nextRef:  1,
	}
}

// now is the time that the cores are told.
func (a *agent) now() time.Duration { return time.Since(a.start) }

// date turns a core's time into one of the calendar; 0 stays the zero time.
func (a *agent) date(at time.Duration) time.Time {
	if at == 0 || at == failover.Never {
		return time.Time{}
	}
	return a.start.Add(at)
}

// tell queues an event for a line. It is told when all actions of the present
// event have been carried out.
func (a *agent) tell(l *line, e failover.Event, answer *gosip.Response) {
	a.steps = append(a.steps, step{line: l, event: e, answer: answer})
}

// wish queues an event for a call.
func (a *agent) wish(c *call, e dialog.Event) {
	a.steps = append(a.steps, step{call: c, wish: e})
}

// settle tells the cores everything that is queued, and carries out all they
// ask for, until nothing is left to be told.
func (a *agent) settle() {
	for {
		for i := 0; i < len(a.steps); i++ {
			s := a.steps[i]
			a.steps[i] = step{}
			if s.line != nil {
				a.stepLine(s)
			} else {
				a.stepCall(s)
			}
		}
		a.steps = a.steps[:0]
		if a.tidy(); len(a.steps) == 0 {
			return
		}
	}
}

func (a *agent) stepLine(s step) {
	if s.line.gone {
		return
	}
	now := a.now()
	a.guard("line", func() {
		a.actions = s.line.core.Step(now, s.event, a.actions[:0])
	})
	s.line.recorder.Step(s.line.core, now, s.event, a.actions)
	for i := range a.actions {
		a.guard("action", func() { s.line.carry(a.actions[i], s.event, s.answer) })
	}
	clear(a.actions)
	a.actions = a.actions[:0]
	a.rewind(s.line)
}

func (a *agent) stepCall(s step) {
	a.guard("call", func() {
		a.news = s.call.core.Step(a.now(), s.wish, a.news[:0])
	})
	for i := range a.news {
		a.guard("action", func() { s.call.carry(a.news[i]) })
	}
	clear(a.news)
	a.news = a.news[:0]
	a.guard("dialog", s.call.look)
}

// guard keeps a mistake within the message that met it: a panic is logged and
// ends that message alone. No message is known to cause one; a phone in the
// middle of a call must not prove the opposite.
func (a *agent) guard(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("recovered from a panic", "in", what, "panic", r, "stack", string(debug.Stack()))
		}
	}()
	f()
}
