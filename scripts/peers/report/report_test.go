package report

import (
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// some are results of several kinds.
func some() Results {
	return Results{
		Versions: map[string]string{"baresip": "1.0.0"},
		Missing:  []string{"linphonec"},
		Results: []Result{
			{Peer: "phoned", Fault: "icmp", Situation: "dial", Outcome: Done, Seconds: 0.0126, Late: 0.01},
			{Peer: "baresip", Fault: "icmp", Situation: "dial", Outcome: Done, Seconds: 32.06},
			{Peer: "sipgo", Fault: "icmp", Situation: "dial", Outcome: Never, Seconds: 75},
			{Peer: "baresip", Fault: "silence", Situation: "register", Outcome: NoCommand},
			{Peer: "sipgo", Fault: "rst", Situation: "failback", Outcome: Unreached, Seconds: 120},
			{Peer: "sipgo", Fault: "503", Situation: "dial", Outcome: Failed},
		},
	}
}

func TestTheTableHasEveryResultInItsPlace(t *testing.T) {
	text := some().Tables()
	_, text, _ = strings.Cut(text, "### Dial\n")
	text, rest, _ := strings.Cut(text, "### Hang up\n")
	want := map[string][]string{ // silence, ICMP, 503, SYN drop, RST
		"phoned, default settings": {"–", "**0.013**", "–", "–", "–"},
		"baresip":                  {"–", "32", "–", "–", "–"},
		"plain sipgo program":      {"–", "never", "–", "–", "–"},
		"s":                        {"silence", "ICMP", "503", "SYN drop", "RST"},
	}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if w, ok := want[cells[0]]; ok {
			if !reflect.DeepEqual(cells[1:], w) {
				t.Errorf("%s: %v, want %v", cells[0], cells[1:], w)
			}
			delete(want, cells[0])
		}
	}
	if len(want) > 0 {
		t.Errorf("no rows for %v in\n%s", want, text)
	}
	if !strings.Contains(text, "Given up after 75 s") || !strings.Contains(rest, "never at the backup") {
		t.Errorf("limit or failback missing:\n%s%s", text, rest)
	}
}

func TestSecondsAreShort(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0.000", 0.0126: "0.013", 0.0999: "0.10", 0.25: "0.25", 0.996: "1.0", 7.5025: "7.5", 9.96: "10", 32.01: "32", 119.6: "120",
	} {
		if got := Seconds(s); got != want {
			t.Errorf("%v is %q, want %q", s, got, want)
		}
	}
}

func TestTheMiddleOfSeveralRunsIsShown(t *testing.T) {
	c := Selection{[]string{"phoned"}, []string{"icmp"}, []string{"dial"}}.Cells()[0]
	run := func(o Outcome, s float64) Result {
		return Result{Peer: "phoned", Fault: "icmp", Situation: "dial", Outcome: o, Seconds: s}
	}
	for _, k := range []struct {
		runs []Result
		want float64
	}{
		{[]Result{run(Done, 3), run(Done, 1), run(Done, 2)}, 2},
		{[]Result{run(Done, 3), run(Done, 1)}, 3}, // the worse one
		{[]Result{run(Never, 75), run(Done, 2), run(Never, 75)}, 75},
		{[]Result{run(Failed, 0), run(Done, 2)}, 2},
	} {
		rs := Results{Results: k.runs}
		if r, ok := rs.Of(c); !ok || r.Seconds != k.want {
			t.Errorf("%v: %v %v, want %v", k.runs, r, ok, k.want)
		}
	}
	rs := Results{Results: []Result{run(Failed, 0)}}
	if _, ok := rs.Of(c); ok {
		t.Error("a failed measurement is a result")
	}
}

func TestResultsSurviveTheFileAndPartsAreReplaced(t *testing.T) {
	old := some()
	back, err := Parse(old.JSON())
	if err != nil || !reflect.DeepEqual(back, old) {
		t.Fatalf("%v\n%+v, want\n%+v", err, back, old)
	}
	fresh := Results{
		Versions: map[string]string{"baresip": "9"},
		Results: []Result{
			{Peer: "phoned", Fault: "icmp", Situation: "dial", Outcome: Done, Seconds: 1},
			{Peer: "phoned", Fault: "icmp", Situation: "dial", Outcome: Done, Seconds: 2},
			{Peer: "phoned", Fault: "silence", Situation: "start", Outcome: Done, Seconds: 3},
		},
	}
	got := back.Replace(fresh)
	if len(got.Results) != len(old.Results)+2 || got.Results[0].Seconds != 3 || got.Versions["baresip"] != "9" || got.Missing != nil {
		t.Errorf("%+v", got)
	}
	for _, r := range got.Results {
		if r.Seconds == old.Results[0].Seconds {
			t.Errorf("the old result is still there: %+v", r)
		}
	}
	if _, err := Parse([]byte("{")); err == nil {
		t.Error("half a file was read")
	}
}

func TestTheChartIsWellFormedAndHasABarForEachResult(t *testing.T) {
	rs := some()
	rs.Versions["baresip"] = "<1&0>" // a program may say anything
	bars, texts := map[string]int{}, map[string]int{}
	dec := xml.NewDecoder(strings.NewReader(rs.Chart()))
	var last string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			last = tok.Name.Local
			if last == "rect" {
				for _, a := range tok.Attr {
					if a.Name.Local == "class" {
						bars[a.Value]++
					}
				}
			}
		case xml.CharData:
			if last == "text" {
				texts[strings.TrimSpace(string(tok))]++
			}
		}
	}
	// One of each is the legend's.
	for class, n := range map[string]int{"p0": 1, "p1": 2, "p2": 2, "p3": 1, "p4": 1, "p4 never": 2} {
		if bars[class] != n {
			t.Errorf("%d bars of %s, want %d; all: %v", bars[class], class, n, bars)
		}
	}
	for text, n := range map[string]int{"0.013": 1, "32": 1, "never": 2, "no command": 1, "baresip <1&0>": 1, "SYN drop": len(Situations())} {
		if texts[text] != n {
			t.Errorf("%q is there %d times, want %d", text, texts[text], n)
		}
	}
}

func TestThePageSaysWhatIsMissingAndHowToRepeat(t *testing.T) {
	page, err := some().Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not installed where this was measured: linphonec", "baresip 1.0.0", "make bench-peers", "measured once", "`phoned-smart`", "peers.svg", "### Failback"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, c := range (Selection{}).Cells() {
		if c.Situation.Limit <= 0 || c.Fault.What == "" {
			t.Errorf("%v is not described", c)
		}
	}
}

func TestASelectionIsAPartOfTheWhole(t *testing.T) {
	all := (Selection{}).Cells()
	if want := len(Peers()) * len(Faults()) * len(Situations()); len(all) != want {
		t.Errorf("%d cells, want %d", len(all), want)
	}
	part := Selection{[]string{"phoned", "sipgo"}, []string{"rst"}, nil}
	if n := len(part.Cells()); n != 2*len(Situations()) {
		t.Errorf("%d cells", n)
	}
	if err := part.Check(); err != nil {
		t.Error(err)
	}
	if err := (Selection{Faults: []string{"flood"}}).Check(); err == nil || !strings.Contains(err.Error(), "silence") {
		t.Errorf("an unknown fault: %v", err)
	}
}
