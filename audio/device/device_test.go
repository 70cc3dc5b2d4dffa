package device

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/audio"
	"phoned/audio/alsa"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]Name{
		"":                          {Kind: "null"},
		"null":                      {Kind: "null"},
		"null:rate=8000":            {Kind: "null", Rate: 8000},
		"echo":                      {Kind: "echo"},
		"wav:mouth=a.wav,ear=b.wav": {Kind: "wav", Mouth: "a.wav", Ear: "b.wav"},
		"wav:ear=/x/y=z.wav,once":   {Kind: "wav", Ear: "/x/y=z.wav", Once: true},
		"alsa:card=1,rate=48000":    {Kind: "alsa", Rate: 16000, Card: alsa.Config{Play: alsa.PCM{Card: "1"}, Capture: alsa.PCM{Card: "1"}, Rate: 48000}},
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"oss":             `sound device "oss": there is null, echo, wav and alsa`,
		"alsa:hw:0":       `sound device "alsa:hw:0": "hw:0" is not understood`,
		"wav":             `it needs mouth=FILE or ear=FILE`,
		"wav:mouth=":      `"mouth=" is not understood`,
		"null:mouth=x":    `"mouth=x" is not understood`,
		"echo:rate=44100": `the rate is 8000 or 16000, not "44100"`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", text, err, want)
		}
	}
}

func open(t *testing.T, name string, resume bool) audio.Device {
	t.Helper()
	d, err := Open(name, resume)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// periods takes all periods that are due.
func periods(t *testing.T, d audio.Device, now time.Duration) (n int) {
	t.Helper()
	f := make([]int16, d.Rate()/100)
	for {
		ok, err := d.Capture(now, f)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return n
		}
		if err := d.Play(f); err != nil {
			t.Fatal(err)
		}
		n++
	}
}

func TestTheClock(t *testing.T) {
	for _, name := range []string{"null", "echo", "wav:ear=" + filepath.Join(t.TempDir(), "e.wav")} {
		d := open(t, name, false)
		if periods(t, d, time.Hour) != 0 {
			t.Errorf("%s runs before it is started", name)
		}
		_ = d.Start(time.Hour)
		if fd, _, at := d.Wait(); fd >= 0 || at != time.Hour+audio.Period {
			t.Errorf("%s: first period at %v", name, at)
		}
		n := 0
		for i := 1; i <= 100; i++ { // woken at odd times
			n += periods(t, d, time.Hour+time.Duration(i)*7*time.Millisecond)
		}
		if n != 70 {
			t.Errorf("%s: %d periods in 700 ms", name, n)
		}
		if got := periods(t, d, time.Hour+760*time.Millisecond); got != 6 {
			t.Errorf("%s: %d periods after a late thread, want 6", name, got)
		}
		if got := periods(t, d, time.Hour+10*time.Second); got != 1 {
			t.Errorf("%s: %d periods after a long sleep, want 1", name, got)
		}
		d.Stop()
		if periods(t, d, 2*time.Hour) != 0 {
			t.Errorf("%s runs after it was stopped", name)
		}
	}
}

func TestEcho(t *testing.T) {
	d := open(t, "echo:rate=8000", false)
	_ = d.Start(0)
	m := make([]int16, 80)
	for i := 1; i <= 30; i++ {
		if ok, _ := d.Capture(time.Duration(i)*audio.Period, m); !ok {
			t.Fatal("not due")
		}
		if want := int16(max(0, i-echoDelay)); m[7] != want {
			t.Fatalf("period %d hears %d, want %d", i, m[7], want)
		}
		ear := make([]int16, 80)
		for k := range ear {
			ear[k] = int16(i)
		}
		_ = d.Play(ear)
	}
}

// write makes a WAV file whose samples count from 1.
func write(t *testing.T, path string, rate, n, channels int) {
	t.Helper()
	h := header(rate, n*channels)
	binary.LittleEndian.PutUint16(h[22:], uint16(channels))
	b := bytes.NewBuffer(h[:])
	for i := range n {
		for c := range channels {
			binary.Write(b, binary.LittleEndian, int16((i+1)*(1-2*c)))
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheMouth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.wav")
	write(t, path, 8000, 200, 2)
	for _, once := range []bool{false, true} {
		name := "wav:mouth=" + path
		if once {
			name += ",once"
		}
		d := open(t, name, false)
		if d.Rate() != 8000 {
			t.Fatalf("rate %d", d.Rate())
		}
		_ = d.Start(0)
		m := make([]int16, 80)
		if ok, _ := d.Capture(10*time.Millisecond, nil); !ok {
			t.Fatal("not due")
		}
		var said []int16
		for i := 2; i < 7; i++ {
			_, _ = d.Capture(time.Duration(i)*audio.Period, m)
			said = append(said, m...)
		}
		for i, v := range said {
			want := int16(i%200 + 1)
			if once && i >= 200 {
				want = 0
			}
			if v != want {
				t.Fatalf("once %v: sample %d is %d, want %d", once, i, v, want)
			}
		}
	}
	write(t, path, 48000, 4800, 1)
	if d := open(t, "wav:mouth="+path, false); d.Rate() != 16000 {
		t.Errorf("a file of 48000 Hz is said at %d", d.Rate())
	}
}

func TestBadMouths(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.wav")
	for content, want := range map[string]string{
		"":                           "it is no WAV file",
		"hello, world, this is text": "it is no WAV file",
		"RIFF\x00\x00\x00\x00WAVE":   "it holds no samples",
		"RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00xx":               "before their format",
		"RIFF\x00\x00\x00\x00WAVEfmt \x04\x00\x00\x00\x01\x00\x01\x00": "cut short",
	} {
		os.WriteFile(path, []byte(content), 0o600)
		if _, err := Open("wav:mouth="+path, false); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	write(t, path, 44100, 10, 1)
	if _, err := Open("wav:mouth="+path, false); err == nil || !strings.Contains(err.Error(), "44100 samples a second") {
		t.Errorf("44100 Hz: %v", err)
	}
	if _, err := Open("wav:mouth="+filepath.Join(dir, "none"), false); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := Open("wav:ear="+filepath.Join(dir, "no", "e.wav"), false); err == nil {
		t.Error("a folder that is not there")
	}
}

// The ear's file can be read at every moment, also if nobody closes it, and a
// device that resumes goes on with it.
func TestTheEar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "e.wav")
	length := func() int {
		s, rate, err := readWAV(path)
		if err != nil || rate != 16000 {
			t.Fatalf("the file can not be read: %v, %d Hz", err, rate)
		}
		return len(s)
	}
	for turn, resume := range []bool{false, true, false} {
		d, err := Open("wav:ear="+path, resume)
		if err != nil {
			t.Fatal(err)
		}
		before := length()
		_ = d.Start(0)
		f := make([]int16, 160)
		for i := range 100 {
			_ = d.Play(f)
			if got := length() - before; got < i*160-1600 || got > (i+1)*160 {
				t.Fatalf("turn %d: %d samples in the file after %d periods", turn, got, i+1)
			}
		}
		// Nobody closes it.
	}
	if length() != 16000 {
		t.Errorf("%d samples after a fresh start of a second", length())
	}
}

func TestNothingAllocates(t *testing.T) {
	dir := t.TempDir()
	mouth := filepath.Join(dir, "m.wav")
	write(t, mouth, 16000, 1000, 1)
	for _, name := range []string{"null", "echo", "wav:mouth=" + mouth + ",ear=" + filepath.Join(dir, "e.wav")} {
		d := open(t, name, false)
		_ = d.Start(0)
		f := make([]int16, 160)
		now := time.Duration(0)
		if n := testing.AllocsPerRun(200, func() {
			now += audio.Period
			if ok, _ := d.Capture(now, f); ok {
				_ = d.Play(f)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a period", name, n)
		}
	}
}

func FuzzWAV(f *testing.F) {
	h := header(8000, 2)
	f.Add(append(h[:], 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rate, err := parseWAV(b)
		if err == nil && (rate != 8000 && rate != 16000 || len(s) > len(b)) {
			t.Errorf("%d samples at %d Hz", len(s), rate)
		}
	})
}
