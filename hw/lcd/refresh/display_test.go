package refresh

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
	"phoned/hw/lcd"
	"phoned/hw/lcd/lcdtest"
)

// defect is why a part does not work, until it is mended.
type defect struct {
	mu  sync.Mutex
	err error
}

func (d *defect) mend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = nil
}

func (d *defect) why() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// glass is a panel that keeps what was drawn and when.
type glass struct {
	defect
	lock   sync.Mutex
	drawn  []time.Time
	last   *image.Paletted
	closed bool
}

func (g *glass) Draw(p *image.Paletted) error {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.drawn = append(g.drawn, time.Now())
	if err := g.why(); err != nil {
		return err
	}
	g.last = &image.Paletted{Pix: slices.Clone(p.Pix), Stride: p.Stride, Rect: p.Rect, Palette: p.Palette}
	return nil
}

func (g *glass) Close() error {
	g.closed = true
	return nil
}

func (g *glass) shows(t *testing.T, s hw.Screen, page int) {
	t.Helper()
	synctest.Wait()
	g.lock.Lock()
	defer g.lock.Unlock()
	if !lcdtest.Same(g.last, lcd.NewPainter(lcd.Mono128x64).Paint(s, page)) {
		t.Errorf("the glass does not show page %d of %q", page, s.Title)
	}
}

// redraws are the times when something was drawn.
func (g *glass) redraws() []time.Time {
	synctest.Wait()
	g.lock.Lock()
	defer g.lock.Unlock()
	return slices.Clone(g.drawn)
}

// lamp is a light behind the glass.
type lamp struct {
	defect
	said  []string
	start time.Time
}

func (l *lamp) light(on bool) error {
	l.said = append(l.said, fmt.Sprint(time.Since(l.start).Round(time.Second), " ", on))
	return l.why()
}

func start(g *glass, cfg Config) *Display {
	return Start(g, lcd.NewPainter(lcd.Mono128x64), cfg)
}

func end(t *testing.T, d *Display) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// A burst of screens is one redraw every 100 ms, and the last one stays.
func TestLatestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &glass{}
		d := start(g, Config{})
		screen := hw.Screen{Title: "Dial"}
		for i := range 1000 {
			screen.Big = fmt.Sprint(i)
			if err := d.Show(screen); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(interval)
		g.shows(t, screen, 0)
		drawn := g.redraws()
		if n := len(drawn); n < 10 || n > 12 {
			t.Errorf("1000 screens in a second were drawn %d times", n)
		}
		for i := 1; i < len(drawn); i++ {
			if pause := drawn[i].Sub(drawn[i-1]); pause < interval {
				t.Errorf("redrawn after %v", pause)
			}
		}
		for range 5 {
			if err := d.Show(screen); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if len(g.redraws()) != len(drawn) {
			t.Error("the same screen was drawn again")
		}
		end(t, d)
		if err := d.Show(screen); !errors.Is(err, ErrClosed) || !g.closed {
			t.Errorf("after Close: %v, panel closed %v", err, g.closed)
		}
		if err := d.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
}

// The caller may use the rows of its screen again.
func TestRowsAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &glass{}
		d := start(g, Config{})
		time.Sleep(interval / 2) // the empty screen was drawn
		rows := []hw.Row{{Text: "Line 1: Registered"}}
		if err := d.Show(hw.Screen{Title: "Ready", Rows: rows}); err != nil {
			t.Fatal(err)
		}
		rows[0].Text = "another"
		time.Sleep(interval)
		g.shows(t, hw.Screen{Title: "Ready", Rows: []hw.Row{{Text: "Line 1: Registered"}}}, 0)
		end(t, d)
	})
}

// What does not fit comes page by page, and another matter begins on its first.
func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &glass{}
		d := start(g, Config{})
		long := hw.Screen{Title: "Ready"}
		for i := range 5 {
			long.Rows = append(long.Rows, hw.Row{Text: fmt.Sprintf("Line %d: Registered", i)})
		}
		page := func(want int) {
			t.Helper()
			g.shows(t, long, want)
		}
		time.Sleep(interval)
		if err := d.Show(long); err != nil {
			t.Fatal(err)
		}
		page(0)
		time.Sleep(pageTime)
		page(1)
		time.Sleep(pageTime)
		page(0)
		time.Sleep(pageTime)
		page(1)
		// The seconds run on within the page.
		long.Rows[3].Text = "Line 3: To Server 2 in 4 s"
		if err := d.Show(long); err != nil {
			t.Fatal(err)
		}
		time.Sleep(interval)
		page(1)
		long.Title = "No network"
		if err := d.Show(long); err != nil {
			t.Fatal(err)
		}
		time.Sleep(interval)
		page(0)
		end(t, d)
	})
}

// A display that fails is told once, tried again, and told when it is well.
func TestFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &glass{defect: defect{err: errors.New("no such device")}}
		l := &lamp{start: time.Now(), defect: defect{err: errors.New("permission denied")}}
		var told []string
		d := start(g, Config{Light: l.light, LightOff: time.Hour, Fault: func(text string) { told = append(told, text) }})
		for i := range 20 {
			if err := d.Show(hw.Screen{Title: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if n := len(g.redraws()); n < 3 || n > 5 {
			t.Errorf("drawn %d times in 20 s of failure", n)
		}
		g.mend()
		time.Sleep(retryTime)
		synctest.Wait()
		want := []string{
			"The light of the display does not work (permission denied).",
			"The display does not work (no such device).",
			"The light of the display does not work (permission denied).",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
		l.mend()
		end(t, d)
	})
}

// The light goes off when nobody uses the phone; a key and another matter turn
// it on, the running clock and the countdown of a dead server do not.
func TestLight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := &glass{}, &lamp{start: time.Now()}
		d := start(g, Config{Light: l.light, LightOff: 30 * time.Second})
		screen := hw.Screen{Title: "Ready", Time: "14:02"}
		show := func() {
			t.Helper()
			if err := d.Show(screen); err != nil {
				t.Fatal(err)
			}
		}
		show()
		for i := range 60 {
			time.Sleep(time.Second)
			screen.Time, screen.Rows = fmt.Sprint("14:", i), []hw.Row{{Text: fmt.Sprint("next attempt in ", 60-i)}}
			show()
		}
		d.Wake() // 60 s
		time.Sleep(20 * time.Second)
		d.Wake() // 80 s
		time.Sleep(40 * time.Second)
		screen.Title = "Incoming call" // 120 s
		show()
		time.Sleep(time.Second)
		end(t, d)
		want := []string{"0s true", "30s false", "1m0s true", "1m50s false", "2m0s true", "2m1s false"}
		if !slices.Equal(l.said, want) {
			t.Errorf("the light: %q", l.said)
		}
	})
}

// Without a time the light stays on.
func TestLightStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := &glass{}, &lamp{start: time.Now()}
		d := start(g, Config{Light: l.light})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if want := []string{"0s true"}; !slices.Equal(l.said, want) {
			t.Errorf("the light: %q", l.said)
		}
		end(t, d)
	})
}
