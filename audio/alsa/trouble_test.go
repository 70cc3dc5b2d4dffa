package alsa

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func usualDevice(t *testing.T) (*fake, *fakePCM, *fakePCM, *driver) {
	t.Helper()
	f := newFake(t)
	play, capture := f.duplex()
	capture.mouth = func(n int64, _ int) int32 { return int32(n%30000) + 1 }
	v := drive(t, f, cfg(t, "rate=16000"))
	v.counting()
	v.start()
	v.run(200 * time.Millisecond)
	if v.err != nil || v.n != 20 {
		t.Fatalf("%d periods, %v", v.n, v.err)
	}
	return f, play, capture, v
}

// A thread that was away for 300 ms finds both streams dry: they begin anew, with
// the delay they had, and the voice goes on.
func TestOverrun(t *testing.T) {
	_, play, _, v := usualDevice(t)
	for range 3 {
		before := v.d.Counts().Overruns
		v.f.now += 300 * time.Millisecond
		v.turn()
		heard, n := len(play.heard), v.n
		v.run(200 * time.Millisecond)
		if v.err != nil || v.n < n+19 || v.d.Counts() != (Counts{Overruns: before + 1}) {
			t.Fatalf("%d periods, %+v, %v", v.n-n, v.d.Counts(), v.err)
		}
		for i, s := range play.heard[heard : heard+v.d.wait] {
			if s != 0 {
				t.Fatalf("frame %d after the restart is %d, not silence", i, s)
			}
		}
		if play.heard[heard+v.d.wait] == 0 {
			t.Error("the voice is later than before")
		}
	}
}

// A thread that is late by no more than a period loses nothing.
func TestALateThread(t *testing.T) {
	_, play, _, v := usualDevice(t)
	for i := range 50 {
		v.f.now += time.Duration(i%11) * time.Millisecond
		v.turn()
	}
	v.run(100 * time.Millisecond)
	if v.err != nil || v.d.Counts() != (Counts{}) {
		t.Fatalf("%+v, %v", v.d.Counts(), v.err)
	}
	for i, s := range v.mouth {
		if s != int16(i%30000)+1 {
			t.Fatalf("sample %d of the mouth is %d", i, s)
		}
	}
	for i, s := range play.heard[v.d.wait:] {
		if s != int32(i%30000)+1 {
			t.Fatalf("sample %d of the ear is %d", i, s)
		}
	}
}

// EPIPE and ESTRPIPE are met wherever they come up.
func TestOverrunEverywhere(t *testing.T) {
	for _, word := range []string{"sync", "read", "write", "prepare", "start"} {
		for _, e := range []syscall.Errno{syscall.EPIPE, syscall.ESTRPIPE} {
			f, _, capture, v := usualDevice(t)
			if word == "prepare" || word == "start" { // come to it
				capture.state = stateSuspended
			}
			f.fail[word] = failure{e, 1}
			v.run(300 * time.Millisecond)
			if c := v.d.Counts(); v.err != nil || c.Overruns < 1 || c.Overruns > 2 || v.n < 40 {
				t.Errorf("%v of %s: %d periods, %+v, %v", e, word, v.n, c, v.err)
			}
		}
	}
}

// The second reading of the pointers, that of the playback, fails on its own.
func TestPlaybackAloneRunsDry(t *testing.T) {
	f := newFake(t)
	f.fail["link"] = failure{syscall.ENOSYS, 1}
	play, _ := f.duplex()
	v := drive(t, f, cfg(t, "rate=16000"))
	if !strings.Contains(v.d.String(), "apart") {
		t.Fatal(v.d)
	}
	f.took()
	v.start()
	if got := f.took(); got != "hardware software hardware software drop drop prepare prepare start start" {
		t.Error(got)
	}
	v.run(100 * time.Millisecond)
	play.state = stateXrun
	v.run(100 * time.Millisecond)
	if v.err != nil || v.d.Counts().Overruns != 1 || v.n < 17 {
		t.Errorf("%d periods, %+v, %v", v.n, v.d.Counts(), v.err)
	}
}

func TestSuspended(t *testing.T) {
	_, play, capture, v := usualDevice(t)
	play.state, capture.state = stateSuspended, stateSuspended
	v.run(200 * time.Millisecond)
	if v.err != nil || v.d.Counts().Overruns != 1 || v.n < 37 {
		t.Errorf("%d periods, %+v, %v", v.n, v.d.Counts(), v.err)
	}
}

// A card that is pulled out is an error that says so, and can be closed, and
// opened when it is back.
func TestTheCardIsLostAndBack(t *testing.T) {
	f, _, _, v := usualDevice(t)
	card := f.cards[0]
	f.unplug(0)
	v.run(time.Second)
	if v.err == nil || v.err.Error() != "sound device hw:0,0 is gone: no such device" || !errors.Is(v.err, syscall.ENODEV) {
		t.Fatalf("%v", v.err)
	}
	v.d.Stop()
	if err := v.d.Start(f.now); err == nil {
		t.Error("a card that is gone was started")
	}
	v.d.Close()
	if !f.allClosed() {
		t.Error("something is left open")
	}
	if _, err := open(f, cfg(t, "")); err == nil || !strings.Contains(err.Error(), "there is no sound device hw:0,0") {
		t.Errorf("%v", err)
	}
	card.lost = false
	f.cards[0] = card
	v = drive(t, f, cfg(t, ""))
	v.start()
	v.run(100 * time.Millisecond)
	if v.err != nil || v.n < 9 {
		t.Errorf("%d periods, %v", v.n, v.err)
	}
}

// A codec that has lost its clock makes no interrupts and no errors.
func TestTheClockStops(t *testing.T) {
	_, play, capture, v := usualDevice(t)
	play.dead, capture.dead = true, true
	begin := v.f.now
	v.run(2 * time.Second)
	if v.err == nil || v.err.Error() != "sound device hw:0,0 gives no samples any more" {
		t.Fatalf("%v", v.err)
	}
	if long := v.f.now - begin; long > stallFor+10*time.Millisecond || long < stallFor-20*time.Millisecond {
		t.Errorf("noticed after %v", long)
	}
}

// A card that says it has samples and gives none must not keep its thread busy for
// ever.
func TestPromisesOnly(t *testing.T) {
	f, _, _, v := usualDevice(t)
	f.fail["read"] = failure{syscall.EAGAIN, 1 << 20}
	v.run(2 * time.Second)
	if v.err == nil {
		t.Fatal("it was believed")
	}
}

// A card that runs dry whenever it is started is given up.
func TestACardThatDoesNotKeepRunning(t *testing.T) {
	_, _, capture, v := usualDevice(t)
	for range mostAgain {
		capture.state = stateXrun
		if v.turn(); v.err != nil {
			t.Fatal(v.err)
		}
	}
	capture.state = stateXrun
	v.turn()
	if v.err == nil || v.err.Error() != "sound device hw:0,0 does not keep running: broken pipe" {
		t.Errorf("%v", v.err)
	}
}

// A card that takes two whole periods before it gives the first one runs dry with
// two periods; with a third, which it gets by itself, it runs, also the next time.
func TestACardThatNeedsMore(t *testing.T) {
	f := newFake(t)
	play, capture := f.duplex()
	play.step, capture.step, capture.lag = 160, 160, 20
	v := drive(t, f, cfg(t, "rate=16000"))
	v.start()
	v.run(time.Second)
	if c := v.d.Counts(); v.err != nil || c.Overruns != moreAfter || v.d.wait != 480 || v.n < 88 {
		t.Fatalf("%d periods, %d frames wait, %+v, %v", v.n, v.d.wait, c, v.err)
	}
	v.d.Stop()
	v.start()
	v.run(time.Second)
	if c := v.d.Counts(); v.err != nil || c.Overruns != moreAfter || v.n < 187 {
		t.Errorf("%d periods, %+v, %v", v.n, c, v.err)
	}
}

// A thread that comes late time and again needs more to wait, up to what the ring
// holds; then it runs dry no more.
func TestAThreadThatIsOftenLate(t *testing.T) {
	_, _, _, v := usualDevice(t)
	for range 400 {
		v.f.now += 24 * time.Millisecond
		v.turn()
	}
	c := v.d.Counts()
	if v.err != nil || c.Overruns != 2*moreAfter || v.d.wait != 640 {
		t.Fatalf("%d frames wait, %+v, %v", v.d.wait, c, v.err)
	}
	for range 300 { // later than the ring is long: that is no way to go on
		v.f.now += 70 * time.Millisecond
		v.turn()
	}
	if v.err == nil || !strings.Contains(v.err.Error(), "does not keep running") || v.d.wait > v.d.play.ring {
		t.Errorf("%d frames wait, %+v, %v", v.d.wait, v.d.Counts(), v.err)
	}
}

// An error while starting or beginning anew is told, and leaves the card at rest.
func TestStartFails(t *testing.T) {
	for word, want := range map[string]string{
		"hardware": "start sound device hw:0,0: input/output error",
		"software": "start sound device hw:0,0: input/output error",
		"prepare":  "start sound device hw:0,0: input/output error",
		"write":    "start sound device hw:0,0: input/output error",
		"start":    "start sound device hw:0,0: input/output error",
	} {
		f, play, capture, v := usualDevice(t)
		v.d.Stop()
		f.fail[word] = failure{syscall.EIO, 1}
		if err := v.d.Start(f.now); err == nil || err.Error() != want {
			t.Errorf("%s: %v", word, err)
		}
		if play.state != stateOpen || capture.state != stateOpen {
			t.Errorf("%s: states %d and %d", word, play.state, capture.state)
		}
		v.start()
	}
	f, _, capture, v := usualDevice(t)
	capture.state = stateXrun
	f.fail["start"] = failure{syscall.EIO, 1}
	v.turn()
	if v.err == nil || v.err.Error() != "restart sound device hw:0,0: input/output error" {
		t.Errorf("%v", v.err)
	}
}

// The kernel may move fewer frames than it has; nothing is lost by that.
func TestShortTransfers(t *testing.T) {
	_, play, capture, v := usualDevice(t)
	play.short, capture.short = 37, 29
	v.run(time.Second)
	if v.err != nil || v.d.Counts() != (Counts{}) || v.n < 117 {
		t.Fatalf("%d periods, %+v, %v", v.n, v.d.Counts(), v.err)
	}
	for i, s := range v.mouth {
		if s != int16(i%30000)+1 {
			t.Fatalf("sample %d of the mouth is %d", i, s)
		}
	}
	for i, s := range play.heard[v.d.wait:] {
		if s != int32(i%30000)+1 {
			t.Fatalf("sample %d of the ear is %d", i, s)
		}
	}
}

// A read that finds less than the pointers promised goes on when the rest is
// there.
func TestAReadThatIsInterrupted(t *testing.T) {
	f, _, capture, v := usualDevice(t)
	for range 10 {
		capture.short = 50
		f.fail["read"] = failure{syscall.EINTR, 1}
		v.run(10 * time.Millisecond)
		f.fail["read"] = failure{syscall.EAGAIN, 1}
		v.run(5 * time.Millisecond)
	}
	if v.err != nil || v.d.Counts() != (Counts{}) {
		t.Fatalf("%+v, %v", v.d.Counts(), v.err)
	}
	for i, s := range v.mouth {
		if s != int16(i%30000)+1 {
			t.Fatalf("sample %d of the mouth is %d", i, s)
		}
	}
}

// Whatever a kernel says, the process does not fall over.
func TestNonsense(t *testing.T) {
	_, play, capture, v := usualDevice(t)
	play.wild, capture.wild = true, true
	v.run(time.Second)
	if v.err == nil || !strings.Contains(v.err.Error(), "does not keep running") {
		t.Errorf("%v", v.err)
	}
	_, _, capture, v = usualDevice(t)
	capture.wild = true
	v.run(time.Second)
	if v.err == nil {
		t.Error("wild pointers were believed")
	}
	f := newFake(t)
	play, _ = f.duplex()
	v = drive(t, f, cfg(t, ""))
	play.ring, play.boundary = 0, 1 // not what was agreed on
	v.start()
	v.run(100 * time.Millisecond)
}

// A kernel without times of 32 bits knows SYNC_PTR with the longer structure.
func TestTimesOf64Bits(t *testing.T) {
	f := newFake(t)
	f.old = true
	f.duplex()
	v := drive(t, f, cfg(t, ""))
	v.start()
	v.run(100 * time.Millisecond)
	if pcmSyncPtr == pcmSyncPtr64 {
		t.Skip("both are the same on this processor")
	}
	if v.err != nil || v.n < 9 || v.d.Counts() != (Counts{}) {
		t.Errorf("%d periods, %+v, %v", v.n, v.d.Counts(), v.err)
	}
}
