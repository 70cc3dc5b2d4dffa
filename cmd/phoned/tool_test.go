package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/journal"
)

// A running phone as its control socket shows it.
type shownPhone struct {
	mu      sync.Mutex
	updates chan desk.Update
	lines   []phone.LineSnapshot
	why     []journal.Record
	record  []*journal.Recording
	refusal phone.Refusal
	drill   []phone.Notice // what a drill tells
}

func (p *shownPhone) Get() phone.Snapshot {
	return phone.Snapshot{Call: phone.CallIdle, Lines: p.lines}
}

func (p *shownPhone) Subscribe() (<-chan desk.Update, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Get()
	p.updates = make(chan desk.Update, 100)
	p.updates <- desk.Update{Snapshot: &now}
	return p.updates, func() {}
}

func (p *shownPhone) Do(c desk.Command) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch c := c.(type) {
	case desk.Record:
		c.Reply <- p.record
	case desk.Drill:
		c.Reply <- p.refusal
		if p.refusal != phone.NoRefusal {
			return
		}
		for _, n := range p.drill {
			p.updates <- desk.Update{Notice: &n}
		}
	}
}

func (p *shownPhone) Decisions(n, line int) (out []journal.Record) {
	for _, r := range p.why {
		if line == 0 || r.Line == line {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-n):]
}

func (p *shownPhone) Health() []phone.Health { return nil }

// runPhone is the control socket of a phone.
func runPhone(t *testing.T, p *shownPhone) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "control")
	l, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- control.New(control.Config{Phone: p, Program: "1.0"}).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return path
}

// tooled runs a tool as the command line does.
func tooled(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	if !isTool(args) {
		t.Fatalf("%q is no tool", args)
	}
	var out, errs strings.Builder
	status = runTool(args, &out, &errs)
	return status, out.String(), errs.String()
}

func decisions(day time.Time) []journal.Record {
	primary := journal.Target{Server: 1, Address: "192.0.2.1:5060"}
	backup := journal.Target{Server: 2, Address: "192.0.2.2:5060"}
	return []journal.Record{
		{Time: day.AddDate(0, 0, -1), Line: 2, Decision: failover.LinkLost, Cause: failover.NoNetwork},
		{
			Time: day, Line: 1, Decision: failover.MoveEarly, From: primary, To: backup, Method: sip.INVITE,
			Cause: failover.Silence, Call: true, Cost: 1300 * time.Millisecond,
		},
		{
			Time: day, Line: 1, Decision: failover.MoveRequest, From: primary, To: backup, Method: sip.INVITE,
			Cause: failover.Silence, Call: true, Cost: 1400 * time.Millisecond,
		},
	}
}

// local makes the zone of this machine one that is known.
func local(t *testing.T) {
	t.Helper()
	was := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = was })
	t.Setenv("LC_ALL", "C")
}

func TestExplainInWords(t *testing.T) {
	local(t)
	day := time.Now().UTC().Truncate(24 * time.Hour).Add(14*time.Hour + 3*time.Minute + 7*time.Second)
	path := runPhone(t, &shownPhone{lines: []phone.LineSnapshot{{Line: 1}, {Line: 2}}, why: decisions(day)})
	status, out, errs := tooled(t, "explain", "-socket", path)
	want := day.AddDate(0, 0, -1).Format(time.DateOnly) + `
14:03:07 Line 2: The network of the phone is down: nothing moves. [no-network]
` + day.Format(time.DateOnly) + `
14:03:07 Line 1: Server 1 (192.0.2.1:5060) was silent for 1.3 s, Server 2 (192.0.2.2:5060) is alive: the call need not wait longer. [INVITE: silence]
14:03:07 Line 1: Server 1 (192.0.2.1:5060) did not answer: the call went on at Server 2 (192.0.2.2:5060). It cost 1.4 s. [INVITE: silence]
`
	if status != 0 || out != want || errs != "" {
		t.Errorf("%d %q\ngot  %s\nwant %s", status, errs, out, want)
	}
	_, out, _ = tooled(t, "explain", "-socket", path, "-line", "1", "-n", "1", "-lang", "zh")
	if want := "14:03:07 线路1:服务器1(192.0.2.1:5060)无响应:呼叫转到服务器2(192.0.2.2:5060)。用户多等了1.4秒。 [INVITE: silence]\n"; out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	t.Setenv("LC_ALL", "zh_CN.UTF-8")
	if _, out, _ := tooled(t, "explain", "-socket", path, "-n", "1"); !strings.Contains(out, "线路1") {
		t.Errorf("in a Chinese environment: %s", out)
	}
}

func TestExplainAsJSON(t *testing.T) {
	local(t)
	day := time.Date(2026, 3, 1, 14, 3, 7, 0, time.UTC)
	path := runPhone(t, &shownPhone{lines: []phone.LineSnapshot{{Line: 1}, {Line: 2}}, why: decisions(day)})
	_, out, _ := tooled(t, "explain", "-json", "-socket", path)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatalf("%s", out)
	}
	for i, l := range lines {
		var r journal.Record
		if err := json.Unmarshal([]byte(l), &r); err != nil || r != decisions(day)[i] {
			t.Errorf("%v: %s", err, l)
		}
	}
}

func TestExplainNothing(t *testing.T) {
	local(t)
	path := runPhone(t, &shownPhone{})
	if status, out, _ := tooled(t, "explain", "-socket", path); status != 0 || out != "Nothing had to be decided yet.\n" {
		t.Errorf("%d %s", status, out)
	}
}

// recorded is what a phone recorded of a line that started.
func recorded() *journal.Recording {
	cfg := failover.Config{Register: true, Servers: []sip.Server{{Host: "192.0.2.1", Port: 5060}, {Host: "192.0.2.2", Port: 5060}}, Timers: sip.DefaultTimers}
	core, recorder := failover.New(cfg, 7), journal.NewRecorder(1, cfg, 7)
	at := time.Duration(0)
	for _, e := range []failover.Event{{Kind: failover.Start}, {}, {Kind: failover.LinkDown}} {
		recorder.Step(core, at, e, core.Step(at, e, nil))
		at = max(at, min(core.Deadline(), time.Hour))
	}
	return recorder.Recording(time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC))
}

func TestRecordAndReplay(t *testing.T) {
	local(t)
	dir := t.TempDir()
	path := runPhone(t, &shownPhone{record: []*journal.Recording{recorded()}})
	file := filepath.Join(dir, "record")
	status, out, errs := tooled(t, "explain", "-socket", path, "-record", file)
	if status != 0 || !strings.Contains(out, "phoned replay "+file) || errs != "" {
		t.Fatalf("%d %s%s", status, out, errs)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, out, _ := tooled(t, "explain", "-socket", path, "-record", "-"); out != string(text) {
		t.Errorf("printed %s\nsaved %s", out, text)
	}

	status, out, errs = tooled(t, "replay", file)
	if status != 0 || !strings.Contains(out, "Line 1: the same 2 decisions in 3 steps, 2026-03-01 14:00:00 to ") ||
		!strings.Contains(out, "The network of the phone is down") || errs != "" {
		t.Errorf("%d %s%s", status, out, errs)
	}
	if status, out, _ = tooled(t, "replay", "-lang", "zh", file); status != 0 || !strings.Contains(out, "线路1:决定相同") {
		t.Errorf("%d %s", status, out)
	}

	// Another program would have decided otherwise.
	other := strings.Replace(string(text), "decide link-lost", "decide reconnect", 1)
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ = tooled(t, "replay", file)
	for _, want := range []string{
		"decides otherwise than the recorded one (1.0), at line ", " link-down\n",
		"recorded: 14:00:0", "was lost. The line registers there anew", "now: 14:00:0", "nothing moves", "    state",
	} {
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("%d, %q is not in\n%s", status, want, out)
		}
	}

	// Or it would have sent something else.
	other = strings.Replace(string(text), " start = ", " start = f", 1)
	other = other[:strings.Index(other, " start = f")+len(" start = ")+8] + other[strings.Index(other, " start = f")+len(" start = ")+9:]
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ = tooled(t, "replay", file)
	if status != 1 || !strings.Contains(out, "yet does something else at line") || !strings.Contains(out, "send REGISTER server=0") {
		t.Errorf("%d %s", status, out)
	}
}

func TestReplayOfBadFiles(t *testing.T) {
	local(t)
	file := filepath.Join(t.TempDir(), "record")
	for text, want := range map[string]string{
		"":                             "an empty file",
		"%PDF-1.7\n":                   "line 1: this is no record of a phone",
		"phoned-record 1\nline 1\n":    "cut off",
		"phoned-record 1\nline zero\n": `line 2: "zero" is no line`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, errs := tooled(t, "replay", file)
		if status != 2 || out != "" || !strings.Contains(errs, want) || !strings.Contains(errs, file) {
			t.Errorf("%q: %d %s%s", text, status, out, errs)
		}
	}
	if err := os.WriteFile(file, []byte("phoned-record 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := tooled(t, "replay", file); status != 0 || out != "The record holds no line.\n" {
		t.Errorf("%d %s", status, out)
	}
}

func TestDrillTellsItsTimes(t *testing.T) {
	local(t)
	over := phone.Notice{Line: 3, Kind: phone.NoticeDrillOver, Server: 2, MS: 34}
	done := phone.Notice{Line: 3, Kind: phone.NoticeDrillDone, Server: 1, MS: 1234}
	failed := phone.Notice{Line: 3, Kind: phone.NoticeDrillFailed, Server: 2, Text: "测试失败。服务器2无响应。", Cause: "silence"}
	refused := phone.Notice{Line: 3, Kind: phone.NoticeDrillFailed, Server: 2, Text: "no", Cause: "answered", Status: 403}
	other := phone.Notice{Line: 1, Kind: phone.NoticeDrillDone, Server: 1, MS: 5}
	for _, c := range []struct {
		args    []string
		refusal phone.Refusal
		tells   []phone.Notice
		status  int
		want    string
	}{
		{nil, 0, []phone.Notice{other, over, done}, 0, "Test passed: over to Server 2 in 34 ms, back to Server 1 in 1.2 s.\n"},
		{[]string{"-line", "3", "-lang", "zh"}, 0, []phone.Notice{over, done}, 0, "测试通过:转到服务器2用时34毫秒,返回服务器1用时1.2秒。\n"},
		{nil, 0, []phone.Notice{failed}, 1, "Test failed. Server 2 does not answer.\n"},
		{[]string{"-lang", "zh"}, 0, []phone.Notice{failed}, 1, "测试失败。服务器2无响应。\n"},
		{nil, 0, []phone.Notice{refused}, 1, "Test failed. Server 2 is out of service (SIP 403).\n"},
		{nil, phone.RefusedCall, nil, 1, "No test now: there is a call. Try again after it.\n"},
		{[]string{"-lang", "zh"}, phone.RefusedOneServer, nil, 1, "无需测试:线路只有一个服务器。\n"},
	} {
		path := runPhone(t, &shownPhone{lines: []phone.LineSnapshot{{Line: 3}}, refusal: c.refusal, drill: c.tells})
		status, out, errs := tooled(t, append([]string{"drill", "-socket", path}, c.args...)...)
		if status != c.status || out != c.want || errs != "" {
			t.Errorf("%v: %d %s%s, want %d %s", c.args, status, out, errs, c.status, c.want)
		}
	}
}

func TestToolsSayWhatIsWrong(t *testing.T) {
	path := runPhone(t, &shownPhone{lines: []phone.LineSnapshot{{Line: 1}}})
	empty := runPhone(t, &shownPhone{})
	for _, c := range []struct {
		want string
		args []string
	}{
		{"-socket PATH is the path that the phone was given with -control", []string{"explain", "-socket", filepath.Join(t.TempDir(), "no")}},
		{"-socket PATH", []string{"drill", "-socket", filepath.Join(t.TempDir(), "no")}},
		{"n must be 1 to 1000", []string{"explain", "-socket", path, "-n", "0"}},
		{"line 7 is not set up", []string{"explain", "-socket", path, "-line", "7"}},
		{"line 7 is not set up", []string{"drill", "-socket", path, "-line", "7"}},
		{"the phone has no line", []string{"drill", "-socket", empty}},
		{`unexpected argument "now"`, []string{"drill", "now"}},
		{"FILE is missing", []string{"replay"}},
		{"no such file", []string{"replay", filepath.Join(t.TempDir(), "no")}},
		{`no language "fr"`, []string{"explain", "-lang", "fr"}},
		{"not defined: -quick", []string{"explain", "-quick"}},
		{"save the record", []string{"explain", "-socket", path, "-record", filepath.Join(t.TempDir(), "no", "no")}},
	} {
		status, out, errs := tooled(t, c.args...)
		if status != 2 || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%v: %d %s%s, want %q", c.args, status, out, errs, c.want)
		}
	}
}

func TestHelpOfTools(t *testing.T) {
	status, out, _ := tooled(t, "help")
	for _, want := range []string{"phoned [flags]", "phoned explain", "phoned replay [flags] FILE", "phoned drill", "docs/FAILOVER.md"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%d: %q is not in\n%s", status, want, out)
		}
	}
	for name, flags := range map[string][]string{
		"explain": {"-json", "-line", "-n", "-socket", "-lang", "-record"}, "replay": {"-lang"}, "drill": {"-line", "-socket", "-lang"},
	} {
		status, out, errs := tooled(t, name, "-help")
		for _, f := range flags {
			if status != 0 || errs != "" || !strings.Contains(out, "  "+f+" ") && !strings.Contains(out, "  "+f+"\n") {
				t.Errorf("%s: %d, %q is not in\n%s%s", name, status, f, out, errs)
			}
		}
	}
	for _, args := range [][]string{nil, {"-config", "x"}, {"-help"}, {"explained"}} {
		if isTool(args) {
			t.Errorf("%q is taken for a tool", args)
		}
	}
}
