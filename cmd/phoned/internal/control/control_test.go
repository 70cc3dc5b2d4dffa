package control

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
)

func TestGet(t *testing.T) {
	c := dial(t, serve(t, Config{Phone: newFake()}))
	c.send(`{"do":"get"}`)
	m := c.next()
	if m["registered"] != true || m["server"] != "127.0.0.1:5060" || m["call"] != "idle" {
		t.Errorf("state %v", m)
	}
	lines, _ := m["lines"].([]any)
	if len(lines) != 2 || lines[0].(map[string]any)["server"] != "127.0.0.1:5060" || lines[1].(map[string]any)["registered"] != false {
		t.Errorf("lines %v", m["lines"])
	}
	if _, ok := m["id"]; ok {
		t.Error("an answer has an id that the command had not")
	}
	c.send(`{"do":"get","id":"a7"}`)
	if m := c.next(); m["id"] != "a7" || m["call"] != "idle" {
		t.Errorf("answer with id: %v", m)
	}
}

// Every client sees every change and every notice, in order, without asking.
func TestStream(t *testing.T) {
	f := newFake()
	path := serve(t, Config{Phone: f})
	a, b := dial(t, path), dial(t, path)
	for _, c := range []*conn{a, b} {
		c.send(`{"do":"get"}`)
		c.next()
	}
	f.tell(desk.Update{Notice: &phone.Notice{Line: 1, Kind: phone.NoticeTrying, Severity: phone.Info, Text: "服务器1无响应"}})
	f.tell(desk.Update{Snapshot: &phone.Snapshot{Call: phone.CallCalling}})
	f.tell(desk.Update{Snapshot: &phone.Snapshot{Call: phone.CallUp}})
	for _, c := range []*conn{a, b} {
		want := map[string]any{"line": 1.0, "kind": "trying", "severity": "info", "text": "服务器1无响应"}
		if m := c.next(); !reflect.DeepEqual(m, want) {
			t.Errorf("notice %v, want %v", m, want)
		}
		for _, call := range []string{"calling", "up"} {
			if m := c.next(); m["call"] != call {
				t.Errorf("call %v, want %s", m["call"], call)
			}
		}
	}
}

// A get after changes that wait in the stream comes behind them and shows the
// last of them.
func TestGetKeepsTheOrder(t *testing.T) {
	f := newFake()
	c := dial(t, serve(t, Config{Phone: f}))
	c.send(`{"do":"get"}`)
	c.next()
	for i := range 200 {
		call := phone.CallCalling
		if i%2 == 1 {
			call = phone.CallUp
		}
		f.tell(desk.Update{Snapshot: &phone.Snapshot{Call: call, Volume: i}})
		c.send(`{"do":"get","id":1}`)
		if m := c.next(); m["id"] != nil || m["volume"] != float64(i) {
			t.Fatalf("change %d: streamed %v", i, m)
		}
		if m := c.next(); m["id"] == nil || m["volume"] != float64(i) {
			t.Fatalf("change %d: got %v", i, m)
		}
	}
}

func TestRegister(t *testing.T) {
	f := newFake()
	c := dial(t, serve(t, Config{Phone: f}))
	c.send(`{"do":"register","line":3,"id":1}`)
	if m := c.next(); m["ok"] != true || m["id"] != 1.0 {
		t.Fatalf("answer %v", m)
	}
	for line, words := range map[string]string{
		`{"do":"register","line":2}`: "line 2 is not set up",
		`{"do":"register"}`:          "register needs a line",
	} {
		c.send(line)
		if m := c.next(); !strings.Contains(fmt.Sprint(m["error"]), words) {
			t.Errorf("%s: %v, want %q", line, m, words)
		}
	}
	if got := f.asked(); len(got) != 1 || got[0] != (desk.Register{Line: 3}) {
		t.Errorf("the desk was asked %v", got)
	}
}

func TestKeys(t *testing.T) {
	k := &keys{}
	c := dial(t, serve(t, Config{Phone: newFake(), Keys: k}))
	for _, line := range []string{
		`{"do":"hook","up":true}`,
		`{"do":"press","key":"5"}`,
		`{"do":"press","key":"*"}`,
		`{"do":"press","key":"line1"}`,
		`{"do":"hold","key":"#","ms":1500}`,
		`{"do":"hold","key":"mute"}`,
		`{"do":"release","key":"mute"}`,
		`{"do":"headset","in":true}`,
		`{"do":"hook","up":false,"id":9}`,
	} {
		c.send(line)
	}
	if m := c.next(); m["ok"] != true {
		t.Fatalf("answer %v", m)
	}
	want := []string{
		"hook true", "tap 5", "tap *", "tap line1", "hold # 1.5s", "hold mute 0s", "release mute", "headset true", "hook false",
	}
	if !slices.Equal(k.moves, want) {
		t.Errorf("moves %v\nwant  %v", k.moves, want)
	}
}

// switches write down how the phone was ended.
type switches struct{ keys }

func (s *switches) Reboot(now bool)       { s.add("reboot %t", now) }
func (s *switches) FactoryReset(now bool) { s.add("factory reset %t", now) }

func TestPower(t *testing.T) {
	s := &switches{}
	c := dial(t, serve(t, Config{Phone: newFake(), Power: s}))
	c.send(`{"do":"factory-reset"}`)
	if m := c.next(); !strings.Contains(fmt.Sprint(m["error"]), "to be sure") {
		t.Errorf("%v", m)
	}
	c.send(`{"do":"reboot"}`)
	c.send(`{"do":"reboot","now":true}`)
	c.send(`{"do":"factory-reset","sure":true,"id":1}`)
	if m := c.next(); m["ok"] != true {
		t.Errorf("%v", m)
	}
	if want := []string{"reboot false", "reboot true", "factory reset false"}; !slices.Equal(s.moves, want) {
		t.Errorf("%v, want %v", s.moves, want)
	}
	c = dial(t, serve(t, Config{Phone: newFake()}))
	c.send(`{"do":"reboot"}`)
	if m := c.next(); !strings.Contains(fmt.Sprint(m["error"]), "nobody would start") {
		t.Errorf("%v", m)
	}
}

// What a client gets wrong is told in words and ends nothing.
func TestErrorsInWords(t *testing.T) {
	sim := serve(t, Config{Phone: newFake(), Keys: &keys{}})
	real := serve(t, Config{Phone: newFake()})
	for _, c := range []struct{ path, line, words string }{
		{sim, `{"do":"dance"}`, `unknown command "dance"; there are: get, register, press`},
		{sim, `{}`, "unknown command"},
		{sim, `press 5`, "one JSON object"},
		{sim, `[1]`, "one JSON object"},
		{sim, `{"do":"press"}`, "needs a key"},
		{sim, `{"do":"press","key":"55"}`, `there is no key "55"; there are: 0 1 2`},
		{sim, `{"do":"press","key":5}`, "one JSON object"},
		{sim, `{"do":"hold","key":"5","ms":-1}`, "ms must be"},
		{sim, `{"do":"hook"}`, "needs up"},
		{sim, `{"do":"headset"}`, "needs in"},
		{real, `{"do":"press","key":"5"}`, "simulated board only"},
		{real, `{"do":"dance"}`, "there are: get, register"},
	} {
		conn := dial(t, c.path)
		conn.send(c.line)
		if m := conn.next(); !strings.Contains(fmt.Sprint(m["error"]), c.words) {
			t.Errorf("%s: %v, want %q", c.line, m, c.words)
		}
		conn.send(`{"do":"get"}`)
		if m := conn.next(); m["call"] != "idle" {
			t.Errorf("after %s: %v", c.line, m)
		}
	}
}

// `echo '{"do":"get"}' | nc -U` closes its side at once and gets its answer.
func TestAnswerAfterHalfClose(t *testing.T) {
	c := dial(t, serve(t, Config{Phone: newFake()}))
	if _, err := c.Write([]byte(`{"do":"get"}`)); err != nil {
		t.Fatal(err)
	}
	if err := c.Conn.(*net.UnixConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if m := c.next(); m["call"] != "idle" {
		t.Errorf("answer %v", m)
	}
	if line, err := c.lines.ReadString('\n'); err == nil {
		t.Errorf("one more line: %q", line)
	}
}

// A client that never reads and one that sends a line without end are dropped;
// the others go on.
func TestHostileClients(t *testing.T) {
	f := newFake()
	path := serve(t, Config{Phone: f})
	good, deaf, long := dial(t, path), dial(t, path), dial(t, path)
	good.send(`{"do":"get"}`)
	good.next()
	deaf.send(`{"do":"get"}`)
	deaf.next()

	go func() { _, _ = long.Write([]byte(strings.Repeat("x", 2*maxLine))) }()
	if m := long.next(); !strings.Contains(fmt.Sprint(m["error"]), "longer than") {
		t.Errorf("answer to a long line: %v", m)
	}

	big := phone.Snapshot{Screen: []string{strings.Repeat("x", 1<<16)}}
	read := make(chan int)
	go func() {
		n := 0
		for {
			if _, err := good.lines.ReadString('\n'); err != nil {
				break
			}
			n++
			read <- n
		}
	}()
	for i := 0; ; i++ {
		streams := f.tell(desk.Update{Snapshot: &big})
		if n := <-read; n != i+1 {
			t.Fatalf("the good client read %d lines of %d", n, i+1)
		}
		if streams == 1 {
			break
		}
		if i > 1000 {
			t.Fatal("the deaf client is still served")
		}
	}
}

func TestTooManyClients(t *testing.T) {
	path := serve(t, Config{Phone: newFake()})
	var conns []*conn
	for range maxClients {
		c := dial(t, path)
		c.send(`{"do":"get"}`)
		c.next()
		conns = append(conns, c)
	}
	if m := dial(t, path).next(); !strings.Contains(fmt.Sprint(m["error"]), "too many clients") {
		t.Errorf("client %d: %v", maxClients+1, m)
	}
	_ = conns[0].Close()
	for deadline := time.Now().Add(5 * time.Second); ; {
		c := dial(t, path)
		_, _ = c.Write([]byte(`{"do":"get"}` + "\n")) // fails if the phone refused already
		if m := c.next(); m["call"] == "idle" {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("the place of a client that left is not free: %v", m)
		}
	}
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v, %v; want 0660", info.Mode(), err)
	}
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "another phone") {
		t.Errorf("a second phone on one socket: %v", err)
	}

	// A phone that was killed leaves its socket; the next one takes its place.
	stale := filepath.Join(dir, "stale")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	next, err := Listen(stale)
	if err != nil {
		t.Errorf("stale socket: %v", err)
	} else {
		_ = next.Close()
	}

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a file in the way: %v", err)
	}
	if b, _ := os.ReadFile(file); string(b) != "precious" {
		t.Error("the file in the way was touched")
	}

	_ = l.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is still there after Close")
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		`{"do":"get"}`, `{"do":"register","line":1,"id":{}}`, `{"do":"press","key":"5"}`, `{"do":"hold","key":"#","ms":1e3}`, `[`, `{"id":[[[]]]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		c := newClient(New(Config{Phone: newFake(), Keys: &keys{}}), nil)
		c.asks = make(chan ask, 1) // a line has one answer at most
		if !c.take(t.Context(), line) {
			t.Fatal("a line ended the client")
		}
		select {
		case a := <-c.asks:
			if !a.get && !json.Valid(a.line) {
				t.Fatalf("answer %q", a.line)
			}
		default:
		}
	})
}
