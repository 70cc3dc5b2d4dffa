package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/journal"
)

// fake is a desk that keeps what it was asked and tells what the test says.
type fake struct {
	mu       sync.Mutex
	now      phone.Snapshot
	commands []desk.Command
	streams  map[chan desk.Update]bool

	why     []journal.Record
	health  []phone.Health
	refusal phone.Refusal
	lines   []*journal.Recording
	deaf    bool // answers nothing
}

func newFake() *fake {
	return &fake{
		now: phone.Snapshot{
			Call: phone.CallIdle, Registered: true, Server: "127.0.0.1:5060",
			Lines: []phone.LineSnapshot{{Line: 1, Registered: true, Server: "127.0.0.1:5060"}, {Line: 3}},
		},
		streams: map[chan desk.Update]bool{},
	}
}

func (f *fake) Do(c desk.Command) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, c)
	if f.deaf {
		return
	}
	switch c := c.(type) {
	case desk.Drill:
		c.Reply <- f.refusal
	case desk.Record:
		c.Reply <- f.lines
	}
}

func (f *fake) Decisions(n, line int) (out []journal.Record) {
	for _, r := range f.why {
		if line == 0 || r.Line == line {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-n):]
}

func (f *fake) Health() []phone.Health { return f.health }

func (f *fake) Get() phone.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) Subscribe() (<-chan desk.Update, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan desk.Update, 8)
	now := f.now
	ch <- desk.Update{Snapshot: &now}
	f.streams[ch] = true
	return ch, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop(ch)
	}
}

func (f *fake) drop(ch chan desk.Update) {
	if f.streams[ch] {
		delete(f.streams, ch)
		close(ch)
	}
}

// tell streams an update; a stream without room is dropped, as the desk does.
func (f *fake) tell(u desk.Update) (streams int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u.Snapshot != nil {
		f.now = *u.Snapshot
	}
	for ch := range f.streams {
		select {
		case ch <- u:
		default:
			f.drop(ch)
		}
	}
	return len(f.streams)
}

func (f *fake) asked() []desk.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

// keys are fingers that write down what they did.
type keys struct {
	mu    sync.Mutex
	moves []string
}

func (k *keys) add(format string, a ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.moves = append(k.moves, fmt.Sprintf(format, a...))
}

func (k *keys) Tap(key hw.Key)                   { k.add("tap %s", key) }
func (k *keys) Hold(key hw.Key, d time.Duration) { k.add("hold %s %s", key, d) }
func (k *keys) Release(key hw.Key)               { k.add("release %s", key) }
func (k *keys) Hook(up bool)                     { k.add("hook %t", up) }
func (k *keys) Headset(in bool)                  { k.add("headset %t", in) }

// serve runs a server on a socket of its own.
func serve(t *testing.T, cfg Config) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "control")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(cfg).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if _, err := os.Lstat(path); err == nil {
			t.Error("the socket is still there after the end")
		}
	})
	return path
}

// conn is a client of the test.
type conn struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, path string) *conn {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &conn{t, c, bufio.NewReader(c)}
}

func (c *conn) send(line string) {
	c.t.Helper()
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conn) next() map[string]any {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		c.t.Fatalf("line %q: %v", line, err)
	}
	return m
}
