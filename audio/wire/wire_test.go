package wire

import (
	"errors"
	"io"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio"
)

func samples() []Message {
	return []Message{
		{Kind: Open, Call: 7},
		{Kind: Set, Call: 1 << 31, Session: audio.Session{
			Remote: netip.MustParseAddrPort("192.0.2.1:4000"), RemoteRTCP: netip.MustParseAddrPort("[2001:db8::1]:4001"),
			Codec: audio.G722, Payload: 9, Event: 101, EventIn: 96, Ptime: 30 * time.Millisecond, Send: true,
			Receive: []audio.Payload{{Type: 0, Codec: audio.PCMU}, {Type: 9, Codec: audio.G722}},
		}},
		{Kind: Set, Call: 3, Session: audio.Session{Play: true}},
		{Kind: Tone, Which: uint8(audio.BusyTone), Text: "425/500,0/500"},
		{Kind: Volume, Which: 2, Value: -3},
		{Kind: Digit, Call: 1, Which: '#', Long: 120 * time.Millisecond},
		{Kind: Quit},
		{Kind: Hello, Value: Version, Text: "null"},
		{Kind: Arrived, Call: 1, Which: '5'},
		{Kind: Report, Call: 2, Stats: Stats{
			Sent: 1, Received: 2, Stranger: 3, Lost: 4, Late: 5, Overruns: 6, Concealed: 6, Jitter: 7, Delay: 8, RTT: 9, FarJitter: 10, FarLoss: 0.25, Closed: true,
		}},
		{Kind: Fault, Text: "no sound card"},
		{Kind: 200, Call: 5},
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, m := range samples() {
		b := m.Append(nil)
		var got Message
		if err := got.Parse(b); err != nil {
			t.Errorf("kind %d: %v", m.Kind, err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("kind %d: %+v, want %+v", m.Kind, got, m)
		}
		if len(b) > MaxSize {
			t.Errorf("kind %d: %d bytes", m.Kind, len(b))
		}
	}
}

func TestMessagesCutShortAreRefused(t *testing.T) {
	for _, m := range samples() {
		b := m.Append(nil)
		for n := range b {
			var got Message
			if err := got.Parse(b[:n]); err == nil && m.Text == "" {
				t.Errorf("kind %d: %d of %d bytes were read", m.Kind, n, len(b))
			}
		}
		var got Message
		if err := got.Parse(append(b, 0)); err == nil && m.Text == "" {
			t.Errorf("kind %d: a byte too many was read", m.Kind)
		}
	}
}

func TestALongTextIsCut(t *testing.T) {
	m := Message{Kind: Fault, Text: strings.Repeat("x", 5000)}
	if b := m.Append(nil); len(b) > MaxSize {
		t.Errorf("%d bytes", len(b))
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range samples() {
		f.Add(m.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, again Message
		if m.Parse(b) != nil {
			return
		}
		if err := again.Parse(m.Append(nil)); err != nil {
			t.Fatalf("%+v is not read back: %v", m, err)
		}
	})
}

func links(t *testing.T) (a, b *Link) {
	t.Helper()
	fa, fb, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	a, _ = NewLink(fa)
	b, _ = NewLink(fb)
	t.Cleanup(func() { a.Close() })
	return a, b
}

func TestALinkCarriesMessagesAndDescriptors(t *testing.T) {
	a, b := links(t)
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	if err := a.Send(&Message{Kind: Open, Call: 4}, pipe[1]); err != nil {
		t.Fatal(err)
	}
	unix.Close(pipe[1])
	var m Message
	fds, err := b.Receive(&m)
	if err != nil || m.Kind != Open || m.Call != 4 || len(fds) != 1 {
		t.Fatalf("received %+v with %v: %v", m, fds, err)
	}
	unix.Write(fds[0], []byte("through"))
	buf := make([]byte, 10)
	if n, _ := unix.Read(pipe[0], buf); string(buf[:n]) != "through" {
		t.Errorf("the descriptor gave %q", buf[:n])
	}
	CloseAll(fds)
	unix.Close(pipe[0])
	if _, err := b.Receive(&m); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty link: %v", err)
	}
	unix.Write(a.FD(), []byte{1})
	if _, err := b.Receive(&m); err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrEmpty) {
		t.Errorf("nonsense: %v", err)
	}
	b.Close()
	if _, err := a.Receive(&m); !errors.Is(err, io.EOF) {
		t.Errorf("the other side is gone: %v", err)
	}
}

// A side that does not read is an error, not a stop.
func TestAFullLink(t *testing.T) {
	a, b := links(t)
	defer b.Close()
	for range 100000 {
		if err := a.Send(&Message{Kind: Ping}); err != nil {
			if !errors.Is(err, unix.EAGAIN) {
				t.Error(err)
			}
			return
		}
	}
	t.Error("never full")
}

func TestListenAndDial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "media")
	for range 2 { // the second finds the file of the first
		l, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil || st.Mode&0o077 != 0 {
			t.Errorf("mode %o", st.Mode)
		}
		if Accept(l) >= 0 {
			t.Error("a connection from nobody")
		}
		fd, err := Dial(path)
		if err != nil {
			t.Fatal(err)
		}
		if c := Accept(l); c < 0 {
			t.Error("no connection")
		} else {
			unix.Close(c)
		}
		unix.Close(fd)
		unix.Close(l)
	}
	if _, err := Dial(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestSmallMessagesAllocateNothing(t *testing.T) {
	a, b := links(t)
	defer b.Close()
	m := Message{Kind: Report, Call: 1}
	var got Message
	if n := testing.AllocsPerRun(200, func() {
		_ = a.Send(&m)
		_, _ = b.Receive(&got)
		_, _ = b.Receive(&got) // ErrEmpty
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
