package desk

import (
	"context"
	"log/slog"
	"time"

	"phoned/audio"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
)

// Desk runs one telephone. Its methods may be called from any goroutine.
type Desk struct {
	cfg      Config
	log      *slog.Logger
	commands commands
	watchers watchers
	painter  *painter

	// The rest belongs to Run's goroutine.
	phone    *phone.Phone
	settings Settings
	route    audio.Route
	lineOf   map[phone.CallID]int // calls with sockets for their voice, and their lines
	offers   map[phone.CallID]int // calls that came in and have no sockets yet, and their lines
	faults   [faultSources]string // what fails, in words; "" = nothing
	later    []phone.Event        // what carrying out an action came to
}

// New makes a desk; nothing happens before Run.
func New(cfg Config) *Desk {
	d := &Desk{
		cfg:      cfg,
		log:      cfg.Log,
		commands: newCommands(),
		painter:  newPainter(cfg.Board),
		phone:    phone.New(cfg.Settings.Phone),
		settings: cfg.Settings,
		lineOf:   map[phone.CallID]int{},
		offers:   map[phone.CallID]int{},
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.watchers.init(d.phone.Snapshot())
	return d
}

// Run serves the phone until ctx ends or the user agent has ended. Calls are
// not ended by it: the user agent does that when it stops. Run may be called
// once.
func (d *Desk) Run(ctx context.Context) error {
	defer d.watchers.close()
	painted := make(chan struct{})
	paint, stop := context.WithCancel(ctx)
	go func() {
		defer close(painted)
		d.painter.run(paint, func(text string) { d.Do(displayFault{text}) })
	}()
	defer func() {
		stop()
		<-painted
	}()

	inputs, agent, media := d.cfg.Board.Inputs(), d.cfg.UA.Events(), d.cfg.Media.Events()
	alarm := time.NewTimer(0) // the first tick shows the phone as it is
	defer alarm.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case in, open := <-inputs:
			if !open {
				inputs = nil
				break
			}
			if in.Kind == hw.Fault {
				d.fault(faultBoard, in.Text)
				break
			}
			d.step(phone.Input{Input: in})
		case ev, open := <-agent:
			if !open {
				return nil
			}
			d.fromUA(ev)
		case ev, open := <-media:
			if !open {
				media = nil
				break
			}
			d.fromMedia(ev)
		case <-d.commands.wake:
			for _, c := range d.commands.take() {
				d.obey(c)
			}
		case <-alarm.C:
			d.step(phone.Tick{})
		}
		if at := d.phone.Deadline(); !at.IsZero() {
			alarm.Reset(time.Until(at))
		}
	}
}

// step tells the phone one event, carries out all its actions, then what that
// came to, and shows those who watch what changed.
func (d *Desk) step(ev phone.Event) {
	d.later = append(d.later, ev)
	for len(d.later) > 0 {
		ev, d.later = d.later[0], d.later[1:]
		for _, a := range d.phone.Step(time.Now(), ev) {
			d.carryOut(a)
		}
	}
	d.later = nil
	d.watchers.show(d.phone.Snapshot())
}

// Get is the phone as it is now.
func (d *Desk) Get() phone.Snapshot { return d.watchers.last() }

// Subscribe opens a stream of updates, the first of which is the snapshot of
// now. Who reads too slowly is dropped: the channel is closed, as it is when
// the desk ends. cancel ends the stream; it may be called more than once.
func (d *Desk) Subscribe() (updates <-chan Update, cancel func()) { return d.watchers.add() }
