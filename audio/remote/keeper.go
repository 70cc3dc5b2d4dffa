package remote

import (
	"context"
	"time"

	"phoned/audio/wire"
)

const (
	pingEvery   = 2 * time.Second
	deaf        = 6 * time.Second  // without a word it is taken for dead
	settled     = 10 * time.Second // a process that lived so long starts again at once
	backOffMin  = 100 * time.Millisecond
	backOffMax  = 5 * time.Second
	adoptedFor  = 30 * time.Second // how long an adopted call waits for its owner
	troubled    = 3                // deaths in a row that the user should know of
	quitting    = time.Second      // a process may take to end
	eventsQueue = 64               // Stats beyond that are dropped
	digitsQueue = 32               // digits that wait for a process
)

// A keeper is the one goroutine that talks with the media process and keeps one
// alive.
type keeper struct {
	r       *Remote
	state   *state
	proc    *process      // nil while there is none
	wait    time.Duration // before the next try
	deaths  int           // in a row
	reason  string        // of the last one; empty before the first
	fault   bool          // the user was told
	out     []Event
	forlorn map[uint32]bool // adopted calls that nobody has claimed
	digits  []wire.Message  // asked for while no process was ready
}

func newKeeper(r *Remote) *keeper {
	return &keeper{r: r, state: newState(), forlorn: map[uint32]bool{}}
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.r.events)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	adopted := time.NewTimer(adoptedFor)
	defer adopted.Stop()
	if k.proc.ready {
		k.flush()
	}
	for {
		var in <-chan told
		if k.proc != nil {
			in = k.proc.in
		}
		var events chan Event
		var first Event
		if len(k.out) > 0 {
			events, first = k.r.events, k.out[0]
		}
		select {
		case <-ctx.Done():
			k.stop()
			return
		case m, ok := <-in:
			if ok {
				k.hear(m)
			} else {
				k.died("")
			}
		case <-k.r.wake:
			k.flush()
		case reply := <-k.r.pings:
			reply <- struct{}{}
		case events <- first:
			k.out = k.out[1:]
		case <-ping.C:
			k.ping()
		case <-again.C:
			k.restart()
		case <-adopted.C:
			for call := range k.forlorn {
				k.r.Close(call)
			}
		}
		if k.proc == nil && k.wait >= 0 {
			again.Reset(k.wait)
			k.wait = -1
		}
	}
}

// flush carries out what was asked for, or keeps it for the next process.
func (k *keeper) flush() {
	for _, c := range k.r.pull() {
		delete(k.forlorn, c.Call)
		known := k.state.note(c.Message, c.pair)
		said := false
		if known && k.proc != nil && k.proc.ready {
			k.say(&c.Message)
			said = k.proc != nil // else it was dead
		}
		if known && !said && c.Kind == wire.Digit && len(k.digits) < digitsQueue {
			k.digits = append(k.digits, c.Message)
		}
		if c.Kind == wire.Close {
			c.pair.close()
		}
	}
}

// say tells the process one thing.
func (k *keeper) say(m *wire.Message) {
	if k.proc == nil {
		return
	}
	var fds []int
	if m.Kind == wire.Open {
		p := k.state.pairs[m.Call]
		fds = p.fds[:]
	}
	if err := k.proc.say(m, fds...); err != nil {
		k.died(err.Error())
	}
}

// hear takes what the process tells.
func (k *keeper) hear(m told) {
	wire.CloseAll(m.fds)
	k.proc.heard = time.Now()
	switch m.Kind {
	case wire.Ready:
		k.ready()
	case wire.Arrived:
		k.tell(DigitReceived{Call: m.Call, Digit: m.Which})
	case wire.Report:
		k.tell(statsOf(&m.Message))
	case wire.Fault:
		if m.Text == "" {
			k.r.cfg.Log.Info("sound device works again")
		} else {
			k.r.cfg.Log.Warn("sound device", "fault", m.Text)
		}
		k.tell(DeviceFault{Text: m.Text})
	}
}

// ready re-states everything to a process that has begun.
func (k *keeper) ready() {
	k.proc.ready = true
	for _, m := range k.state.all() {
		k.say(&m)
	}
	// What the user dialled meanwhile; a digit of a call that has ended since is
	// not known to the process.
	for _, m := range k.digits {
		k.say(&m)
	}
	k.digits = k.digits[:0]
	if k.proc == nil {
		return
	}
	if k.fault {
		k.fault = false
		k.tell(DeviceFault{})
	}
	if k.reason != "" {
		k.tell(Restarted{Reason: k.reason})
	}
}

// died cleans up after a process and decides when the next one starts.
func (k *keeper) died(reason string) {
	p := k.proc
	k.proc = nil
	if p.cmd != nil {
		// What has closed its socket is ending; what does not answer is not.
		patience := quitting / 2
		if reason != "" {
			patience = 0
		}
		p.end(patience)
	} else {
		p.end(0)
	}
	if reason == "" {
		reason = p.why()
	}
	k.reason = reason
	k.deaths++
	k.wait = 0
	if time.Since(p.born) >= settled {
		k.deaths = 1
	} else if k.deaths > 1 {
		k.wait = min(backOffMax, backOffMin<<min(k.deaths-2, 10))
	}
	k.r.cfg.Log.Warn("media process ended; another one starts", "reason", reason, "wait", k.wait)
	k.trouble("the voice process ends again and again: " + reason)
}

// trouble tells the user what keeps the voice away, once and not at the first time.
func (k *keeper) trouble(text string) {
	if k.deaths >= troubled && !k.fault {
		k.fault = true
		k.tell(DeviceFault{Text: text})
	}
}

func (k *keeper) restart() {
	if k.proc != nil {
		return
	}
	p, err := spawn(k.r.cfg, true)
	if err != nil {
		k.deaths++
		k.wait = min(backOffMax, backOffMin<<min(k.deaths, 10))
		k.r.cfg.Log.Error("media process", "err", err)
		k.trouble(err.Error())
		return
	}
	k.proc = p
}

// ping asks whether the process still lives.
func (k *keeper) ping() {
	if k.proc == nil {
		return
	}
	if time.Since(k.proc.heard) > deaf {
		k.died("it did not answer")
		return
	}
	if k.proc.ready {
		k.say(&wire.Message{Kind: wire.Ping})
	}
}

// stop ends the process in order.
func (k *keeper) stop() {
	if k.proc != nil {
		k.flush()
	}
	if k.proc != nil {
		_ = k.proc.say(&wire.Message{Kind: wire.Quit})
		go func(in chan told) { // what it says last must not hold it up
			for m := range in {
				wire.CloseAll(m.fds)
			}
		}(k.proc.in)
		k.proc.end(quitting)
	}
	for call := range k.state.pairs {
		if p, ok := k.r.ports.release(call); ok {
			p.close()
		}
	}
}

// tell queues an event for the desk.
func (k *keeper) tell(e Event) {
	if s, ok := e.(Stats); ok && !s.Closed && len(k.out) >= eventsQueue {
		return
	}
	k.out = append(k.out, e)
}

func statsOf(m *wire.Message) Stats {
	s := m.Stats
	return Stats{
		Call: m.Call, Sent: s.Sent, Received: s.Received, Stranger: s.Stranger, Lost: s.Lost, Late: s.Late, Overruns: s.Overruns,
		Concealed: s.Concealed, Jitter: s.Jitter, Delay: s.Delay, RTT: s.RTT,
		FarLoss: s.FarLoss, FarJitter: s.FarJitter, Closed: s.Closed,
	}
}
