// Testreport reads the events of `go test -json` and writes what a person
// wants to know: a line for each package as it ends, the whole output of
// what failed, every skipped test with its reason, and the totals.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

type test struct{ pkg, name string }

// report gathers what the events say.
type report struct {
	out                     io.Writer
	said                    map[test][]string
	passed, failed, skipped int
	skips                   []string
	broken                  bool                       // a package failed, with or without a failed test
	failures                map[string]map[string]bool // of each package, by outermost test
}

func main() {
	r := report{out: os.Stdout, said: map[test][]string{}, failures: map[string]map[string]bool{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Fprintln(r.out, in.Text()) // go's own words: a build that failed
			continue
		}
		r.take(e)
	}
	r.close()
	if len(os.Args) > 1 {
		if err := os.WriteFile(os.Args[1], []byte(r.list()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "testreport:", err)
			os.Exit(1)
		}
	}
	if r.broken {
		os.Exit(1)
	}
}

func (r *report) take(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "output", "build-output":
		r.said[t] = append(r.said[t], e.Output)
		if e.Action == "build-output" {
			fmt.Fprint(r.out, e.Output)
		}
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	if e.Test == "" {
		r.pkg(e)
	} else {
		r.test(t, e.Action)
	}
	delete(r.said, t)
}

func (r *report) test(t test, action string) {
	switch action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		top, _, _ := strings.Cut(t.name, "/")
		if r.failures[t.pkg] == nil {
			r.failures[t.pkg] = map[string]bool{}
		}
		r.failures[t.pkg][top] = true
		fmt.Fprintf(r.out, "FAILED %s %s\n%s", t.pkg, t.name, strings.Join(r.said[t], ""))
	case "skip":
		r.skipped++
		r.skips = append(r.skips, fmt.Sprintf("%s %s: %s", t.pkg, t.name, reason(r.said[t])))
	}
}

func (r *report) pkg(e event) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok      %s\t%.1fs\n", e.Package, e.Elapsed)
	case "fail":
		r.broken = true
		if r.failures[e.Package] == nil {
			r.failures[e.Package] = map[string]bool{"-": true}
		}
		fmt.Fprintf(r.out, "FAIL    %s\t%.1fs\n%s", e.Package, e.Elapsed, strings.Join(r.said[test{e.Package, ""}], ""))
	}
}

// reason picks what the test said before it skipped itself.
func reason(lines []string) string {
	var said []string
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "=== ") || strings.HasPrefix(l, "--- ") {
			continue
		}
		said = append(said, l)
	}
	return strings.Join(said, " ")
}

// list is what failed, a line each.
func (r *report) list() string {
	var lines []string
	for pkg, tests := range r.failures {
		for t := range tests {
			lines = append(lines, pkg+" "+t+"\n")
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}

func (r *report) close() {
	sort.Strings(r.skips)
	for _, s := range r.skips {
		fmt.Fprintln(r.out, "NOT RUN", s)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
}
