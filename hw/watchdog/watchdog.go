package watchdog

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Options of a watchdog.
type Options struct {
	Device  string        // "/dev/watchdog"; "" = the board has none
	Timeout time.Duration // the board is reset that long after the last feed; whole seconds; 0 = 30 s
	Log     *slog.Logger  // nil = the default one
}

// defaultTimeout leaves a slow start of the phone's time.
const defaultTimeout = 30 * time.Second

// feedsPerTimeout leaves room for feeds that come late.
const feedsPerTimeout = 4

// A Watchdog feeds one device. Its methods may be called from any goroutine.
type Watchdog struct {
	log    *slog.Logger
	device device // nil: there is none
	every  time.Duration
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu     sync.Mutex
	keeper keeper
}

// device is an open /dev/watchdog.
type device interface {
	feed() error
	// disarm tells the device that it need not reset the board, and closes it.
	disarm() error
}

// Open opens the device and feeds it from now on, until Close. A board without
// one, or one that does not open, is no error: it is logged, and the loops are
// watched all the same, for the log.
//
// What resets the board is the kernel or the chip: also when this process dies.
func Open(o Options) *Watchdog {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Device == "" {
		return start(o, nil, o.Timeout)
	}
	d, timeout, err := openDevice(o.Device, o.Timeout, o.Log)
	if err != nil {
		o.Log.Warn("the board has no watchdog: a phone that hangs stays so", "error", err)
		return start(o, nil, o.Timeout)
	}
	o.Log.Info("the watchdog is fed while the phone answers", "device", o.Device, "timeout", timeout)
	return start(o, d, timeout)
}

func start(o Options, d device, timeout time.Duration) *Watchdog {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watchdog{log: o.Log, device: d, every: timeout / feedsPerTimeout, ctx: ctx, cancel: cancel}
	w.group.Go(w.run)
	return w
}

// A Loop is one of those that must answer.
type Loop struct {
	w  *Watchdog
	it *watched
}

// Watch wants a sign of life from a loop at least every limit, from now on.
func (w *Watchdog) Watch(name string, limit time.Duration) *Loop {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &Loop{w, w.keeper.watch(time.Now(), name, limit)}
}

// Alive is a loop's sign of life. It costs next to nothing.
func (l *Loop) Alive() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.it.last = time.Now()
}

// Done says that the loop ended in order: nothing is expected of it any more.
func (l *Loop) Done() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.keeper.forget(l.it)
}

// Ask asks a loop again and again and wants each answer within limit. ping puts
// a question to the loop and returns when it has been answered; it runs on a
// goroutine of the watchdog's, one at a time, and returns at the latest when ctx
// ends, which it does with the watchdog. An error is no answer.
//
// After the loop's Done its answers count for nothing.
func (w *Watchdog) Ask(name string, limit time.Duration, ping func(ctx context.Context) error) *Loop {
	l := w.Watch(name, limit)
	w.group.Go(func() {
		// Asked three times within the limit, a loop may miss one.
		t := time.NewTicker(max(limit/3, time.Millisecond))
		defer t.Stop()
		for {
			if ping(w.ctx) == nil {
				l.Alive()
			}
			select {
			case <-t.C:
			case <-w.ctx.Done():
				return
			}
		}
	})
	return l
}

// run feeds while all answer.
func (w *Watchdog) run() {
	t := time.NewTicker(w.every)
	defer t.Stop()
	ill := false // the device does not take its food; it was logged
	for {
		if w.judge() && w.device != nil {
			err := w.device.feed()
			if (err != nil) != ill {
				ill = err != nil
				if ill {
					w.log.Error("feed the watchdog: the board may be reset", "error", err)
				} else {
					w.log.Info("the watchdog takes its food again")
				}
			}
		}
		select {
		case <-t.C:
		case <-w.ctx.Done():
			return
		}
	}
}

// judge logs what is new and tells whether to feed.
func (w *Watchdog) judge() bool {
	w.mu.Lock()
	v := w.keeper.step(time.Now())
	w.mu.Unlock()
	for _, l := range v.hung {
		w.log.Error("a part of the phone hangs; the watchdog is not fed", "part", l.name, "silent", l.since.Round(time.Millisecond))
	}
	for _, name := range v.answers {
		w.log.Warn("a part of the phone answers again", "part", name)
	}
	return v.feed
}

// Close ends the feeding in order: the device is told that it need not reset the
// board. It waits for the pings that are under way.
func (w *Watchdog) Close() error {
	w.cancel()
	w.group.Wait()
	if w.device == nil {
		return nil
	}
	d := w.device
	w.device = nil // a second Close does nothing
	return d.disarm()
}
