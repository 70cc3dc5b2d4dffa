package alsa

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestGuestMixer(t *testing.T) {
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -sound -virtual PACKAGE runs it on the emulated board")
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

// Through a real kernel, too, a period allocates nothing.
func TestGuestNothingAllocates(t *testing.T) {
	guest(t, "Loopback")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e := openEnd(t, "card=Loopback,rate=48000,channels=2")
	if err := e.Start(clockNow()); err != nil {
		t.Fatal(err)
	}
	var frame [160]int16
	var fds [1]unix.PollFd
	if n := testing.AllocsPerRun(200, func() {
		for ok := false; !ok; {
			fd, events, _ := e.Wait()
			fds[0] = unix.PollFd{Fd: int32(fd), Events: events}
			_, _ = unix.Poll(fds[:], 100)
			var err error
			if ok, err = e.Capture(clockNow(), frame[:]); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Play(frame[:]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a period", n)
	}
}
