package journal

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

func TestRingKeepsTheLast(t *testing.T) {
	var r Ring
	for i := range RingSize + 5 {
		r.Add(Record{Line: 1 + i%2, Status: i})
	}
	if r.Len() != RingSize {
		t.Fatalf("%d records", r.Len())
	}
	all := r.Last(RingSize+1, 0)
	if len(all) != RingSize || all[0].Status != 5 || all[RingSize-1].Status != RingSize+4 {
		t.Errorf("%d records, %d to %d", len(all), all[0].Status, all[len(all)-1].Status)
	}
	two := r.Last(3, 2)
	if len(two) != 3 || two[0].Status != RingSize-1 || two[2].Status != RingSize+3 {
		t.Errorf("the last 3 of line 2: %+v", two)
	}
	if got := r.Last(10, 7); got != nil {
		t.Errorf("line 7: %+v", got)
	}
	if got := NewRing(0).Last(1, 0); got != nil {
		t.Errorf("an empty ring: %+v", got)
	}
}

func TestRecordAsJSON(t *testing.T) {
	r := Record{
		Time: time.Date(2026, 3, 1, 14, 3, 7, 0, time.UTC), Line: 1, Decision: failover.MoveEarly,
		From: Target{1, "192.0.2.1:5060"}, To: Target{2, "192.0.2.2:5060"},
		Method: sip.INVITE, Cause: failover.Silence, Call: true, Cost: 1400 * time.Millisecond,
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2026-03-01T14:03:07Z","line":1,"decision":"move-early",` +
		`"from":{"server":1,"address":"192.0.2.1:5060"},"to":{"server":2,"address":"192.0.2.2:5060"},"call":true,` +
		`"evidence":{"method":"INVITE","cause":"silence","packet":"INVITE: silence"},"cost_ms":1400}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var back Record
	if err := json.Unmarshal(text, &back); err != nil || back != r {
		t.Errorf("%v: %+v, want %+v", err, back, r)
	}
	for _, bad := range []string{
		`{`, `{"decision":"x"}`, `{"decision":"suspect","evidence":{"cause":"x"}}`, `{"decision":"suspect","evidence":{"method":"X"}}`,
	} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// Whatever the core can say has a name here, and each has its own.
func TestEveryConstantHasAName(t *testing.T) {
	names := map[string][]string{
		"Decision": decisionNames, "Cause": causeNames, "EventKind": eventNames, "ActionKind": actionNames,
	}
	seen := map[string]int{}
	for _, file := range []string{"../failover/event.go", "../failover/action.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			kind := ""
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if id, ok := v.Type.(*ast.Ident); ok {
					kind = id.Name
				}
				if kind != "" {
					seen[kind]++
				}
			}
		}
	}
	for kind, list := range names {
		if seen[kind] != len(list) {
			t.Errorf("%d of %s have names, %d are there", len(list), kind, seen[kind])
		}
		taken := map[string]bool{}
		for i, n := range list {
			if taken[n] || n == "" && i > 0 || strings.ContainsAny(n, " =#") {
				t.Errorf("%s %d is named %q", kind, i, n)
			}
			taken[n] = true
		}
	}
}
