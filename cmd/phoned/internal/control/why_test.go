package control

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/journal"
)

var at = time.Date(2026, 3, 1, 14, 3, 7, 0, time.UTC)

// some are decisions of two lines.
func some() []journal.Record {
	return []journal.Record{
		{
			Time: at, Line: 1, Decision: failover.MoveRequest, From: journal.Target{Server: 1, Address: "192.0.2.1:5060"},
			To: journal.Target{Server: 2, Address: "192.0.2.2:5060"}, Call: true, Method: sip.INVITE, Cause: failover.Silence,
			Cost: 1400 * time.Millisecond,
		},
		{Time: at, Line: 3, Decision: failover.LinkLost, Cause: failover.NoNetwork},
		{Time: at, Line: 1, Decision: failover.Watch, To: journal.Target{Server: 1, Address: "192.0.2.1:5060"}, Until: at.Add(time.Minute)},
	}
}

func TestDecisions(t *testing.T) {
	f := newFake()
	f.why = some()
	c := dial(t, serve(t, Config{Phone: f}))
	for line, want := range map[string][]string{
		`{"do":"decisions"}`:                       {"move-request", "link-lost", "watch"},
		`{"do":"decisions","line":1}`:              {"move-request", "watch"},
		`{"do":"decisions","line":1,"n":1,"id":5}`: {"watch"},
	} {
		c.send(line)
		m := c.next()
		var got []string
		for _, d := range m["decisions"].([]any) {
			got = append(got, d.(map[string]any)["decision"].(string))
		}
		if !reflect.DeepEqual(got, want) || (m["id"] == 5.0) != strings.Contains(line, "id") {
			t.Errorf("%s: %v, want %v", line, m, want)
		}
	}
	f.why = nil
	c.send(`{"do":"decisions"}`)
	if m := c.next(); !reflect.DeepEqual(m["decisions"], []any{}) {
		t.Errorf("none: %v", m)
	}
}

func TestHealth(t *testing.T) {
	f := newFake()
	f.health = []phone.Health{{Line: 1, Targets: []phone.TargetHealth{
		{Server: 1, Address: "192.0.2.1:5060", State: health.Down, Since: at, Cause: failover.Answered, Status: 503, Until: at.Add(time.Minute)},
		{Server: 2, Address: "192.0.2.2:5061", Transport: sip.TLS, State: health.Up, Since: at, RTT: 12345 * time.Microsecond},
	}}}
	c := dial(t, serve(t, Config{Phone: f}))
	c.send(`{"do":"health","id":1}`)
	const want = `{"health":[{"line":1,"targets":[` +
		`{"address":"192.0.2.1:5060","cause":"answered","server":1,"since":"2026-03-01T14:03:07Z","state":"down","status":503,"transport":"UDP","until":"2026-03-01T14:04:07Z"},` +
		`{"address":"192.0.2.2:5061","rtt_ms":12.345,"server":2,"since":"2026-03-01T14:03:07Z","state":"up","transport":"TLS"}]}],"id":1}`
	if got, _ := json.Marshal(c.next()); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f.health = nil
	c.send(`{"do":"health"}`)
	if m := c.next(); !reflect.DeepEqual(m["health"], []any{}) {
		t.Errorf("none: %v", m)
	}
}

// Only who has asked is told decisions and health, and only as long.
func TestWatch(t *testing.T) {
	f := newFake()
	path := serve(t, Config{Phone: f})
	old, all, half := dial(t, path), dial(t, path), dial(t, path)
	old.send(`{"do":"get"}`)
	old.next()
	all.send(`{"do":"watch","what":["decisions","health"],"id":1}`)
	half.send(`{"do":"watch","what":["health"],"id":1}`)
	for _, c := range []*conn{all, half} {
		if m := c.next(); m["ok"] != true {
			t.Fatal(m)
		}
	}
	f.tell(desk.Update{Decision: &some()[0]})
	f.tell(desk.Update{Health: &phone.Health{Line: 3}})
	f.tell(desk.Update{Snapshot: &phone.Snapshot{Call: phone.CallUp}})
	if m := old.next(); m["call"] != "up" {
		t.Errorf("a client that has not asked is told %v", m)
	}
	if m := all.next(); m["decision"].(map[string]any)["decision"] != "move-request" {
		t.Errorf("decision %v", m)
	}
	for _, c := range []*conn{all, half} {
		if m := c.next(); !reflect.DeepEqual(m, map[string]any{"health": map[string]any{"line": 3.0, "targets": []any{}}}) {
			t.Errorf("health %v", m)
		}
		if m := c.next(); m["call"] != "up" {
			t.Errorf("state %v", m)
		}
	}
	all.send(`{"do":"watch","what":[],"id":2}`)
	all.next()
	f.tell(desk.Update{Decision: &some()[0]})
	f.tell(desk.Update{Notice: &phone.Notice{Kind: phone.NoticeBack}})
	if m := all.next(); m["kind"] != "back" {
		t.Errorf("after the end of watching: %v", m)
	}
}

func TestRecord(t *testing.T) {
	f := newFake()
	f.lines = []*journal.Recording{journal.NewRecorder(1, failover.Config{}, 7).Recording(at)}
	c := dial(t, serve(t, Config{Phone: f, Program: "1.2"}))
	c.send(`{"do":"record","id":1}`)
	m := c.next()
	report, err := journal.Replay(strings.NewReader(fmt.Sprint(m["record"])))
	if err != nil || m["id"] != 1.0 || report.Program != "1.2" || len(report.Lines) != 1 {
		t.Errorf("%v: %v", err, m)
	}
}

func TestDrill(t *testing.T) {
	f := newFake()
	c := dial(t, serve(t, Config{Phone: f}))
	c.send(`{"do":"drill","line":1,"id":1}`)
	if m := c.next(); m["ok"] != true {
		t.Errorf("answer %v", m)
	}
	f.mu.Lock()
	f.refusal = phone.RefusedCall
	f.mu.Unlock()
	c.send(`{"do":"drill","line":3,"id":2}`)
	if m := c.next(); m["why"] != "call" || m["id"] != 2.0 || !strings.Contains(fmt.Sprint(m["error"]), "there is a call") {
		t.Errorf("answer %v", m)
	}
	if got := f.asked(); len(got) != 2 || got[0].(desk.Drill).Line != 1 || got[1].(desk.Drill).Line != 3 {
		t.Errorf("the desk was asked %v", got)
	}
}

func TestErrorsOfWhy(t *testing.T) {
	c := dial(t, serve(t, Config{Phone: newFake()}))
	for line, words := range map[string]string{
		`{"do":"decisions","n":0}`:              "n must be 1 to 1000",
		`{"do":"decisions","n":1001}`:           "n must be 1 to 1000",
		`{"do":"decisions","line":2}`:           "line 2 is not set up",
		`{"do":"drill"}`:                        "drill needs a line",
		`{"do":"drill","line":9}`:               "line 9 is not set up",
		`{"do":"watch"}`:                        "watch needs what",
		`{"do":"watch","what":["calls"]}`:       `"calls" can not be watched; there are: decisions, health`,
		`{"do":"watch","what":"decisions"}`:     "one JSON object",
		`{"do":"nothing"}`:                      "there are: get, register, decisions, health, record, drill, update, watch",
		`{"do":"update","path":"phone.raucb"}`:  "update needs the whole path",
		`{"do":"update","path":"/phone.raucb"}`: "does not run from a firmware image",
	} {
		c.send(line)
		if m := c.next(); !strings.Contains(fmt.Sprint(m["error"]), words) {
			t.Errorf("%s: %v, want %q", line, m, words)
		}
	}
}

// A desk that does not answer keeps nobody waiting for ever.
func TestADeafDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.deaf = true
		c := newClient(New(Config{Phone: f}), nil)
		line := 1
		if _, err := c.record(t.Context(), command{Do: "record"}); err != errBusy {
			t.Errorf("record: %v", err)
		}
		if err := c.drill(t.Context(), command{Do: "drill", Line: &line}); err != errBusy {
			t.Errorf("drill: %v", err)
		}
	})
}
