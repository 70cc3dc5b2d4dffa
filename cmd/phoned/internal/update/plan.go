package update

import "time"

// How long a firmware is watched before it is marked good. The boot loader
// counts starts down until then; at zero it takes the other slot.
const (
	// A firmware that has been marked good before: once it runs, it runs.
	SettleTime = time.Minute
	// A new one, where no line was registered before the update.
	FreshTime = 5 * time.Minute
	// A new one that does not register although the old one did, while there is
	// a network: after this time the phone goes back.
	TrialTime = 15 * time.Minute
)

// A Record is what must be known of an update after the restart.
type Record struct {
	FromSlot    string // the slot that ran when the bundle was installed: "A", "B"
	FromVersion string // the firmware in it
	ToVersion   string // the firmware that was installed
	Registered  bool   // a line was registered then
	Rejected    bool   // the new firmware was tried and given up
	Boot        string // which start of the phone this was: the kernel's boot_id
}

// pending tells that an update waits for its end.
func (r Record) pending() bool { return r.FromSlot != "" }

// A Stage is how far an update is.
type Stage uint8

// The stages. The first two are those of the firmware that runs.
const (
	Proving Stage = iota // not marked good yet
	Settled
	Installing // a bundle is being written
	Installed  // written; the phone restarts as soon as it is idle
	Leaving    // the phone is about to restart
)

func (s Stage) String() string {
	return [...]string{"proving", "settled", "installing", "installed", "leaving", "leaving", "leaving", "leaving"}[s&7]
}

// An Event is something that happened.
type Event interface{ event() }

type (
	// Tick says that Deadline has come.
	Tick struct{}
	// Line tells whether any line is registered.
	Line struct{ Registered bool }
	// Network tells whether the phone has a network.
	Network struct{ Up bool }
	// Calls tells whether any call is up, rings or is dialled.
	Calls struct{ Any bool }
	// Ask asks for the installation of a bundle.
	Ask struct{ Path string }
	// Progress tells how much of the bundle is written.
	Progress struct{ Percent int }
	// Written tells that the bundle is installed whole.
	Written struct{ Version string }
	// Failed tells that it is not.
	Failed struct{ Reason Reason }
	// Marked tells what became of a Mark.
	Marked struct{ Failed bool }
)

func (Tick) event()     {}
func (Line) event()     {}
func (Network) event()  {}
func (Calls) event()    {}
func (Ask) event()      {}
func (Progress) event() {}
func (Written) event()  {}
func (Failed) event()   {}
func (Marked) event()   {}

// An Action is what the caller must do.
type Action interface{ action() }

type (
	// Install writes a bundle into the other slot; its end is Written or Failed.
	Install struct{ Path string }
	// Mark marks the slot that runs; its end is Marked.
	Mark struct{ Good bool }
	// Save keeps the record over a restart.
	Save struct{ Record Record }
	// Restart restarts the phone, in the slot that the boot loader chooses.
	Restart struct{}
	// Tell tells the owner.
	Tell struct{ News News }
)

func (Install) action() {}
func (Mark) action()    {}
func (Save) action()    {}
func (Restart) action() {}
func (Tell) action()    {}

// A Plan is the decisions about one phone's firmware. It is pure: no clock, no
// file, no bus.
type Plan struct {
	slot, version string
	boot          string
	record        Record
	stage         Stage
	settled       Stage // Proving or Settled, beside what stage tells of an installation
	trial         bool  // the firmware that runs is new
	marking       bool  // a Mark is under way
	leaveAfter    bool  // that Mark was Good false: restart after it

	registered, network, calls bool
	percent                    int
	due                        time.Time     // of Settle, Fresh or the next try to mark
	patience                   time.Duration // of a trial: what is left of TrialTime
	counting                   time.Time     // since when patience runs; zero = it stands

	out []Action
}

// again is when a Mark that failed is tried again.
const again = 30 * time.Second

// A Running is what runs at the start.
type Running struct {
	Slot    string // "A" or "B"
	Version string
	Boot    string // the kernel's boot_id
	Writing bool   // a bundle is being written: a phoned that crashed has asked for it
}

// Start begins with what runs and the record that was kept.
func Start(now time.Time, r Running, record Record) (*Plan, []Action) {
	p := &Plan{slot: r.Slot, version: r.Version, boot: r.Boot, record: record, patience: TrialTime}
	switch {
	case !record.pending():
		p.due = now.Add(SettleTime)
	case record.Boot == r.Boot && record.FromSlot == r.Slot:
		// The phone has not restarted since: only this process has.
		p.due = now.Add(SettleTime)
		switch {
		case record.ToVersion != "":
			p.stage = Installed
			p.tell(News{Kind: Waiting, Version: record.ToVersion, Runs: r.Version})
		case r.Writing:
			p.stage = Installing
		default:
			p.tell(News{Kind: NotInstalled, Reason: ReasonInterrupted, Runs: r.Version})
			p.keep(Record{})
		}
	case r.Slot == record.FromSlot && record.ToVersion == "":
		p.tell(News{Kind: NotInstalled, Reason: ReasonInterrupted, Runs: r.Version})
		p.keep(Record{})
		p.due = now.Add(SettleTime)
	case r.Slot == record.FromSlot:
		// The boot loader, or the trial itself, has come back.
		p.tell(News{Kind: FellBack, Version: record.ToVersion, Runs: r.Version})
		p.keep(Record{})
		p.due = now.Add(SettleTime)
	case record.Rejected:
		// Marked bad, and started all the same: the other slot can not be started
		// either. What runs is better than nothing.
		p.due = now.Add(SettleTime)
		p.keep(Record{})
	default:
		p.trial = true
		p.due = now.Add(FreshTime)
		if record.Registered {
			p.due = time.Time{}
		}
	}
	return p, p.take()
}

// Stage is how far an update is.
func (p *Plan) Stage() Stage { return p.stage }

// Deadline is when Tick is due; zero = never.
func (p *Plan) Deadline() time.Time {
	d := p.due
	if !p.counting.IsZero() {
		if t := p.counting.Add(p.patience); d.IsZero() || t.Before(d) {
			d = t
		}
	}
	return d
}

// Step takes one event and says what to do.
func (p *Plan) Step(now time.Time, e Event) []Action {
	switch e := e.(type) {
	case Line:
		p.registered = e.Registered
	case Network:
		p.network = e.Up
	case Calls:
		p.calls = e.Any
	case Ask:
		p.ask(e.Path)
	case Progress:
		p.progress(e.Percent)
	case Written:
		p.written(e.Version)
	case Failed:
		if p.stage == Installing {
			p.stage = p.settled
			p.keep(Record{})
			p.tell(News{Kind: NotInstalled, Reason: e.Reason, Runs: p.version})
		}
	case Marked:
		p.marked(now, e.Failed)
	}
	p.prove(now)
	p.leave()
	return p.take()
}

// ask begins an installation, or says why not.
func (p *Plan) ask(path string) {
	refuse := func(r Reason) { p.tell(News{Kind: NotInstalled, Reason: r, Runs: p.version}) }
	switch {
	case p.stage == Installing:
		refuse(ReasonBusy)
	case p.stage == Installed || p.stage == Leaving:
		refuse(ReasonRestart)
	case p.trial && p.stage == Proving:
		// The other slot is the way back.
		refuse(ReasonTrial)
	default:
		p.stage, p.percent = Installing, 0
		// Kept before the first byte is written, so that the owner learns of an
		// update that a power cut has ended.
		p.keep(Record{FromSlot: p.slot, FromVersion: p.version, Registered: p.registered, Boot: p.boot})
		p.tell(News{Kind: Writing, Runs: p.version})
		p.do(Install{path})
	}
}

// progress tells each further tenth.
func (p *Plan) progress(percent int) {
	if p.stage != Installing || percent < p.percent+10 || percent > 100 {
		return
	}
	p.percent = percent - percent%10
	p.tell(News{Kind: Writing, Percent: percent, Runs: p.version})
}

func (p *Plan) written(version string) {
	if p.stage != Installing {
		return
	}
	p.stage = Installed
	// A line may have registered, or been lost, while the bundle was written.
	r := p.record
	r.ToVersion, r.Registered = version, r.Registered || p.registered
	p.keep(r)
	p.tell(News{Kind: Waiting, Version: version, Runs: p.version})
}

// prove decides whether the firmware that runs stays.
func (p *Plan) prove(now time.Time) {
	// Patience runs only while there is a network: without one no firmware could
	// register.
	if !p.counting.IsZero() {
		p.patience -= now.Sub(p.counting)
		p.counting = time.Time{}
	}
	if p.settled == Settled || p.stage == Leaving || p.marking {
		return
	}
	due := !p.due.IsZero() && !now.Before(p.due)
	if !p.trial || !p.record.Registered {
		if due {
			p.mark(true)
		}
		return
	}
	switch {
	case p.registered && (p.due.IsZero() || due):
		p.mark(true)
	case p.registered: // a Mark that failed: at its time
	case p.patience <= 0:
		p.record.Rejected = true
		p.keep(p.record)
		p.tell(News{Kind: GivenUp, Version: p.version, Runs: p.record.FromVersion})
		p.leaveAfter = true
		p.mark(false)
	case p.network:
		p.counting = now
	}
}

func (p *Plan) mark(good bool) {
	p.marking, p.due = true, time.Time{}
	p.do(Mark{good})
}

func (p *Plan) marked(now time.Time, failed bool) {
	if !p.marking {
		return
	}
	p.marking = false
	switch {
	case p.leaveAfter:
		// Even when it could not be marked: the boot loader counts, too.
		p.stage = Leaving
	case failed:
		p.due = now.Add(again)
	default:
		if p.trial {
			p.tell(News{Kind: Stays, Version: p.version, Runs: p.version})
			p.trial = false
			if p.stage == Proving {
				p.keep(Record{})
			}
		}
		p.settled = Settled
		if p.stage == Proving {
			p.stage = Settled
		}
	}
}

// leave restarts the phone once, when nobody is on the phone.
func (p *Plan) leave() {
	if p.calls || p.marking {
		return
	}
	if p.stage == Installed || p.stage == Leaving && p.leaveAfter {
		p.stage, p.leaveAfter = Leaving, false
		p.do(Restart{})
	}
}

func (p *Plan) do(a Action) { p.out = append(p.out, a) }
func (p *Plan) tell(n News) { p.do(Tell{n}) }
func (p *Plan) take() []Action {
	out := p.out
	p.out = nil
	return out
}

func (p *Plan) keep(r Record) {
	p.record = r
	p.do(Save{r})
}
