package desk

import (
	"strings"
	"sync"

	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
	"phoned/sip/ua"
)

// A Command is what others ask of the desk.
type Command interface{ command() }

type (
	// Register registers a line now, starting at its primary server.
	Register struct{ Line int }
	// Link tells whether the phone has a network, and its address there.
	Link struct {
		Up      bool
		Address string
		AtStart bool // it was so when the phone began: the lines register anyhow
	}
	// Reload replaces the settings: the phone's at once, a line's when it has no
	// call, and only if they differ.
	Reload struct{ Settings Settings }
	// Drill walks a line's registration to another server and back. Reply, unless it
	// is nil, gets why not, or phone.NoRefusal; it needs room: nobody waits for its
	// reader. How the drill goes is told in notices.
	Drill struct {
		Line  int
		Reply chan<- phone.Refusal
	}
	// Record asks for what every line was told lately, for a replay. Reply needs
	// room.
	Record struct{ Reply chan<- []*journal.Recording }
	// Ping asks for a sign of life: Reply gets one from the desk's loop. It needs
	// room: nobody waits for its reader.
	Ping struct{ Reply chan<- struct{} }
	// Fault tells in words that something of the phone failed; an empty text, that
	// it works again.
	Fault struct{ Text string }
	// Firmware tells how far a new firmware is.
	Firmware struct{ News phone.Firmware }
)

func (Register) command() {}
func (Link) command()     {}
func (Reload) command()   {}
func (Drill) command()    {}
func (Record) command()   {}
func (Ping) command()     {}
func (Fault) command()    {}
func (Firmware) command() {}

// Do asks for something. It never blocks, and commands are carried out in
// order.
func (d *Desk) Do(c Command) { d.commands.put(c) }

// obey carries out one command.
func (d *Desk) obey(c Command) {
	switch c := c.(type) {
	case Register:
		d.step(phone.RegisterNow{Line: c.Line})
	case Link:
		if !c.Up || !c.AtStart {
			d.cfg.UA.Do(ua.Link{Up: c.Up})
		}
		d.step(phone.Link{Up: c.Up, Address: c.Address})
	case Reload:
		d.settings = c.Settings
		d.watchers.keep(c.Settings.Lines)
		d.cfg.UA.Do(ua.Reload{Lines: c.Settings.Lines})
		d.step(phone.Reload{Config: c.Settings.Phone})
	case Drill:
		d.drill(c)
	case Record:
		d.cfg.UA.Do(ua.Record{Reply: c.Reply})
	case Ping:
		select {
		case c.Reply <- struct{}{}:
		default:
		}
	case Fault:
		d.fault(faultOther, c.Text)
	case Firmware:
		d.step(c.News)
	case displayFault:
		d.fault(faultDisplay, c.Text)
	}
}

// What may fail by itself, each with a sentence of its own.
const (
	faultBoard = iota
	faultDisplay
	faultVoice
	faultOther
	faultSources
)

// displayFault is what the painter tells of the board.
type displayFault struct{ Text string }

func (displayFault) command() {}

// fault tells the phone what fails now, from all sources together.
func (d *Desk) fault(source int, text string) {
	d.faults[source] = text
	var all []string
	for _, f := range d.faults {
		if f != "" {
			all = append(all, f)
		}
	}
	d.step(phone.Fault{Text: strings.Join(all, "; ")})
}

// commands is a queue that takes without waiting.
type commands struct {
	mu    *sync.Mutex
	queue *[]Command
	wake  chan struct{} // holds a token while the queue has something
}

func newCommands() commands {
	return commands{mu: &sync.Mutex{}, queue: new([]Command), wake: make(chan struct{}, 1)}
}

func (q commands) put(c Command) {
	q.mu.Lock()
	*q.queue = append(*q.queue, c)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q commands) take() []Command {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := *q.queue
	*q.queue = nil
	return all
}
