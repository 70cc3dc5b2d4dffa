package watchdog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDog is a board's watchdog: it resets the board when it is hungry.
type fakeDog struct {
	mu       sync.Mutex
	timeout  time.Duration
	fed      time.Time
	feeds    int
	sick     bool
	disarmed bool
}

func (d *fakeDog) feed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sick {
		return errors.New("input/output error")
	}
	d.feeds++
	d.fed = time.Now()
	return nil
}

func (d *fakeDog) disarm() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disarmed = true
	return nil
}

func (d *fakeDog) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.feeds
}

// resets tells whether the board is reset by now.
func (d *fakeDog) resets() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.disarmed && time.Since(d.fed) > d.timeout
}

// story runs a watchdog of 30 s on virtual time and returns what it logged.
func story(t *testing.T, scene func(w *Watchdog, d *fakeDog)) string {
	t.Helper()
	var log strings.Builder
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDog{timeout: 30 * time.Second, fed: time.Now()}
		w := start(Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, d, d.timeout)
		scene(w, d)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if !d.disarmed {
			t.Error("the watchdog is armed after Close")
		}
	})
	return log.String()
}

func TestAPhoneThatAnswersIsNotReset(t *testing.T) {
	log := story(t, func(w *Watchdog, d *fakeDog) {
		asked := 0
		w.Ask("desk", 10*time.Second, func(context.Context) error {
			asked++
			return nil
		})
		loop := w.Watch("user agent", 20*time.Second)
		for range 24 * 60 * 6 {
			time.Sleep(10 * time.Second)
			loop.Alive()
			if d.resets() {
				t.Fatal("the board is reset")
			}
		}
		if perHour := d.count() / 24; perHour < 400 || perHour > 600 {
			t.Errorf("fed %d times an hour", perHour)
		}
		synctest.Wait()
		if perHour := asked / 24; perHour < 900 || perHour > 1200 {
			t.Errorf("asked %d times an hour", perHour)
		}
	})
	if log != "" {
		t.Errorf("logged %s", log)
	}
}

func TestALoopThatHangsHasTheBoardReset(t *testing.T) {
	log := story(t, func(w *Watchdog, d *fakeDog) {
		var hungAt atomic.Pointer[time.Time]
		pings := 0
		w.Ask("desk", 10*time.Second, func(ctx context.Context) error {
			if pings++; pings < 100 {
				return nil
			}
			now := time.Now()
			hungAt.Store(&now)
			<-ctx.Done() // the desk waits for something that never comes
			return ctx.Err()
		})
		w.Ask("user agent", 10*time.Second, func(context.Context) error { return nil })
		for !d.resets() {
			time.Sleep(time.Second)
		}
		// The limit since the last answer, what may lie between two looks, and the
		// timeout itself; a second for the loop above.
		if after := time.Since(*hungAt.Load()); after > 10*time.Second+d.timeout/feedsPerTimeout+d.timeout+time.Second {
			t.Errorf("the board was reset %v after the desk hung", after)
		}
	})
	if !strings.Contains(log, "part=desk") || strings.Contains(log, "user agent") || strings.Count(log, "hangs") != 1 {
		t.Errorf("logged %s", log)
	}
}

func TestALoopThatAnswersLateIsForgiven(t *testing.T) {
	log := story(t, func(w *Watchdog, d *fakeDog) {
		loop := w.Watch("media process", 10*time.Second)
		time.Sleep(26 * time.Second)
		before := d.count()
		loop.Alive()
		time.Sleep(8 * time.Second)
		if d.resets() || d.count() == before {
			t.Error("it is not fed again")
		}
	})
	if !strings.Contains(log, "hangs") || !strings.Contains(log, "answers again\" part=\"media process\"") {
		t.Errorf("logged %s", log)
	}
}

func TestAPingThatFailsIsNoAnswer(t *testing.T) {
	log := story(t, func(w *Watchdog, d *fakeDog) {
		l := w.Ask("media process", 10*time.Second, func(context.Context) error { return errors.New("no such process") })
		time.Sleep(50 * time.Second)
		if !d.resets() {
			t.Error("the board is not reset")
		}
		l.Done()
		time.Sleep(10 * time.Second)
		if d.resets() {
			t.Error("a loop that ended in order has the board reset")
		}
	})
	if strings.Count(log, "hangs") != 1 {
		t.Errorf("logged %s", log)
	}
}

// TestEveryPingOfALoopIsOne sees that a loop that hangs is not asked again and
// again, so that questions do not pile up.
func TestEveryPingOfALoopIsOne(t *testing.T) {
	story(t, func(w *Watchdog, d *fakeDog) {
		asked := 0
		w.Ask("desk", time.Second, func(ctx context.Context) error {
			asked++
			<-ctx.Done()
			return ctx.Err()
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestADeviceThatIsSickIsLoggedOnce(t *testing.T) {
	log := story(t, func(w *Watchdog, d *fakeDog) {
		time.Sleep(time.Second)
		d.mu.Lock()
		d.sick = true
		d.mu.Unlock()
		time.Sleep(time.Hour)
		d.mu.Lock()
		d.sick = false
		d.mu.Unlock()
		time.Sleep(time.Minute)
	})
	if strings.Count(log, "input/output error") != 1 || strings.Count(log, "takes its food again") != 1 {
		t.Errorf("logged %s", log)
	}
}

// TestTheFileOfAWatchdog uses a plain file as the device: it is fed at once, and
// the last thing it is told is 'V'.
func TestTheFileOfAWatchdog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchdog")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	w := Open(Options{Device: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if told, _ := os.ReadFile(path); string(told) != ".V" {
		t.Errorf("the device was told %q", told)
	}
	// A plain file has no timeout to set; that is told and goes on.
	if !strings.Contains(log.String(), "set the watchdog's timeout") || !strings.Contains(log.String(), "timeout=30s") {
		t.Errorf("logged %s", log.String())
	}
}

func TestABoardWithoutAWatchdog(t *testing.T) {
	for _, device := range []string{"", filepath.Join(t.TempDir(), "none")} {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			w := Open(Options{Device: device, Timeout: time.Minute, Log: slog.New(slog.NewTextHandler(&log, nil))})
			w.Watch("desk", 10*time.Second)
			time.Sleep(time.Minute)
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			if missing := strings.Contains(log.String(), "no such file"); missing != (device != "") {
				t.Errorf("logged %s", log.String())
			}
			if !strings.Contains(log.String(), "part=desk") {
				t.Errorf("a loop that hangs is not logged: %s", log.String())
			}
		})
	}
}

// TestKeeper is the decision alone, as a table over one minute.
func TestKeeper(t *testing.T) {
	t0 := time.Unix(1e9, 0)
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	var k keeper
	a := k.watch(at(0), "a", 10*time.Second)
	b := k.watch(at(0), "b", 20*time.Second)
	for _, c := range []struct {
		second int
		alive  []*watched
		want   string
	}{
		{0, nil, "{true [] []}"},
		{10, nil, "{true [] []}"}, // the limit itself is in time
		{11, nil, "{false [{a 11000000000}] []}"},
		{12, nil, "{false [] []}"}, // told once
		{21, nil, "{false [{b 21000000000}] []}"},
		{22, []*watched{a}, "{false [] [a]}"},
		{23, []*watched{b}, "{true [] [b]}"},
		{33, nil, "{false [{a 11000000000}] []}"},
		{34, []*watched{a}, "{true [] [a]}"},
	} {
		for _, w := range c.alive {
			w.last = at(c.second)
		}
		if got := fmt.Sprint(k.step(at(c.second))); got != c.want {
			t.Errorf("second %d: %s, want %s", c.second, got, c.want)
		}
	}
	k.forget(a)
	k.forget(b)
	k.forget(a)
	if got := fmt.Sprint(k.step(at(1000))); got != "{true [] []}" {
		t.Errorf("with no loop: %s", got)
	}
}
