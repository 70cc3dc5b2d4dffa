package remote

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"phoned/audio"
	"phoned/audio/engine"
)

// The test binary is also the media process, and a control process that can be
// killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-media" {
		os.Exit(engine.Main(os.Args[2:]))
	}
	if os.Getenv("PHONED_TEST_CONTROL") != "" {
		controlProcess()
	}
	os.Exit(m.Run())
}

const rate = 16000

// A side is one phone: a remote whose mouth says a tone from a file and whose ear
// writes to one.
type side struct {
	*Remote
	t    *testing.T
	ear  string
	port uint16
	stop func()

	mu     sync.Mutex
	events []Event
	seen   chan struct{} // a token after each event
}

// writeTone makes a WAV file of one second of a tone.
func writeTone(t *testing.T, path string, hz float64) {
	t.Helper()
	b := make([]byte, 44+2*rate)
	copy(b, "RIFF")
	copy(b[8:], "WAVEfmt ")
	le := binary.LittleEndian
	le.PutUint32(b[4:], uint32(len(b)-8))
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1)
	le.PutUint16(b[22:], 1)
	le.PutUint32(b[24:], rate)
	le.PutUint32(b[28:], 2*rate)
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], 2*rate)
	for i := range rate {
		le.PutUint16(b[44+2*i:], uint16(int16(8000*math.Sin(2*math.Pi*hz*float64(i)/rate))))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readEar(t *testing.T, path string) []int16 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 44 || int(binary.LittleEndian.Uint32(b[40:])) > len(b)-44 {
		t.Fatalf("%s is no valid WAV file of %d bytes", path, len(b))
	}
	b = b[44 : 44+binary.LittleEndian.Uint32(b[40:])]
	s := make([]int16, len(b)/2)
	for i := range s {
		s[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return s
}

// level is the amplitude of hz in s.
func level(s []int16, hz float64) float64 {
	var re, im float64
	for i, v := range s {
		a := 2 * math.Pi * hz * float64(i) / rate
		re += float64(v) * math.Cos(a)
		im += float64(v) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(s))
}

// gaps looks at 20 ms at a time: where the tone begins, the share of pieces
// from there to its end in which it is more than 25 dB too quiet, and the longest row.
func gaps(s []int16, hz float64) (begins time.Duration, share float64, longest time.Duration) {
	const piece = rate / 50
	first, n, row, total := -1, 0, 0, 0
	for i := 0; i+piece <= len(s); i += piece {
		there := level(s[i:i+piece], hz) > 8000*0.056
		if first < 0 {
			if !there {
				continue
			}
			first = i
		}
		total++
		if there {
			n += row
			longest = max(longest, time.Duration(row)*20*time.Millisecond)
			row = 0
			continue
		}
		row++
	}
	// The silence at the end is that of a phone that was switched off.
	if first < 0 {
		return time.Hour, 1, time.Hour
	}
	return time.Duration(first) * time.Second / rate, float64(n) / float64(total), longest
}

// newSide starts a phone whose media process is a real one.
func newSide(t *testing.T, name string, hz float64, ports int, socket string) *side {
	t.Helper()
	dir := t.TempDir()
	mouth := filepath.Join(dir, name+"-mouth.wav")
	s := &side{t: t, ear: filepath.Join(dir, name+"-ear.wav"), seen: make(chan struct{}, 1000)}
	writeTone(t, mouth, hz)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Config{Device: "wav:mouth=" + mouth + ",ear=" + s.ear, PortMin: ports, PortCount: 100, DSCP: 46, Socket: socket})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.Remote = r
	s.collect(cancel)
	return s
}

// collect keeps the events until the end.
func (s *side) collect(cancel func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range s.Remote.Events() {
			s.mu.Lock()
			s.events = append(s.events, e)
			s.mu.Unlock()
			s.seen <- struct{}{}
		}
	}()
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			<-done
		})
	}
	s.t.Cleanup(s.stop)
}

// await waits until an event satisfies ok.
func (s *side) await(what string, ok func(Event) bool) Event {
	s.t.Helper()
	late := time.After(15 * time.Second)
	from := 0
	for {
		s.mu.Lock()
		for ; from < len(s.events); from++ {
			if ok(s.events[from]) {
				defer s.mu.Unlock()
				return s.events[from]
			}
		}
		s.mu.Unlock()
		select {
		case <-s.seen:
		case <-late:
			s.t.Fatalf("%s did not come; events: %+v", what, s.events)
		}
	}
}

// received waits until the call has taken n packets.
func (s *side) received(n uint64) Stats {
	s.t.Helper()
	return s.await(fmt.Sprintf("packet %d", n), func(e Event) bool {
		st, ok := e.(Stats)
		return ok && st.Received >= n
	}).(Stats)
}

func (s *side) digits() (out string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if d, ok := e.(DigitReceived); ok {
			out += string(rune(d.Digit))
		}
	}
	return out
}

func (s *side) open() {
	s.t.Helper()
	p, err := s.Open(1)
	if err != nil {
		s.t.Fatal(err)
	}
	s.port = p
}

func local(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

func sessionTo(port uint16, codec audio.CodecID) audio.Session {
	payload := map[audio.CodecID]uint8{audio.PCMU: 0, audio.PCMA: 8, audio.G722: 9}[codec]
	return audio.Session{
		Remote: local(port), RemoteRTCP: local(port + 1), Codec: codec, Payload: payload,
		Receive: []audio.Payload{{Type: payload, Codec: codec}}, Event: 101, EventIn: 101, Send: true, Play: true,
	}
}

// children are the processes whose parent is pid.
func children(pid int) (out []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(b), ") ")
		if fields := strings.Fields(rest); ok && len(fields) > 1 && fields[1] == strconv.Itoa(pid) && fields[0] != "Z" {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			out = append(out, child)
		}
	}
	return out
}

// mediaOf finds the media process whose command line holds a text.
func mediaOf(t *testing.T, pid int, text string) int {
	t.Helper()
	for _, c := range children(pid) {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c))
		if strings.Contains(string(b), text) {
			return c
		}
	}
	t.Fatalf("no media process with %s below %d", text, pid)
	return 0
}

func rss(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmRSS") {
			return strings.TrimSpace(strings.TrimPrefix(l, "VmRSS:"))
		}
	}
	return "unknown"
}

// controlProcess is what a killed phone was: it opens a call to a port, and waits.
func controlProcess() {
	f := strings.Split(os.Getenv("PHONED_TEST_CONTROL"), "|")
	min, _ := strconv.Atoi(f[1])
	far, _ := strconv.Atoi(f[2])
	r, err := Start(context.Background(), Config{Device: f[0], PortMin: min, PortCount: 100, Socket: f[3]})
	if err == nil {
		var port uint16
		port, err = r.Open(7)
		r.Set(7, sessionTo(uint16(far), audio.PCMA))
		r.Focus(7)
		fmt.Println("port", port)
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	select {}
}

// startControl runs controlProcess and returns it and its call's port.
func startControl(t *testing.T, device string, ports int, far uint16, socket string) (*exec.Cmd, uint16) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("PHONED_TEST_CONTROL=%s|%d|%d|%s", device, ports, far, socket))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGKILL); _ = cmd.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	var port uint16
	if _, err := fmt.Sscanf(line, "port %d", &port); err != nil {
		t.Fatalf("the control process said %q", line)
	}
	return cmd, port
}
