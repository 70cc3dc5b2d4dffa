package remote

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"phoned/audio"
)

const (
	hzA = 600.0 // what side a says
	hzB = 1000.0
)

// talk starts two phones with a call between them.
func talk(t *testing.T, ports int, codec audio.CodecID) (a, b *side) {
	t.Helper()
	a = newSide(t, "a", hzA, ports, "")
	b = newSide(t, "b", hzB, ports+100, "")
	a.open()
	b.open()
	a.Set(1, sessionTo(b.port, codec))
	b.Set(1, sessionTo(a.port, codec))
	a.Focus(1)
	b.Focus(1)
	return a, b
}

// check asserts that a side heard the other one's tone, with at most so many gaps.
func check(t *testing.T, name, ear string, hz, share float64, longest time.Duration) {
	t.Helper()
	s := readEar(t, ear)
	begins, gap, row := gaps(s, hz)
	t.Logf("%s heard %.0f Hz for %.1f s, first at %v, gap share %.4f, longest gap %v, level %.0f",
		name, hz, float64(len(s))/rate, begins, gap, row, level(s[len(s)/2:len(s)*3/4], hz))
	if begins > time.Second || gap > share || row > longest {
		t.Errorf("%s: gap share %.4f (limit %.4f), longest %v (limit %v), first at %v", name, gap, share, row, longest, begins)
	}
}

// Two phones, each with a media process of its own, over real sockets: both hear
// the other's tone without a gap, and the other's digits.
func TestTwoPhonesTalk(t *testing.T) {
	for i, codec := range []audio.CodecID{audio.PCMA, audio.G722} {
		a, b := talk(t, 21000+200*i, codec)
		b.received(60)
		for _, d := range []byte("159#") {
			a.Digit(1, d, 0)
		}
		st := b.received(150)
		t.Logf("codec %d: %+v; RSS of a media process in a call %s", codec, st, rss(mediaOf(t, os.Getpid(), a.ear)))
		if got := b.digits(); got != "159#" {
			t.Errorf("codec %d: digits %q arrived", codec, got)
		}
		a.stop()
		b.stop()
		// Digits take the place of the voice on the way to b: 4 times 140 ms.
		check(t, "a", a.ear, hzB, 0.05, 120*time.Millisecond)
		check(t, "b", b.ear, hzA, 0.35, 300*time.Millisecond)
	}
}

func TestABadNetwork(t *testing.T) {
	a := newSide(t, "a", hzA, 21600, "")
	b := newSide(t, "b", hzB, 21700, "")
	a.open()
	b.open()
	p := newProxy(t, 42, a.port, b.port, func(r *rand.Rand) (bool, time.Duration) {
		return r.IntN(100) < 5, time.Duration(r.IntN(40)) * time.Millisecond
	})
	a.Set(1, sessionTo(portOf(p.a), audio.PCMU))
	b.Set(1, sessionTo(portOf(p.b), audio.PCMU))
	a.Focus(1)
	b.Focus(1)
	a.received(250)
	st := b.received(250)
	if st.Lost == 0 || st.Jitter < 4*time.Millisecond || st.Delay > 120*time.Millisecond {
		t.Errorf("%+v", st)
	}
	t.Logf("%+v", st)
	a.stop()
	b.stop()
	// 5 % of the packets are lost: concealment must leave few gaps of them.
	check(t, "a", a.ear, hzB, 0.06, 160*time.Millisecond)
	check(t, "b", b.ear, hzA, 0.06, 160*time.Millisecond)
}

// A media process that is killed in a call is replaced by one that knows all;
// the far side's voice is away for less than half a second.
func TestAKilledMediaProcess(t *testing.T) {
	a, b := talk(t, 21800, audio.PCMU)
	b.received(60)
	pid := mediaOf(t, os.Getpid(), a.ear)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	e := a.await("the restart", func(e Event) bool { _, ok := e.(Restarted); return ok })
	t.Logf("restarted in %v", time.Since(killed))
	if r := e.(Restarted).Reason; !strings.Contains(r, "killed") {
		t.Errorf("reason %q", r)
	}
	b.received(200)
	a.Digit(1, '8', 0)
	b.await("a digit after the restart", func(e Event) bool { d, ok := e.(DigitReceived); return ok && d.Digit == '8' })
	a.stop()
	b.stop()
	check(t, "b", b.ear, hzA, 0.2, 500*time.Millisecond)
	check(t, "a", a.ear, hzB, 0.2, 500*time.Millisecond)
	if len(children(os.Getpid())) != 0 {
		t.Errorf("media processes are left: %v", children(os.Getpid()))
	}
}

// What is dialled while there is no media process waits for the next one, in
// order.
func TestDigitsWaitForTheMediaProcess(t *testing.T) {
	a, b := talk(t, 23000, audio.PCMU)
	b.received(20)
	// The second death in a row is followed by a pause, long enough to dial in.
	for range 2 {
		pid := mediaOf(t, os.Getpid(), a.ear)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for slices.Contains(children(os.Getpid()), pid) {
			runtime.Gosched()
		}
	}
	a.Digit(1, '5', 0)
	a.Digit(1, '9', 0)
	b.await("the last digit", func(e Event) bool { d, ok := e.(DigitReceived); return ok && d.Digit == '9' })
	if got := b.digits(); got != "59" {
		t.Errorf("digits %q", got)
	}
}

// A media process that hangs is replaced, too.
func TestAHungMediaProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the silence that is waited for")
	}
	a, b := talk(t, 22600, audio.PCMU)
	b.received(60)
	if err := syscall.Kill(mediaOf(t, os.Getpid(), a.ear), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	e := a.await("the restart", func(e Event) bool { _, ok := e.(Restarted); return ok })
	if r := e.(Restarted).Reason; !strings.Contains(r, "did not answer") {
		t.Errorf("reason %q", r)
	}
	b.received(120)
}

// Strangers who shoot at a call's ports are neither heard nor remembered.
func TestAFloodOfStrangers(t *testing.T) {
	a, b := talk(t, 22800, audio.PCMA)
	b.received(60)
	pid := mediaOf(t, os.Getpid(), b.ear)
	before := rss(pid)
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rnd := rand.New(rand.NewPCG(3, 3))
	junk := make([]byte, 300)
	shots := 0
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); <-tick.C {
		for range 10 { // 10,000 a second
			for i := range junk {
				junk[i] = byte(rnd.Uint32())
			}
			if shots%2 == 0 { // half of them look like voice
				junk[0], junk[1] = 0x80, 8
			}
			_, _ = c.WriteToUDPAddrPort(junk[:rnd.IntN(len(junk)-1)+1], local(b.port+uint16(shots/2%2)))
			shots++
		}
	}
	st := b.received(200)
	t.Logf("%d datagrams shot, %+v, RSS %s before and %s after", shots, st, before, rss(pid))
	if st.Stranger < uint64(shots)/2 {
		t.Errorf("only %d of %d counted", st.Stranger, shots)
	}
	var kb [2]int
	fmt.Sscanf(before, "%d", &kb[0])
	fmt.Sscanf(rss(pid), "%d", &kb[1])
	if kb[1] > kb[0]+2000 {
		t.Errorf("RSS grew from %d to %d kB", kb[0], kb[1])
	}
	a.stop()
	b.stop()
	check(t, "b", b.ear, hzA, 0.05, 120*time.Millisecond)
}

// A process that dies at once is started again and again, with pauses, and the
// user is told.
func TestAMediaProcessThatCanNotStart(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Exe: "/bin/false", Device: "null", PortMin: 22000, PortCount: 10})
	if err != nil {
		t.Fatal(err)
	}
	s := &side{Remote: r, t: t, seen: make(chan struct{}, 1000)}
	s.collect(cancel)
	if _, err := s.Open(1); err != nil {
		t.Errorf("a call can not be opened meanwhile: %v", err)
	}
	s.await("a fault", func(e Event) bool { f, ok := e.(DeviceFault); return ok && strings.Contains(f.Text, "exit status 1") })
	s.stop()
}

// A fault of the device is told.
func TestADeviceThatIsNotThere(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Device: "wav:mouth=/no/such/file.wav", PortMin: 22000, PortCount: 10})
	if err != nil {
		t.Fatal(err)
	}
	s := &side{Remote: r, t: t, seen: make(chan struct{}, 1000)}
	s.collect(cancel)
	s.await("the fault", func(e Event) bool {
		f, ok := e.(DeviceFault)
		return ok && strings.Contains(f.Text, "/no/such/file.wav")
	})
	s.stop()
}

// The control process is killed in a call. The voice goes on without a gap; the
// next control process finds the call and goes on with it.
func TestAKilledControlProcess(t *testing.T) {
	dir := t.TempDir()
	mouth, ear, socket := filepath.Join(dir, "m.wav"), filepath.Join(dir, "e.wav"), filepath.Join(dir, "media")
	writeTone(t, mouth, hzA)
	device := "wav:mouth=" + mouth + ",ear=" + ear
	b := newSide(t, "b", hzB, 22200, "")
	b.open()
	control, port := startControl(t, device, 22300, b.port, socket)
	b.Set(1, sessionTo(port, audio.PCMA))
	b.Focus(1)
	b.received(60)
	if err := control.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = control.Wait()
	b.received(150)

	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Device: device, PortMin: 22300, PortCount: 100, Socket: socket})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	a := &side{Remote: r, t: t, seen: make(chan struct{}, 1000)}
	a.collect(cancel)
	if got := a.Adopted(); len(got) != 1 || got[0] != (Adopted{7, port}) {
		t.Errorf("adopted %+v, want call 7 at port %d", got, port)
	}
	a.Set(7, sessionTo(b.port, audio.PCMA))
	a.Focus(7)
	if again, err := a.Open(7); again != port || err != nil {
		t.Errorf("the call's port is %d, %v", again, err)
	}
	b.received(220)
	a.Close(7)
	a.await("the call's last report", func(e Event) bool { s, ok := e.(Stats); return ok && s.Closed && s.Call == 7 })
	a.stop()
	b.stop()
	check(t, "b", b.ear, hzA, 0.1, 100*time.Millisecond)
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// A media process with another device is not the one that is wanted.
func TestAnotherDeviceIsNotTakenOver(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "media")
	control, _ := startControl(t, "null", 22500, 9, socket)
	_ = control.Process.Kill()
	_ = control.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Device: "echo", PortMin: 22500, PortCount: 100, Socket: socket})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s := &side{Remote: r, t: t, seen: make(chan struct{}, 1000)}
	s.collect(cancel)
	if len(s.Adopted()) != 0 {
		t.Errorf("adopted %v", s.Adopted())
	}
	t.Logf("RSS of an idle media process %s", rss(mediaOf(t, os.Getpid(), "echo")))
	s.open()
	s.Set(1, sessionTo(9, audio.PCMU))
	s.await("a report", func(e Event) bool { st, ok := e.(Stats); return ok && st.Sent > 20 })
	s.stop()
}

func TestBadConfigurations(t *testing.T) {
	for text, cfg := range map[string]Config{
		"there is null, echo":     {Device: "oboe"},
		"RTP ports":               {Device: "null", PortMin: 65535},
		"from 1024":               {Device: "null", PortMin: 80, PortCount: 10},
		"start the media process": {Device: "null", Exe: "/no/such/program"},
	} {
		if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v, want %q", cfg, err, text)
		}
	}
}
