package alsa

import (
	"fmt"
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
		t.Skip("HANDSET is not emulated: no machine made for this")
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

func TestGuestMixer(t *testing.T) {
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("HANDSET is not emulated: no machine made for this")
	}
	n := 0
	for card := range mostCards {
		m, err := OpenControl(fmt.Sprint(card))
		if err != nil {
			continue
		}
		n++
		for _, e := range m.Elements() {
			if strings.Contains(e.Name, ",") {
				continue // one of each name
			}
			v, err := m.Get(e.Name)
			t.Logf("card %d: %s, %v of %d to %d %q, %v", card, e.Name, v, e.Min, e.Max, e.Items, err)
			if err != nil || !e.Writable || len(v) != e.Count || v[0] < e.Min || v[0] > e.Max {
				continue
			}
			for _, to := range []int{e.Min, e.Max, v[0]} {
				if err := m.Set(e.Name, to); err != nil {
					t.Error(err)
				}
				if got, err := m.Get(e.Name); err != nil || got[len(got)-1] != to {
					t.Errorf("%s: %v, want %d, %v", e.Name, got, to, err)
				}
			}
			if err := m.Set(e.Name, v...); err != nil {
				t.Error(err)
			}
			if err := m.Set(e.Name, e.Max+1); err == nil || !strings.Contains(err.Error(), "it goes from") {
				t.Errorf("%s was set to %d: %v", e.Name, e.Max+1, err)
			}
		}
		m.Close()
	}
	if n == 0 {
		t.Error("no card has a mixer")
	}
}

// An AC97 card of the emulator moves 10 ms at a time and gives the first 10 ms
// late: three periods must wait, which is found out in the first tenth of a second.
// It needs -audiodev none: with one that writes a file it has no mouth, and a
// phone takes that of another card.
func TestGuestAC97(t *testing.T) {
	card := anyCard("AC97")
	if card == "" {
		card = anyCard("ICH")
	}
	guest(t, card)
	probe := openEnd(t, "card="+card+",periods=8")
	if err := probe.Start(clockNow()); err != nil {
		t.Fatal(err)
	}
	recorded := 0
	for end := clockNow() + 50*time.Millisecond; clockNow() < end && recorded == 0; {
		recorded, _ = probe.capture.waiting()
	}
	if probe.Close(); recorded == 0 {
		t.Skip("the card records nothing")
	}
	for _, text := range []string{"rate=8000", "rate=16000", "rate=48000", "rate=48000,voice=8000"} {
		e := openEnd(t, "card="+card+","+text)
		e.ear = counting()
		converse(t, 3*time.Second, e)
		if c := e.Counts(); e.n < 285 || e.n > 305 || c.Overruns > moreAfter || c.Dropped+c.Trimmed != 0 {
			t.Errorf("%s: %d periods in 3 s, %+v", text, e.n, c)
		}
		before, n := e.Counts(), e.n
		converse(t, 3*time.Second, e)
		if e.n-n < 295 || e.n-n > 305 || e.Counts() != before {
			t.Errorf("%s: %d periods in the next 3 s, %+v", text, e.n-n, e.Counts())
		}
		e.Close()
	}
}

// How long a click takes from the mouth of one end to its ear, by way of another
// that gives back each period as it comes.
func TestGuestDelay(t *testing.T) {
	guest(t, "Loopback")
	near, far := openEnd(t, "play=hw:Loopback,0,rate=16000"), openEnd(t, "play=hw:Loopback,1,rate=16000")
	near.ear = func(p []int16) { copy(p, near.mouth[len(near.mouth)-len(p):]) }
	n, sent := 0, []int{}
	far.ear = func(p []int16) {
		if n%25 == 10 {
			p[0] = 20000
			sent = append(sent, len(far.mouth))
		}
		n++
	}
	converse(t, 5*time.Second, near, far)
	var least, most, k int
	for i, v := range far.mouth {
		if v < 10000 || k >= len(sent) {
			continue
		}
		d := i - sent[k]
		if k == 0 {
			least, most = d, d
		}
		least, most = min(least, d), max(most, d)
		k++
	}
	// 20 ms wait to be played at both ends, and at one of them a period is recorded
	// before it can be played; the far one counts from its own records.
	t.Logf("%d clicks, %.2f to %.2f ms there and back", k, float64(least)/16, float64(most)/16)
	if k < 15 || most > 70*16 {
		t.Errorf("%d clicks, up to %d frames", k, most)
	}
}

// A card's ear and another's mouth: each has its clock, the AC97's in steps of
// 10 ms.
func TestGuestTwoCards(t *testing.T) {
	card := anyCard("ICH")
	guest(t, card)
	guest(t, "Loopback")
	e := openEnd(t, "play=hw:"+card+",capture=hw:Loopback,rate=16000")
	far := openEnd(t, "play=hw:Loopback,1,rate=16000,channels=2")
	far.ear = counting()
	converse(t, time.Second, e, far)
	before, n := e.Counts(), e.n
	e.mouth = e.mouth[:0]
	converse(t, 20*time.Second, e, far)
	at, heard := breaks(e.mouth)
	if c := e.Counts(); c.Overruns != before.Overruns || e.n-n < 1995 || len(at) > 0 || heard < 300000 {
		t.Errorf("%d periods, %d samples heard, breaks %v, %+v", e.n-n, heard, at, c)
	}
}

// The card is taken from its driver while it runs, and given back.
func TestGuestLostAndBack(t *testing.T) {
	guest(t, "Loopback")
	const driver = "/sys/bus/platform/drivers/snd_aloop/"
	if _, err := os.Stat(driver + "snd_aloop.0"); err != nil {
		t.Skip(err)
	}
	bind := func(to string) {
		t.Helper()
		if err := os.WriteFile(driver+to, []byte("snd_aloop.0"), 0); err != nil {
			t.Fatal(err)
		}
	}
	m, err := OpenControl("Loopback")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	near, far := openEnd(t, "play=hw:Loopback,0,rate=16000"), openEnd(t, "play=hw:Loopback,1,rate=16000")
	converse(t, 200*time.Millisecond, near, far)
	taken := make(chan struct{})
	go func() { // it waits until nobody has the card open any more
		defer close(taken)
		bind("unbind")
	}()
	for end := clockNow() + 5*time.Second; err == nil && clockNow() < end; {
		fds := []unix.PollFd{{Fd: int32(near.capture.fd), Events: unix.POLLIN}}
		_, _ = unix.Poll(fds, 100)
		err = near.turn(clockNow())
		_ = far.turn(clockNow())
	}
	if err == nil || !strings.Contains(err.Error(), "is gone: no such device") {
		t.Errorf("a card that was taken away: %v", err)
	}
	if err := m.Set("PCM Rate Shift 100000", 100000); err == nil || !strings.Contains(err.Error(), "no sound card is named") {
		t.Errorf("a mixer that was taken away: %v", err)
	}
	near.Close()
	far.Close()
	<-taken
	c, _ := Parse("card=Loopback")
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "no sound card is named") {
		t.Errorf("a card that is not there: %v", err)
	}
	bind("bind")
	near, far = openEnd(t, "play=hw:Loopback,0,rate=16000"), openEnd(t, "play=hw:Loopback,1,rate=16000")
	far.ear = counting()
	converse(t, time.Second, near, far)
	if at, heard := breaks(near.mouth); len(at) > 0 || heard < 15000 {
		t.Errorf("%d samples heard, breaks %v", heard, at)
	}
	if err := m.Set("PCM Rate Shift 100000", 100000); err != nil {
		t.Error(err)
	}
}
