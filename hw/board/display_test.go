package board

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
)

// told keeps what a part says of itself.
type told struct {
	mu   sync.Mutex
	text []string
}

func (t *told) fault(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text)
}

func (t *told) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) == 0 {
		return "nothing"
	}
	return t.text[len(t.text)-1]
}

// later is a while later on the clock of a synctest bubble.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A display that is plugged in late shows what it missed, and the phone's owner
// is told before and after.
func TestADisplayThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var say told
		var there atomic.Bool
		g := &glass{}
		l := startLate(say.fault, func() (display, error) {
			if !there.Load() {
				return nil, errors.New("no /dev/fb0")
			}
			return g, nil
		})
		defer func() { _ = l.Close() }()
		if say.last() != "The display does not work (no /dev/fb0)." {
			t.Errorf("told %q", say.last())
		}
		_ = l.Show(hw.Screen{Title: "one"})
		_ = l.Show(hw.Screen{Title: "two", Rows: []hw.Row{{Text: "row"}}})
		l.Wake()
		later(3 * displayRetry)
		if s := g.now(); s.Title != "" {
			t.Fatalf("shows %q", s.Title)
		}
		there.Store(true)
		later(2 * displayRetry)
		if s := g.now(); s.Title != "two" || say.last() != "" {
			t.Errorf("shows %q, told %q", s.Title, say.last())
		}
		_ = l.Show(hw.Screen{Title: "three"})
		l.Wake()
		if s := g.now(); s.Title != "three" || g.woken != 1 {
			t.Errorf("shows %q, woken %d times", s.Title, g.woken)
		}
	})
}

// A phone ends while its display is still looked for.
func TestADisplayThatNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startLate(func(string) {}, func() (display, error) { return nil, errors.New("none") })
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Show(hw.Screen{}); !errors.Is(err, ErrClosed) {
			t.Errorf("a closed display shows: %v", err)
		}
	})
}

// What is wrong with finding the display and with drawing on it is told
// together: the one never hides the other.
func TestTwoVoices(t *testing.T) {
	var say told
	one, other := twoVoices(say.fault)
	one("a")
	other("b")
	one("")
	other("")
	if got := strings.Join(say.text, ","); got != "a,a. b,b," {
		t.Errorf("told %q", got)
	}
}

// A board whose display and codec are not there rings all the same: every real
// part but the keys, on a machine without any.
func TestRealPartsThatAreMissing(t *testing.T) {
	c, err := Load("h3-maker")
	if err != nil {
		t.Fatal(err)
	}
	c.Display.Device, c.Display.DataLine = "/dev/spidev99.0", "NO_SUCH_LINE"
	c.Codec = Codec{Kind: "wm8960", Bus: "no such bus", Address: 0x1a, MCLKHz: 12288000, RateHz: 48000}
	path := Path{Mouth: "linput1", Ear: "headphone"}
	c.Codec.Handset, c.Codec.Speaker, c.Codec.Headset = path, path, path
	hand := &bench{}
	m := realMakers(Options{})
	m.panel = func(Config) (panel, error) { return hand.panel(), nil }
	b, err := open(c, m)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	for {
		in := next(t, b)
		if in.Kind != hw.Fault {
			t.Fatalf("%+v", in)
		}
		if strings.Contains(in.Text, "NO_SUCH_LINE") && strings.Contains(in.Text, "no such bus") {
			break
		}
	}
	hand.Tap(hw.Key1)
	if in := next(t, b); in.Kind != hw.Press || in.Key != hw.Key1 {
		t.Errorf("%+v", in)
	}
}

// The framebuffer's device is a file that is no framebuffer: told, not fatal.
func TestAFramebufferThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fb0")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var say told
	d, err := openDisplay(Config{Display: Display{Kind: "framebuffer", Device: path}}, say.fault)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(say.last(), path) {
		t.Errorf("told %q", say.last())
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if d, err := openDisplay(Config{Display: Display{Kind: "none"}}, say.fault); d != nil || err != nil {
		t.Errorf("%v, %v", d, err)
	}
}
