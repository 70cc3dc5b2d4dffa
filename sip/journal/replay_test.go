package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// text is what a world has recorded.
func text(t testing.TB, worlds ...*world) string {
	t.Helper()
	var lines []*Recording
	for _, w := range worlds {
		lines = append(lines, w.recorder.Recording(zero))
	}
	var b strings.Builder
	if err := Write(&b, "1.0 test", lines); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func replay(t testing.TB, s string) *Report {
	t.Helper()
	r, err := Replay(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A phone lived through chance; its text, in the same program, comes to the
// same decisions and the same packets.
func TestAReplayDoesTheSame(t *testing.T) {
	for seed := range uint64(20) {
		cfg := testConfig(1 + int(seed)%3)
		cfg.Smart, cfg.Standby = seed%2 == 1, seed%4 == 3
		w := newWorld(cfg, seed)
		for range 500 {
			w.live()
		}
		r := replay(t, text(t, w, newWorld(cfg, 9)))
		if len(r.Lines) != 2 || r.Program != "1.0 test" {
			t.Fatalf("%+v", r)
		}
		if !r.Same() {
			t.Fatalf("seed %d: %+v %+v", seed, r.Lines[0].Decides, r.Lines[0].Acts)
		}
		l := r.Lines[0]
		if l.Steps < 400 || len(l.Decisions) != w.decides || l.Since != zero || l.Until != zero.Add(w.now) {
			t.Errorf("seed %d: %d steps, %d of %d decisions, %v to %v (%v)", seed, l.Steps, len(l.Decisions), w.decides, l.Since, l.Until, w.now)
		}
	}
}

// After days the beginning is forgotten: a replay begins with a kept state, and
// at the next one it has come to the same by itself.
func TestAReplayBeginsWithAKeptState(t *testing.T) {
	for seed := range uint64(4) {
		cfg := testConfig(2)
		cfg.Smart, cfg.Standby = seed%2 == 1, seed == 3
		w := newWorld(cfg, seed)
		for turns := 0; turns < 3; {
			before := w.recorder.now.start
			w.live()
			if w.recorder.now.start != before {
				turns++
			}
		}
		for range 100 {
			w.live()
		}
		s := text(t, w)
		if strings.Contains(s, "segment new") || strings.Count(s, "segment ") != 2 {
			t.Fatalf("seed %d: the segments are not what they should be", seed)
		}
		r := replay(t, s)
		l := r.Lines[0]
		if !r.Same() || l.Steps < 2000 || len(l.Decisions) < 20 || l.Since.Equal(zero) || l.Until != zero.Add(w.now) {
			t.Fatalf("seed %d: %d steps, %d decisions, %v to %v; %+v %+v", seed, l.Steps, len(l.Decisions), l.Since, l.Until, l.Decides, l.Acts)
		}
		// A program that can not read the second state has come there by itself; one
		// that can not read the first has nothing to begin with.
		at := strings.LastIndex(s, "\nstate ") + len("\nstate ")
		if r := replay(t, s[:at]+"////"+s[at+4:]); !r.Same() || r.Lines[0].Steps != l.Steps {
			t.Errorf("seed %d: %+v", seed, r.Lines[0].Decides)
		}
		at = strings.Index(s, "\nstate ") + len("\nstate ")
		_, err := Replay(strings.NewReader(s[:at] + "////" + s[at+4:]))
		if err == nil || !strings.Contains(err.Error(), "begin with the recorded state") {
			t.Errorf("seed %d: %v", seed, err)
		}
		if len(s) > 1<<20 {
			t.Errorf("seed %d: %d bytes of text", seed, len(s))
		}
	}
}

// A program that decides otherwise is told at the first step where it does.
func TestAReplayTellsTheFirstDifference(t *testing.T) {
	w := newWorld(testConfig(2), 1)
	for range 50 {
		w.live()
	}
	whole := text(t, w)

	// Another sum: the same decisions, another packet.
	lines := strings.Split(whole, "\n")
	var changed int
	for i, l := range lines {
		if at := strings.LastIndex(l, " = "); at >= 0 && i > 30 {
			lines[i], changed = l[:at]+" = 00000001", i+1
			break
		}
	}
	r := replay(t, strings.Join(lines, "\n"))
	if d := r.Lines[0].Acts; r.Same() || d == nil || d.FileLine != changed || len(d.Actions) == 0 || r.Lines[0].Decides != nil {
		t.Errorf("line %d was changed: %+v", changed, r.Lines[0])
	}

	// A decision more than the core takes.
	lines = strings.Split(whole, "\n")
	const extra = "  decide give-up from=0 to=-1 method=INVITE cause=answered status=503 request=4 tx=7 cost=1.5s until=9"
	lines[changed-1] += "\n" + extra
	r = replay(t, strings.Join(lines, "\n"))
	d := r.Lines[0].Decides
	if r.Same() || d == nil || d.FileLine != changed || len(d.Recorded) != len(d.Present)+1 {
		t.Fatalf("line %d was changed: %+v", changed, d)
	}
	want := Record{
		Time: d.Time, Line: 1, Decision: failover.GiveUp, From: Target{1, "192.0.2.1:5060"}, Method: sip.INVITE, Status: 503,
		Cause: failover.Answered, Call: true, Cost: 1500 * time.Millisecond, Until: zero.Add(9 * time.Second),
	}
	if got := d.Recorded[len(d.Recorded)-1]; got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What a file may have gone through on its way: a mailer's line ends.
func TestAFileMayComeFromAMailer(t *testing.T) {
	w := newWorld(testConfig(2), 1)
	w.live()
	s := text(t, w)
	s = "\n" + strings.ReplaceAll(s, "\n", "  \r\n") + "\r\n\r\n"
	if r := replay(t, s); !r.Same() || r.Lines[0].Steps < 2 {
		t.Errorf("%+v", r.Lines[0])
	}
}

func TestABadFileIsToldInWords(t *testing.T) {
	w := newWorld(testConfig(2), 1)
	for range 5 {
		w.live()
	}
	good := text(t, w)
	for _, c := range []struct{ from, to, want string }{
		{good, "", "an empty file"},
		{"phoned-record 1", "phoned-record 2", "line 1: this is no record of a phone"},
		{good, "\x7fELF\x01\x02\n", "line 1: this is no record"},
		{"end\n", "", "cut off"},
		{"segment new\n", "", "a step before the first segment"},
		{" start", " jump", `event "jump": not known`},
		{"0.000 start", "0.0x start", `"0.0x" is no time`},
		{"0.000 start", "0.000 start up=1", `"up=1": not known`},
		{"config ", "config quick ", `"quick": not known`},
		{" targets=0", " targets=x", `"targets=x"`},
		{"server 192.0.2.1 5060", "server 192.0.2.1 506000", "out of range"},
		{"server 192.0.2.1 ", "server ", "a server needs"},
		{"line 1\n", "line one\n", `"one" is no line`},
		{"end\n", "line 2\nend\n", "cut off"},
		{"zero ", "zero x", "is no date"},
		{"end\n", "end\n1.0 tick = 00000000\n", "outside of a line's record"},
		{"end\n", "0.000 tick = 00000000\nend\n", "before the step before"},
		{"end\n", "zero 2026-03-01T14:00:00Z\nend\n", "zero after the first step"},
		{"end\n", "1.0 tick 00000000\nend\n", "a step needs time"},
		{"segment new\n", "segment new\nstate AAAA\n", "a state that belongs to no segment"},
		{"end\n", strings.Repeat("x", 5000) + "\nend\n", "longer than 4096 bytes"},
		{"segment new\n", "decide give-up\nsegment new\n", "a decision without a step"},
	} {
		bad := strings.Replace(good, c.from, c.to, 1)
		_, err := Replay(strings.NewReader(bad))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q for %.40q: %v, want %q", c.to, c.from, err, c.want)
		}
	}
	if _, err := Replay(io.MultiReader(strings.NewReader(good), broken{})); err == nil || !strings.Contains(err.Error(), "read the record: torn") {
		t.Errorf("a reader that fails: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("torn") }

// Every field of every event comes back from the packed form and from the text.
func TestEventsComeBack(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		e := failover.Event{Kind: failover.EventKind(chance.IntN(len(eventNames)))}
		v := reflect.ValueOf(&e).Elem()
		for i := 1; i < v.NumField(); i++ {
			if chance.IntN(2) == 0 {
				continue
			}
			f, n := v.Field(i), chance.Int64()
			switch name := v.Type().Field(i).Name; {
			case name == "Method":
				f.SetUint(uint64(n % 14))
			case name == "Cause":
				f.SetUint(uint64(n % int64(len(causeNames))))
			case f.Kind() == reflect.Bool:
				f.SetBool(true)
			case f.CanInt():
				f.SetInt(n >> (64 - f.Type().Bits()))
			default:
				f.SetUint(uint64(n) >> (64 - f.Type().Bits()))
			}
		}
		after := time.Duration(chance.Int64N(1 << 50))
		packed := appendStep(nil, after, e, nil, 0)
		got, rest, ok := next(packed)
		if !ok || len(rest) != 0 || got.event != e || got.after != after {
			t.Fatalf("packed: %v\ngot  %+v\nwant %+v", ok, got.event, e)
		}
		line := fmt.Sprintf("%s %s = 0000002a", seconds(after), appendEvent(nil, e))
		at, back, sum, err := readStep(strings.Fields(line))
		if err != nil || at != after || back != e || sum != 42 {
			t.Fatalf("%s: %v %v\ngot  %+v\nwant %+v", line, err, at, back, e)
		}
		for n := range packed {
			if _, _, ok := next(packed[:n]); ok {
				t.Fatalf("%d of %d bytes are a step", n, len(packed))
			}
		}
	}
}

// Decisions come back with all they say.
func TestDecisionsComeBack(t *testing.T) {
	a := failover.Action{
		Kind: failover.Decide, Decision: failover.MoveRequest, From: 3, Server: failover.NoServer, Method: sip.BYE,
		Cause: failover.Refused, Status: 503, ID: 7, Tx: 99, Cost: 1234567, At: time.Hour,
	}
	got, err := readDecision(strings.Fields(string(appendDecision(nil, a))))
	if err != nil || got != a {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, a)
	}
	s, _, ok := next(appendStep(nil, 0, failover.Event{}, []failover.Action{{}, a, {}}, 0))
	if !ok || len(s.decides) != 1 || s.decides[0] != a {
		t.Errorf("packed: %+v", s.decides)
	}
}

// In the steady state a recorder takes no memory.
func TestARecorderAllocatesNothing(t *testing.T) {
	w := newWorld(testConfig(2), 1)
	for w.recorder.now.steps < 100 {
		w.live()
	}
	e := failover.Event{Kind: failover.Response, Tx: 12, Method: sip.REGISTER, Status: 200, Expires: time.Hour}
	actions := []failover.Action{{Kind: failover.Forget, Tx: 12}, {Kind: failover.Decide, Decision: failover.LineServed}}
	for range 3 * segmentSize / 8 {
		w.now += time.Millisecond
		w.recorder.Step(w.core, w.now, e, actions)
	}
	n := testing.AllocsPerRun(2*segmentSize/8, func() {
		w.now += time.Millisecond
		w.recorder.Step(w.core, w.now, e, actions)
	})
	if n != 0 {
		t.Errorf("%v allocations per step", n)
	}
	if size := len(w.recorder.now.data) + len(w.recorder.old.data); size > 2*segmentSize {
		t.Errorf("%d bytes", size)
	}
}

func TestWriteTellsWhyItFailed(t *testing.T) {
	w := newWorld(testConfig(2), 1)
	err := Write(full{}, "1", []*Recording{w.recorder.Recording(zero)})
	if err == nil || err.Error() != "write the record of line 1: full" {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

// FuzzReplay: no file ends the program, or takes it long.
func FuzzReplay(f *testing.F) {
	for seed := range uint64(4) {
		cfg := testConfig(2)
		cfg.Smart, cfg.Targets = seed%2 == 0, int(seed)
		w := newWorld(cfg, seed)
		for range 20 {
			w.live()
		}
		f.Add([]byte(text(f, w)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Replay(bytes.NewReader(b))
		if (r == nil) == (err == nil) {
			t.Fatalf("%v and %v", r, err)
		}
		if err != nil && strings.Contains(err.Error(), "panics") {
			t.Fatal(err)
		}
	})
}
