package journal

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"phoned/sip/failover"
)

var rewrite = flag.Bool("rewrite", false, "write into testdata what the present core decides")

// TestFieldRecords replays testdata/*.txt, records of phones: a report from the
// field becomes a test when its file is put there. First it shows the trouble;
// once the core is mended, -rewrite makes it the witness of that.
func TestFieldRecords(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(again(t, string(text))), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			r := replay(t, string(text))
			for _, l := range r.Lines {
				if d := l.Decides; d != nil {
					t.Errorf("%s:%d: %s\nrecorded %+v\nnow      %+v\n%s\n(-rewrite takes the present decisions)",
						file, d.FileLine, d.Event, d.Recorded, d.Present, strings.Join(d.Actions, "\n"))
				}
			}
			if again(t, string(text)) != string(text) && r.Same() {
				t.Errorf("%s does not come out as it went in", file)
			}
		})
	}
}

// again tells the present core what a text was told, and records that.
func again(t *testing.T, text string) string {
	t.Helper()
	p := player{report: &Report{}}
	var all []*Recording
	var recorder *Recorder
	var core *failover.Line
	var actions []failover.Action
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "decide" {
			continue
		}
		if c := words[0][0]; c < '0' || c > '9' {
			if words[0] == "end" {
				all, recorder, core = append(all, recorder.Recording(p.zero)), nil, nil
			}
			if err := p.take(words); err != nil {
				t.Fatal(err)
			}
			continue
		}
		at, e, _, err := readStep(words)
		if err == nil && p.segment {
			err = p.open()
		}
		if err != nil {
			t.Fatal(err)
		}
		if recorder == nil {
			core = p.core
			recorder = NewRecorder(p.line.Line, p.cfg, p.seed)
			recorder.now = segment{first: p.fresh, state: p.state, start: p.at, last: p.at}
		}
		actions = core.Step(at, e, actions[:0])
		recorder.Step(core, at, e, actions)
	}
	var b strings.Builder
	if err := Write(&b, p.report.Program, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
