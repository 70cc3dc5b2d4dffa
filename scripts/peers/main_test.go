package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"phoned/scripts/peers/report"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"-only", "phoned,baresip", "-fault", "silence", "-situation", "dial", "-runs", "3"})
	want := report.Selection{Peers: []string{"phoned", "baresip"}, Faults: []string{"silence"}, Situations: []string{"dial"}}
	if err != nil || !reflect.DeepEqual(o.selection, want) || o.runs != 3 || o.draw {
		t.Errorf("%+v %v", o, err)
	}
	for _, bad := range [][]string{{"-only", "asterisk"}, {"-runs", "0"}, {"dial"}, {"-fault", ""}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestAMissingProgramIsLeftOutAndNamed(t *testing.T) {
	cells, missing := without((report.Selection{}).Cells(), func(p string) bool { return p != "linphonec" })
	if !reflect.DeepEqual(missing, []string{"linphonec"}) {
		t.Errorf("missing %v", missing)
	}
	for _, c := range cells {
		if c.Peer.ID == "linphonec" {
			t.Errorf("%v is still there", c)
		}
	}
	if want := (len(report.Peers()) - 1) * len(report.Faults()) * len(report.Situations()); len(cells) != want {
		t.Errorf("%d cells, want %d", len(cells), want)
	}
}

func TestResultsAreCollectedAndWhatIsLeftIsKnown(t *testing.T) {
	var told strings.Builder
	rs := collect(strings.NewReader(`{"peer":"sipgo","fault":"rst","situation":"dial","outcome":"done","seconds":32}
not JSON
{"peer":"sipgo","fault":"rst","situation":"start","outcome":"never","seconds":75}
`), &told, 3)
	if len(rs) != 2 || !strings.Contains(told.String(), "2/3") || !strings.Contains(told.String(), "never") {
		t.Errorf("%v\n%s", rs, &told)
	}
	got := left([]string{"sipgo/rst/dial", "sipgo/rst/dial", "sipgo/rst/start", "sipgo/503/dial"}, rs)
	if !reflect.DeepEqual(got, []string{"sipgo/503/dial", "sipgo/rst/dial"}) {
		t.Errorf("left %v", got)
	}
}

func TestDrawNeedsResultsAndWritesPageAndChart(t *testing.T) {
	dir := t.TempDir()
	if err := run(t.Context(), []string{"-draw", "-out", dir}); err == nil {
		t.Error("nothing was drawn without complaint")
	}
	rs := report.Results{Results: []report.Result{{Peer: "sipgo", Fault: "rst", Situation: "dial", Outcome: report.Done, Seconds: 32}}}
	if err := os.WriteFile(filepath.Join(dir, "results.json"), rs.JSON(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-draw", "-out", dir}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "peers.svg"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), "32") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
