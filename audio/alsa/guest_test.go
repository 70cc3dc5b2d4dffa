package alsa

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests of this file drive the ALSA of a real kernel, in a virtual machine
// that has the module snd-aloop, or an AC97 card, or both. They run where
// HANDSET is emulated:
//
//	GOARCH=arm go test -c ./audio/alsa
//	HANDSET=emulated ./alsa.test -test.v -test.run Guest
//
// What is played on device 0 of snd-aloop is recorded on its device 1, and the
// other way round, sample by sample.

// guest skips a test that needs a card of this id.
func guest(t *testing.T, id string) {
	t.Helper()
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -sound -virtual PACKAGE runs it on the emulated board")
	}
	if _, err := cardNumber(linux{}, id); err != nil {
		t.Skip(err)
	}
}

// anyCard is the id of the first card whose name has a word, or the empty one.
func anyCard(word string) string {
	b, _ := os.ReadFile("/proc/asound/cards")
	for _, line := range strings.Split(string(b), "\n") {
		if _, rest, ok := strings.Cut(line, "["); ok && strings.Contains(line, word) {
			id, _, _ := strings.Cut(rest, "]")
			return strings.TrimSpace(id)
		}
	}
	return ""
}

// An end is one device on a real card, as the media process drives it.
type end struct {
	*Device
	mouth []int16 // all that was heard
	ear   func(period []int16)
	n     int
}

func openEnd(t *testing.T, text string) *end {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	t.Log(d)
	return &end{Device: d, ear: func([]int16) {}, mouth: make([]int16, 0, 1<<20)}
}

// clockNow is the monotonic time.
func clockNow() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Duration(ts.Nano())
}

// converse drives all ends for a time, with one poll as the media process does.
func converse(t *testing.T, long time.Duration, ends ...*end) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 50}
	if unix.SchedSetAttr(0, &attr, 0) == nil {
		defer func() { _ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0) }()
	}
	for _, e := range ends {
		if err := e.Start(clockNow()); err != nil {
			t.Fatal(err)
		}
	}
	fds := make([]unix.PollFd, len(ends))
	for end := clockNow() + long; clockNow() < end; {
		until := end
		for i, e := range ends {
			fd, events, deadline := e.Wait()
			fds[i] = unix.PollFd{Fd: int32(fd), Events: events}
			until = min(until, deadline)
		}
		ts := unix.NsecToTimespec(int64(max(0, until-clockNow())))
		_, _ = unix.Ppoll(fds, &ts, nil)
		for _, e := range ends {
			if err := e.turn(clockNow()); err != nil {
				t.Fatalf("%v, %+v", err, e.Counts())
			}
		}
	}
}

func (e *end) turn(now time.Duration) error {
	for range 8 {
		at := len(e.mouth)
		e.mouth = append(e.mouth, make([]int16, e.Rate()/100)...)
		ok, err := e.Capture(now, e.mouth[at:])
		if !ok || err != nil {
			e.mouth = e.mouth[:at]
			return err
		}
		e.n++
		var ear [160]int16
		e.ear(ear[:e.Rate()/100])
		if err := e.Play(ear[:e.Rate()/100]); err != nil {
			return err
		}
	}
	return nil
}

// counting makes an ear that counts from 1 to 30000 and again.
func counting() func([]int16) {
	n := int16(0)
	return func(p []int16) {
		for i := range p {
			n = n%30000 + 1
			p[i] = n
		}
	}
}

// breaks finds where a count that was heard does not go on, silence before it
// aside, and how many samples were heard.
func breaks(mouth []int16) (at []int, heard int) {
	for i, v := range mouth {
		if v != 0 {
			heard++
		}
		if i > 0 && v != mouth[i-1]%30000+1 && (v != 0 || mouth[i-1] != 0) && mouth[i-1] != 0 {
			at = append(at, i)
		}
	}
	return at, heard
}

// Both ways at once, for five seconds, not a sample is lost.
func TestGuestSampleBySample(t *testing.T) {
	guest(t, "Loopback")
	for _, text := range []string{"rate=8000", "rate=16000", "rate=16000,channels=2", "rate=8000,periods=3"} {
		t.Run(text, func(t *testing.T) {
			near, far := openEnd(t, "play=hw:Loopback,0,"+text), openEnd(t, "play=hw:Loopback,1,"+text)
			near.ear, far.ear = counting(), counting()
			converse(t, 5*time.Second, near, far)
			for name, e := range map[string]*end{"near": near, "far": far} {
				at, heard := breaks(e.mouth)
				if len(at) > 0 || e.n < 495 || e.n > 502 || heard < 48*e.Rate()/10 || e.Counts() != (Counts{}) {
					t.Errorf("%s: %d periods, %d samples heard, breaks at %v, %+v", name, e.n, heard, at, e.Counts())
				}
			}
			near.Stop()
			far.Stop()
		})
	}
}

// Through hardware of 48000 Hz a tone stays what it is.
func TestGuestTones(t *testing.T) {
	guest(t, "Loopback")
	for _, text := range []string{"rate=48000,channels=2", "rate=48000,voice=8000"} {
		t.Run(text, func(t *testing.T) {
			near, far := openEnd(t, "play=hw:Loopback,0,"+text), openEnd(t, "play=hw:Loopback,1,"+text)
			rate := near.Rate()
			n := 0
			far.ear = func(p []int16) {
				for i := range p {
					p[i] = int16(math.Round(10000 * math.Sin(2*math.Pi*1000*float64(n)/float64(rate))))
					n++
				}
			}
			converse(t, 3*time.Second, near, far)
			said := make([]float64, 0, 2*rate)
			for _, v := range near.mouth[rate/2 : rate/2+2*rate] {
				said = append(said, float64(v))
			}
			level, rest := tone(said, rate, 1000)
			if math.Abs(level/10000-1) > 0.03 || rest > 15 || near.Counts() != (Counts{}) || far.Counts() != (Counts{}) {
				t.Errorf("level %.0f, the rest %.1f, %+v, %+v", level, rest, near.Counts(), far.Counts())
			}
		})
	}
}

// The thread is away for 300 ms: both streams run dry, and afterwards go on with
// the delay they had.
func TestGuestOverrun(t *testing.T) {
	guest(t, "Loopback")
	near, far := openEnd(t, "play=hw:Loopback,0,rate=16000"), openEnd(t, "play=hw:Loopback,1,rate=16000")
	near.ear = counting()
	converse(t, time.Second, near, far)
	for i := range 3 {
		for end := clockNow() + 300*time.Millisecond; clockNow() < end; {
			ts := unix.NsecToTimespec(int64(end - clockNow()))
			_, _ = unix.Ppoll(nil, &ts, nil)
		}
		heard := len(far.mouth)
		converse(t, time.Second, near, far)
		at, _ := breaks(far.mouth[heard:])
		if near.Counts().Overruns != uint64(i+1) || far.Counts().Overruns != uint64(i+1) || len(at) > 1 {
			t.Errorf("%+v, %+v, breaks %v", near.Counts(), far.Counts(), at)
		}
		if got := len(far.mouth) - heard; got < 15500 {
			t.Errorf("%d samples in the second after", got)
		}
	}
}

// The device is stopped and started with each call; the card rests between.
func TestGuestStartAndStop(t *testing.T) {
	guest(t, "Loopback")
	near, far := openEnd(t, "play=hw:Loopback,0,rate=8000"), openEnd(t, "play=hw:Loopback,1,rate=8000")
	for range 5 {
		near.mouth = near.mouth[:0]
		far.ear = counting()
		converse(t, 300*time.Millisecond, near, far)
		near.Stop()
		far.Stop()
		for _, way := range []string{"p", "c"} {
			b, err := os.ReadFile("/proc/asound/Loopback/pcm0" + way + "/sub0/hw_params")
			if err != nil || string(b) != "closed\n" && string(b) != "no setup\n" {
				t.Errorf("the stream does not rest: %q, %v", b, err)
			}
		}
		if at, heard := breaks(near.mouth); len(at) > 0 || heard < 2000 {
			t.Errorf("%d samples heard, breaks %v", heard, at)
		}
	}
}

// The loopback's clock is made to run 0.5 % fast on one way: it is followed frame
// by frame.
func TestGuestDrift(t *testing.T) {
	guest(t, "Loopback")
	m, err := OpenControl("Loopback")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const shift = "PCM Rate Shift 100000"
	for _, to := range []int{100500, 99500} {
		if err := m.Set(shift, to); err != nil {
			t.Fatal(err)
		}
		if v, err := m.Get(shift); err != nil || v[0] != to {
			t.Errorf("%v, %v", v, err)
		}
		near, far := openEnd(t, "play=hw:Loopback,0,rate=16000,periods=4"), openEnd(t, "play=hw:Loopback,1,rate=16000,periods=4")
		converse(t, 15*time.Second, near, far)
		trimmed := near.Counts().Trimmed + far.Counts().Trimmed
		if near.Counts().Overruns+far.Counts().Overruns != 0 || trimmed < 200 {
			t.Errorf("%d: %+v, %+v", to, near.Counts(), far.Counts())
		}
		near.Close()
		far.Close()
	}
	if err := m.Set(shift, 100000); err != nil {
		t.Error(err)
	}
}
