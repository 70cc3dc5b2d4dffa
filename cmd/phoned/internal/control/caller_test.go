package control

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/failover"
	"phoned/sip/journal"
)

func call(t *testing.T, path string) *Caller {
	t.Helper()
	c, err := Call(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A caller gets its answer out of all that the phone tells.
func TestCallerAsks(t *testing.T) {
	f := newFake()
	f.why = some()
	path := serve(t, Config{Phone: f})
	c := call(t, path)
	if err := c.Ask(map[string]any{"do": "get"}, nil); err != nil {
		t.Fatal(err)
	}
	f.tell(desk.Update{Notice: &phone.Notice{Kind: phone.NoticeBack, Text: "back"}})
	f.tell(desk.Update{Snapshot: &phone.Snapshot{
		Screen: []string{strings.Repeat("x", 1<<16)}, Lines: []phone.LineSnapshot{{Line: 1}},
	}})
	// A get is told all that came before it; other answers may overtake news.
	if err := c.Ask(map[string]any{"do": "get"}, nil); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Decisions []journal.Record }
	if err := c.Ask(map[string]any{"do": "decisions", "n": 2}, &answer); err != nil {
		t.Fatal(err)
	}
	if d := answer.Decisions; len(d) != 2 || d[1].Decision != failover.Watch {
		t.Errorf("%+v", d)
	}
	f.mu.Lock()
	f.refusal = phone.RefusedOneServer
	f.mu.Unlock()
	var refused *Refused
	err := c.Ask(map[string]any{"do": "drill", "line": 1}, nil)
	if !errors.As(err, &refused) || refused.Why != phone.RefusedOneServer || refused.Error() == "" {
		t.Errorf("%v", err)
	}
	f.tell(desk.Update{Snapshot: &phone.Snapshot{}})
	f.tell(desk.Update{Notice: &phone.Notice{Kind: phone.NoticeDrillOver, Server: 2, MS: 34}})
	if n, err := c.Notice(time.Now().Add(5 * time.Second)); err != nil || n.MS != 34 || n.Server != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	// One that comes before the answer is not lost.
	f.tell(desk.Update{Notice: &phone.Notice{Kind: phone.NoticeDrillDone, Server: 1, MS: 41}})
	if err := c.Ask(map[string]any{"do": "get"}, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Notice(time.Now().Add(5 * time.Second)); err != nil || n.MS != 41 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := c.Notice(time.Now()); err == nil {
		t.Error("a notice out of nothing")
	}
}

func TestCallerWithoutPhone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if _, err := Call(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	// One that answers nonsense, then hangs up.
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _ = conn.Write([]byte("nonsense\n{\"id\":\"x\"}\n"))
			_ = conn.Close()
		}
	}()
	if err := call(t, path).Ask(map[string]any{"do": "get"}, nil); err == nil || !strings.Contains(err.Error(), "phone") {
		t.Error(err)
	}
}
