package update

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// A Service writes slots and marks them: RAUC.
type Service interface {
	Running(ctx context.Context) (slot string, writing bool, err error)
	Install(ctx context.Context, path string, progress func(percent int)) (version string, err error)
	Follow(ctx context.Context, progress func(percent int)) error
	Mark(ctx context.Context, good bool) error
}

// Config is what New needs.
type Config struct {
	Service Service
	Dir     string // where the record is kept
	Version string // of the firmware that runs
	// Tell tells the owner, Restart restarts the phone; neither may wait.
	Tell    func(News)
	Restart func()
	Log     *slog.Logger
}

// An Updater carries out what a Plan decides. Its methods may be called from
// any goroutine and never wait.
type Updater struct {
	cfg  Config
	wake chan struct{} // holds a token while there is something to look at

	mu    sync.Mutex
	state State
	path  string // of the bundle that was asked for last; "" = none
}

// A State is what the updater must know of the phone.
type State struct {
	Registered bool // any line is
	Network    bool
	Calls      bool // any call is up, rings or is dialled
}

// New makes an updater; nothing happens before Run.
func New(cfg Config) *Updater {
	return &Updater{cfg: cfg, wake: make(chan struct{}, 1)}
}

// See tells how the phone is, on every change.
func (u *Updater) See(s State) {
	u.mu.Lock()
	u.state = s
	u.mu.Unlock()
	u.rouse()
}

// Install asks for the installation of a bundle; how that goes is told.
func (u *Updater) Install(path string) {
	u.mu.Lock()
	u.path = path
	u.mu.Unlock()
	u.rouse()
}

func (u *Updater) rouse() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// news are the events since the last look.
func (u *Updater) news(known *State) (all []Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state.Network != known.Network {
		all = append(all, Network{u.state.Network})
	}
	if u.state.Registered != known.Registered {
		all = append(all, Line{u.state.Registered})
	}
	if u.state.Calls != known.Calls {
		all = append(all, Calls{u.state.Calls})
	}
	*known = u.state
	if u.path != "" {
		all = append(all, Ask{u.path})
		u.path = ""
	}
	return all
}

// reachEvery is how often the service is looked for at the start.
const reachEvery = 5 * time.Second

// Run works until ctx ends, and leaves an installation that is under way to
// the service, which goes on by itself.
func (u *Updater) Run(ctx context.Context) error {
	slot, writing, ok := u.reach(ctx)
	if !ok {
		return nil
	}
	record, err := load(u.cfg.Dir)
	if err != nil {
		u.cfg.Log.Warn("firmware update", "error", err)
	}
	plan, actions := Start(time.Now(), Running{Slot: slot, Version: u.cfg.Version, Boot: bootID(), Writing: writing}, record)
	u.cfg.Log.Info("firmware", "slot", slot, "version", u.cfg.Version, "state", plan.Stage())
	w := worker{updater: u, done: make(chan Event)}
	defer w.busy.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if plan.Stage() == Installing {
		w.follow(ctx)
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var known State
	u.rouse()
	for {
		for _, a := range actions {
			u.act(ctx, &w, a)
		}
		if d := plan.Deadline(); !d.IsZero() {
			timer.Reset(max(0, time.Until(d)))
		} else {
			timer.Stop()
		}
		var events []Event
		select {
		case <-ctx.Done():
			return nil
		case <-u.wake:
			events = u.news(&known)
		case e := <-w.done:
			events = []Event{e}
		case <-timer.C:
			events = []Event{Tick{}}
		}
		actions = nil
		for _, e := range events {
			actions = append(actions, plan.Step(time.Now(), e)...)
		}
	}
}

// reach waits for the service. A phone without one (its firmware was not
// installed as an image) keeps asking, seldom. Who wants to install something has
// it asked at once: the service may have come since.
func (u *Updater) reach(ctx context.Context) (slot string, writing, ok bool) {
	wait := reachEvery
	for told := false; ; {
		slot, writing, err := u.cfg.Service.Running(ctx)
		if err == nil && slot != "" {
			return slot, writing, true
		}
		if err == nil {
			err = errors.New("the update service does not know which slot runs")
		}
		if !told {
			u.cfg.Log.Info("firmware updates wait for their service", "error", err)
			told = true
		}
		if u.forget() {
			u.cfg.Tell(News{Kind: NotInstalled, Reason: ReasonNoService, Runs: u.cfg.Version})
		}
		timer := time.NewTimer(wait)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				timer.Stop()
				return "", false, false
			case <-u.wake:
				waiting = !u.asked()
			case <-timer.C:
				wait = min(2*wait, 10*time.Minute)
				waiting = false
			}
		}
		timer.Stop()
	}
}

// act carries out one action.
func (u *Updater) act(ctx context.Context, w *worker, a Action) {
	switch a := a.(type) {
	case Install:
		u.cfg.Log.Info("firmware update begins", "bundle", a.Path)
		w.install(ctx, a.Path)
	case Mark:
		w.mark(ctx, a.Good)
	case Save:
		if err := save(u.cfg.Dir, a.Record); err != nil {
			u.cfg.Log.Error("firmware update", "error", err)
		}
	case Restart:
		u.cfg.Log.Info("the phone restarts for its firmware")
		u.cfg.Restart()
	case Tell:
		u.cfg.Tell(a.News)
	}
}

// asked tells whether an installation is wished for.
func (u *Updater) asked() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.path != ""
}

// forget drops a wish that can not be carried out; false = there is none.
func (u *Updater) forget() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	asked := u.path != ""
	u.path = ""
	return asked
}

// A worker waits for the service on goroutines of its own; the plan has at
// most one installation and one mark under way.
type worker struct {
	updater *Updater
	done    chan Event
	busy    sync.WaitGroup
}

func (w *worker) run(ctx context.Context, work func() Event) {
	w.busy.Go(func() {
		select {
		case w.done <- work():
		case <-ctx.Done():
		}
	})
}

func (w *worker) progress(ctx context.Context) func(int) {
	return func(percent int) {
		select {
		case w.done <- Progress{percent}:
		case <-ctx.Done():
		}
	}
}

func (w *worker) install(ctx context.Context, path string) {
	w.run(ctx, func() Event {
		version, err := w.updater.cfg.Service.Install(ctx, path, w.progress(ctx))
		return w.ended(version, err)
	})
}

func (w *worker) follow(ctx context.Context) {
	w.run(ctx, func() Event {
		return w.ended("", w.updater.cfg.Service.Follow(ctx, w.progress(ctx)))
	})
}

// ended is how an installation ended.
func (w *worker) ended(version string, err error) Event {
	if err == nil {
		if version == "" {
			version = "unknown" // written for a phoned that crashed meanwhile
		}
		w.updater.cfg.Log.Info("firmware is installed", "version", version)
		return Written{version}
	}
	w.updater.cfg.Log.Error("firmware is not installed", "error", err)
	reason := ReasonWrite
	var known *InstallError
	if errors.As(err, &known) {
		reason = known.Reason
	}
	return Failed{reason}
}

func (w *worker) mark(ctx context.Context, good bool) {
	w.run(ctx, func() Event {
		err := w.updater.cfg.Service.Mark(ctx, good)
		if err != nil {
			w.updater.cfg.Log.Error("firmware", "error", err)
		} else {
			w.updater.cfg.Log.Info("firmware is marked", "good", good)
		}
		return Marked{err != nil}
	})
}

// bootID is the kernel's name of this start; "" where there is none.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
