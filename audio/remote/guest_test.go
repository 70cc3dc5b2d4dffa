package remote

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio"
	"phoned/audio/alsa"
)

// A wireEnd is the world outside a phone whose sound card is a loopback: what is
// said at its device 1 is in the phone's mouth, and the phone's ear is heard there.
type wireEnd struct {
	*alsa.Device
	begin time.Duration // when its streams were started
	n     int           // samples said and heard
	waits int           // samples that wait to be said
	said  func(n int, period []int16)
	heard func(n int, period []int16)
}

func monotonic() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Duration(ts.Nano())
}

func openWire(t *testing.T) *wireEnd {
	t.Helper()
	c, err := alsa.Parse("play=hw:Loopback,1,rate=16000")
	if err != nil {
		t.Fatal(err)
	}
	d, err := alsa.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	nothing := func(int, []int16) {}
	return &wireEnd{Device: d, waits: 2 * rate / 100, said: nothing, heard: nothing}
}

// sound lets the outside world sound for a time.
func sound(t *testing.T, long time.Duration, ends ...*wireEnd) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 60}
	if unix.SchedSetAttr(0, &attr, 0) == nil {
		defer func() { _ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0) }()
	}
	for _, e := range ends {
		if err := e.Start(monotonic()); err != nil {
			t.Fatal(err)
		}
		e.begin = monotonic()
	}
	fds := make([]unix.PollFd, len(ends))
	var period [rate / 100]int16
	for end := monotonic() + long; monotonic() < end; {
		for i, e := range ends {
			fd, events, _ := e.Wait()
			fds[i] = unix.PollFd{Fd: int32(fd), Events: events}
		}
		_, _ = unix.Poll(fds, 500)
		for _, e := range ends {
			for {
				ok, err := e.Capture(monotonic(), period[:])
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				e.heard(e.n, period[:])
				clear(period[:])
				e.said(e.n, period[:])
				if err := e.Play(period[:]); err != nil {
					t.Fatal(err)
				}
				e.n += len(period)
			}
		}
	}
	for _, e := range ends {
		if c := e.Counts(); c.Overruns != 0 {
			t.Errorf("the world outside ran dry: %+v", c)
		}
	}
}

// newPhone starts a phone with a loopback card, and waits until its media process
// has the next one of the card's streams.
func newPhone(t *testing.T, ports int) *side {
	t.Helper()
	free := streams(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Device: "alsa:card=Loopback,rate=16000", PortMin: ports, PortCount: 100, DSCP: 46})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s := &side{Remote: r, t: t, seen: make(chan struct{}, 1000)}
	s.collect(cancel)
	s.open()
	for end := monotonic() + 10*time.Second; streams(t) != free-1; {
		if monotonic() > end {
			t.Fatal("the media process has not opened its card")
		}
		_, _ = unix.Poll(nil, 20)
	}
	return s
}

// streams is how many of the loopback's streams are free, of the least free way.
func streams(t *testing.T) int {
	t.Helper()
	free := 1 << 10
	for _, way := range []string{"p", "c"} {
		b, err := os.ReadFile("/proc/asound/Loopback/pcm0" + way + "/info")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "subdevices_avail: ")
		n, err := strconv.Atoi(strings.TrimSpace(rest))
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		free = min(free, n)
	}
	return free
}

// From one phone's mouth to the other's ear, through two sound cards of a real
// kernel, two media processes and RTP. It runs in a virtual machine with the module
// snd-aloop, where HANDSET is emulated: each that opens a device of the loopback has
// the next of its streams. The loopback tells where it is in steps of the kernel's
// clock tick, so that a single way is known to 4 ms.
func TestGuestMouthToEar(t *testing.T) {
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -sound -virtual PACKAGE runs it on the emulated board")
	}
	if _, err := os.Stat("/proc/asound/Loopback"); err != nil {
		t.Skip(err)
	}
	for name, codec := range map[string]audio.CodecID{"G.711": audio.PCMU, "G.722": audio.G722} {
		t.Run(name, func(t *testing.T) {
			a, b := newPhone(t, 20000), newPhone(t, 21000)
			mouth, ear := openWire(t), openWire(t)
			a.Set(1, sessionTo(b.port, codec))
			b.Set(1, sessionTo(a.port, codec))
			a.Focus(1)
			b.Focus(1)
			a.received(5)
			b.received(5)

			// A short burst each 410 ms, so that it meets each place of a packet.
			var said, heard []time.Duration
			at := func(e *wireEnd, n int) time.Duration { return e.begin + time.Duration(n)*time.Second/rate }
			mouth.said = func(n int, p []int16) {
				if n/len(p)%41 == 40 {
					for i := range p {
						p[i] = 20000 * int16(1-i/8%2*2)
					}
					said = append(said, at(mouth, n+mouth.waits))
				}
			}
			last := -rate
			ear.heard = func(n int, p []int16) {
				for i, v := range p {
					if (v > 4000 || v < -4000) && n+i > last+rate/5 {
						last = n + i
						heard = append(heard, at(ear, last))
					}
				}
			}
			sound(t, 20*time.Second, mouth, ear)
			var ways []time.Duration
			for _, s := range said {
				i, _ := slices.BinarySearch(heard, s)
				if i < len(heard) && heard[i]-s < 200*time.Millisecond {
					ways = append(ways, heard[i]-s)
				}
			}
			slices.Sort(ways)
			if len(ways) < 40 {
				t.Fatalf("%d bursts were said, %d heard", len(said), len(heard))
			}
			sa, sb := a.received(900), b.received(900)
			t.Logf("mouth to ear: least %v, median %v, most %v; jitter buffer %v and %v", ways[0], ways[len(ways)/2], ways[len(ways)-1], sa.Delay, sb.Delay)
			if m := ways[len(ways)/2]; m > 70*time.Millisecond {
				t.Errorf("half of all take more than %v", m)
			}
			if sa.Overruns+sb.Overruns != 0 {
				t.Errorf("the sound cards ran dry %d and %d times", sa.Overruns, sb.Overruns)
			}
			a.Close(1)
			b.Close(1)
			a.stop()
			b.stop()
			mouth.Close()
			ear.Close()
		})
	}
}
