package phone

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/hw"
	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/journal"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts in testdata anew")

// A transcript is a story: lines that begin in the first column are events
// ("@SECONDS event words"), the indented ones below are all that the phone does
// about it. Ticks that change nothing but the seconds on the display are left
// out. `config KEY=VALUE...` before the first event sets the phone up.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("%s", firstDifference(string(want), got))
			}
		})
	}
}

// epoch is the start of every transcript: two minutes past two, UTC.
var epoch = time.Date(2024, 5, 17, 14, 2, 0, 0, time.UTC)

// play runs the events of a script and returns it with what the phone did.
func play(t *testing.T, script string) string {
	t.Helper()
	var out strings.Builder
	fresh := func(config string) *Phone {
		p := New(parseConfig(t, config))
		p.Step(epoch, Tick{}) // which tells everything once
		return p
	}
	p := fresh("")
	note := func(actions []Action, ticked bool) {
		for _, a := range actions {
			if _, isShow := a.(Show); isShow && ticked && len(actions) == 1 {
				continue // only the seconds ran on
			}
			fmt.Fprintf(&out, "    %s\n", describe(a))
		}
	}
	step := func(at time.Time, ev Event) {
		for p.Deadline().Before(at) {
			d := p.Deadline()
			actions := p.Step(d, Tick{})
			if len(actions) > 1 || len(actions) == 1 && describe(actions[0])[:4] != "show" {
				fmt.Fprintf(&out, "@%s tick\n", seconds(d))
				note(actions, true)
			}
		}
	}
	for _, l := range strings.Split(strings.TrimRight(script, "\n"), "\n") {
		switch {
		case strings.HasPrefix(l, "config"):
			p = fresh(l)
			out.WriteString(l + "\n")
		case strings.HasPrefix(l, "@") && strings.HasSuffix(l, " tick"):
			// made anew
		case strings.HasPrefix(l, "@"):
			when, what, _ := strings.Cut(l[1:], " ")
			f, err := strconv.ParseFloat(when, 64)
			if err != nil {
				t.Fatalf("%q: %v", l, err)
			}
			at := epoch.Add(time.Duration(f * float64(time.Second)))
			ev := parseEvent(t, what, at)
			step(at, ev)
			out.WriteString(l + "\n")
			if ev == nil { // "look": the display as it is
				p.Step(at, Tick{})
				fmt.Fprintf(&out, "    %s\n", describe(Show{p.shown.screen}))
				continue
			}
			note(p.Step(at, ev), false)
		case strings.HasPrefix(l, "    "):
		default:
			out.WriteString(l + "\n")
		}
	}
	return out.String()
}

func seconds(at time.Time) string {
	return strconv.FormatFloat(at.Sub(epoch).Seconds(), 'f', -1, 64)
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < max(len(w), len(g)); i++ {
		at := func(s []string) string {
			if i < len(s) {
				return s[i]
			}
			return "(end)"
		}
		if at(w) != at(g) {
			return fmt.Sprintf("line %d:\nwant %s\ngot  %s\n(go test -run Transcripts -rewrite shows all in the diff)", i+1, at(w), at(g))
		}
	}
	return "no difference"
}

func describe(a Action) string {
	switch a := a.(type) {
	case Dial:
		return fmt.Sprintf("dial %d line%d %s", a.Call, a.Line, a.Number)
	case Ring:
		return fmt.Sprintf("ring %d", a.Call)
	case Answer:
		return fmt.Sprintf("answer %d", a.Call)
	case Reject:
		return fmt.Sprintf("reject %d %d", a.Call, a.Status)
	case Hangup:
		return fmt.Sprintf("hangup %d", a.Call)
	case Hold:
		return fmt.Sprintf("hold %d", a.Call)
	case Resume:
		return fmt.Sprintf("resume %d", a.Call)
	case Drill:
		return fmt.Sprintf("drill line%d", a.Line)
	case Register:
		return fmt.Sprintf("register line%d", a.Line)
	case Talk:
		return fmt.Sprintf("talk %d", a.Call)
	case Play:
		return "play " + soundNames[a.Sound]
	case Route:
		return "route " + routeNames[a.Route]
	case Mute:
		return fmt.Sprintf("mute %v", a.On)
	case Volume:
		if a.Ring {
			return fmt.Sprintf("ring volume %d", a.Level)
		}
		return fmt.Sprintf("volume %d", a.Level)
	case SendDigit:
		return fmt.Sprintf("digit %d %c %s", a.Call, a.Digit, [...]string{"in-band", "rfc4733", "info", "auto"}[a.Mode])
	case Lamp:
		return fmt.Sprintf("lamp %s %s", a.Lamp, a.Light)
	case Show:
		return "show " + strings.Join(Text(a.Screen), " / ")
	case Notify:
		return fmt.Sprintf("notice line%d %s %s: %s", a.Notice.Line, a.Notice.Kind, a.Notice.Severity, a.Notice.Text)
	case Save:
		return fmt.Sprintf("save %s=%s", a.Setting, a.Value)
	}
	return fmt.Sprintf("%T %+v", a, a)
}

// parseConfig reads `config lines=2 language=zh ...`.
func parseConfig(t *testing.T, l string) Config {
	c := Config{
		DialByPound: true, DialByTimeout: true, DialTimeout: 10 * time.Second, CallWaiting: true,
		HandsetVolume: 5, SpeakerVolume: 5, HeadsetVolume: 5, RingVolume: 5, Model: "P1", Version: "1.0",
	}
	lines := 1
	mode := AutoDTMF
	register := true
	servers := 2
	words := strings.Fields(l)
	for _, w := range words[min(1, len(words)):] {
		k, v, _ := strings.Cut(w, "=")
		n, _ := strconv.Atoi(v)
		switch k {
		case "lines":
			lines = n
		case "language":
			if v == "zh" {
				c.Language = Chinese
			}
		case "pound":
			c.DialByPound = n == 1
		case "timeout":
			c.DialByTimeout, c.DialTimeout = n > 0, time.Duration(n)*time.Second
		case "fixed":
			c.DialFixed, c.FixedLength = n > 0, n
		case "waiting":
			c.CallWaiting = n == 1
		case "ringtimeout":
			c.RingTimeout = time.Duration(n) * time.Second
		case "dtmf":
			mode = DTMF(n)
		case "register":
			register = n == 1
		case "servers":
			servers = n
		case "codes":
			if _, err := fmt.Sscanf(v, "%d,%d,%d", &c.DNDStatus, &c.BusyStatus, &c.RejectStatus); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("config: %s", w)
		}
	}
	for n := 1; n <= lines; n++ {
		c.Lines = append(c.Lines, Line{Number: n, User: "100" + strconv.Itoa(n), Enabled: true, Register: register, DTMF: mode, Servers: servers})
	}
	return c
}

var (
	phases  = map[string]failover.Phase{"idle": failover.Idle, "trying": failover.Trying, "registered": failover.Registered, "rejected": failover.Rejected, "waiting": failover.Waiting, "offline": failover.Offline}
	notices = map[string]failover.NoticeKind{"unavailable": failover.Unavailable, "moved-over": failover.MovedOver, "moved-back": failover.MovedBack, "all-failed": failover.AllFailed, "recovered": failover.Recovered, "refusal": failover.Refusal, "bad-certificate": failover.BadCertificate, "bye-lost": failover.ByeLost, "postponed": failover.Postponed, "drill-over": failover.DrillOver, "drill-done": failover.DrillDone, "drill-failed": failover.DrillFailed, "no-redundancy": NoRedundancy}
	causes  = map[string]failover.Cause{"silence": failover.Silence, "icmp": failover.ICMP, "refused": failover.Refused, "tls": failover.TLSFailed, "certificate": failover.Certificate, "noname": failover.NoName, "answered": failover.Answered, "nonetwork": failover.NoNetwork, "overload": failover.Overload}
)

// parseEvent reads the words of an event; nil for "look".
func parseEvent(t *testing.T, what string, at time.Time) Event {
	t.Helper()
	f := strings.Fields(what)
	field := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	num := func(i int) int { n, _ := strconv.Atoi(field(i)); return n }
	// has finds KEY=VALUE, value the rest of the word.
	value := func(key string) string {
		for _, w := range f {
			if v, ok := strings.CutPrefix(w, key+"="); ok {
				return v
			}
		}
		return ""
	}
	number := func(key string) int { n, _ := strconv.Atoi(value(key)); return n }
	next := func() time.Time {
		if s := number("next"); s > 0 {
			return at.Add(time.Duration(s) * time.Second)
		}
		return time.Time{}
	}
	has := func(word string) bool {
		for _, w := range f {
			if w == word {
				return true
			}
		}
		return false
	}
	id := CallID(num(1))
	switch field(0) {
	case "look":
		return nil
	case "press", "repeat", "long":
		k, ok := hw.ParseKey(field(1))
		if !ok {
			t.Fatalf("no key %q", field(1))
		}
		return Input{hw.Input{Kind: map[string]hw.InputKind{"press": hw.Press, "repeat": hw.Repeat, "long": hw.Long}[field(0)], Key: k}}
	case "hook":
		return Input{hw.Input{Kind: map[string]hw.InputKind{"up": hw.HookUp, "down": hw.HookDown}[field(1)]}}
	case "headset":
		return Input{hw.Input{Kind: map[string]hw.InputKind{"in": hw.HeadsetIn, "out": hw.HeadsetOut}[field(1)]}}
	case "line": // line 1 registered 2
		ev := LineState{Line: num(1), Phase: phases[field(2)], Server: num(3), Status: number("status"), Cause: causes[value("cause")], Next: next()}
		ev.Registered = ev.Phase == failover.Registered || has("still")
		if ev.Server > 0 {
			ev.Address = fmt.Sprintf("10.0.0.%d:5060", ev.Server)
		}
		return ev
	case "notice": // notice 1 unavailable server cause
		return LineNotice{Line: num(1), Kind: notices[field(2)], Server: num(3), Status: number("status"), Cause: causes[value("cause")], Call: CallID(number("call")), Next: next(), Cost: time.Duration(number("ms")) * time.Millisecond}
	case "decided": // decided 1 move-request from=1 to=2 cause=silence method=INVITE
		d, ok := journal.ParseDecision(field(2))
		if !ok {
			t.Fatalf("no decision %q", field(2))
		}
		method, _ := sip.ParseMethod(value("method"))
		target := func(n int) journal.Target {
			if n == 0 {
				return journal.Target{}
			}
			return journal.Target{Server: n, Address: fmt.Sprintf("10.0.0.%d:5060", n)}
		}
		return Decided{journal.Record{
			Time: at, Line: num(1), Decision: d, From: target(number("from")), To: target(number("to")), Method: method,
			Cause: causes[value("cause")], Status: number("status"), Call: number("call") != 0,
			Cost: time.Duration(number("ms")) * time.Millisecond, Until: next(),
		}}
	case "health": // health 1 up=12 silence up ... : the state of each server, in ms or why not
		ev := Health{Line: num(1)}
		for i, w := range f[2:] {
			h := TargetHealth{Server: i + 1, Address: fmt.Sprintf("10.0.0.%d:5060", i+1), Since: at}
			if state, n, more := strings.Cut(w, "@"); more { // silence@2: another address of server 2
				h.Server, _ = strconv.Atoi(n)
				w = state
			}
			switch state, n, _ := strings.Cut(w, "="); state {
			case "unknown":
			case "up":
				ms, _ := strconv.Atoi(n)
				h.State, h.RTT = health.Up, time.Duration(ms)*time.Millisecond
			default:
				h.State, h.Cause = health.Down, causes[state]
				if h.Status, _ = strconv.Atoi(n); h.Status != 0 {
					h.Until = at.Add(2 * time.Minute)
				}
			}
			ev.Targets = append(ev.Targets, h)
		}
		return ev
	case "incoming": // incoming 2 line1 200 Name
		return Incoming{Call: id, Line: max(number("line"), 1), Number: field(2), Name: value("name"), Private: has("private")}
	case "asking":
		return Asking{Call: id, Server: num(2)}
	case "progress":
		return Progress{Call: id, Status: num(2), Media: has("media")}
	case "established":
		return Established{Call: id, Server: num(2), Events: has("events")}
	case "media":
		return MediaChanged{Call: id, Events: has("events"), LocalHold: has("local-hold"), RemoteHold: has("remote-hold")}
	case "holdfailed":
		return HoldFailed{Call: id, Status: 488}
	case "ended":
		return Ended{Call: id, Status: num(2), ByRemote: has("remote"), Cause: causes[value("cause")], Reason: value("reason")}
	case "link":
		return Link{Up: field(1) == "up", Address: field(2)}
	case "fault":
		return Fault{strings.TrimSpace(strings.TrimPrefix(what, "fault"))}
	case "register":
		return RegisterNow{num(1)}
	case "drill":
		return DrillNow{num(1)}
	}
	t.Fatalf("no event %q", what)
	return nil
}
