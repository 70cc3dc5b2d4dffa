package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `package sample

const limit = 3

type box struct{ n int }

// add adds.
func (b *box) add(by ...int) (sum int) {
	for _, v := range by {
		if v > limit {
			continue
		}
		sum += v
	}
	return sum + b.n
}

func clear(b *box, all bool) {
	if all {
		b.n = 0
	}
}

func ignore(int) {
	_ = limit
	_ = 1
}
`

// What is compiled: the function as it is, with a switch, and beside it once
// for each rule. What is no body of a function that can be called is left alone.
func TestSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sample.go")
	if err := os.WriteFile(file, []byte(sample), 0o644); err != nil {
		t.Fatal(err)
	}
	edits := func(old, with string) []edit {
		return []edit{{file, strings.Split(old, "\n"), strings.Split(with, "\n")}}
	}
	rules := []rule{
		{name: "the limit", edits: edits("const limit = 3", "const limit = 4")},
		{name: "what is over the limit", edits: edits("if v > limit {", "if false {")},
		{name: "the sum", edits: edits("sum += v", "sum++")},
		{name: "all", edits: edits("if all {", "if !all {")},
		{name: "no name", edits: edits("_ = limit", "_ = 2")},
	}
	files, alone, err := combine(rules, map[int]bool{2: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(alone) != 3 || !alone[0] || !alone[2] || !alone[4] {
		t.Errorf("compiled alone: %v, want the constant, the one to skip, and the one whose argument has no name", alone)
	}
	got := files[file]
	if _, err := parser.ParseFile(token.NewFileSet(), "", got.text, 0); err != nil {
		t.Fatalf("%v\n%s", err, got.text)
	}
	for _, want := range []string{
		"switch mutantOn {\n\tcase \"1\":\n\t\treturn b.addMutant1(by...)\n\t}",
		"case \"3\":\n\t\tclearMutant3(b, all)\n\t\treturn\n",
		"func (b *box) addMutant1(by ...int) (sum int) {",
		"if false {",
		"if v > limit {", // as it is
		"func clearMutant3(b *box, all bool) {",
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("%q is missing:\n%s", want, got.text)
		}
	}
	lines := strings.Split(got.text, "\n")
	if at := got.rules[3]; !strings.Contains(lines[at[0]-1], "clearMutant3") || lines[at[1]-1] != "}" {
		t.Errorf("rule 3 stands in lines %v:\n%s", at, got.text)
	}
}

// Errors of the compiler are told of the rules they are in.
func TestBlame(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.go")
	files := map[string]*schema{name: {rules: map[int][2]int{4: {10, 20}, 7: {30, 40}}}}
	skip := map[int]bool{}
	blame("# pkg\n/tmp/x/a_mutant.go:33:5: undefined: y\n/tmp/x/other.go:12:1: no\n", map[string]string{name: "/tmp/x/a_mutant.go"}, files, skip)
	if len(skip) != 1 || !skip[7] {
		t.Errorf("to blame: %v, want rule 7", skip)
	}
}

// A test whose parts are picked by a pattern is not run together with a whole
// one, whose own parts the pattern would leave out.
func TestPatterns(t *testing.T) {
	if got := pattern([]string{"TestA/x", "TestA/y", "TestB/x"}); got != "^(TestA|TestB)$/^(x|y)$" {
		t.Error(got)
	}
	var ran []string
	results, _, err := test{"p", []string{"TestWhole", "TestA/x"}}.results(func(t test) (string, error) {
		ran = append(ran, pattern(t.names))
		return "--- FAIL: " + t.names[0] + " (0.01s)\n", nil
	})
	if err != nil || len(ran) != 2 || results["TestWhole"] != "FAIL" || results["TestA/x"] != "FAIL" {
		t.Errorf("ran %q: %v, %v", ran, results, err)
	}
}
