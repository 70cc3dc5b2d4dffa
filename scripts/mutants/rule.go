package main

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A rule of the phone, how to take it out, and the tests that have to notice.
type rule struct {
	name  string
	edits []edit
	tests []test
}

// An edit replaces lines of a file.
type edit struct {
	file     string
	old, new []string
}

// A test is a package and the names of tests in it, as go test -v reports them.
type test struct {
	pkg   string
	names []string
}

//go:embed rules/*.txt
var files embed.FS

// allRules reads all files of rules.
func allRules() (all []rule, err error) {
	entries, err := files.ReadDir("rules")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("rules", e.Name()))
		if err != nil {
			return nil, err
		}
		rules, err := parse(e.Name(), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, rules...)
	}
	return all, nil
}

// parse reads one of them.
func parse(name, text string) ([]rule, error) {
	var all []rule
	for n, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		fail := func(what string) ([]rule, error) { return nil, fmt.Errorf("rules/%s:%d: %s", name, n+1, what) }
		if word == "rule" {
			all = append(all, rule{name: rest})
			continue
		}
		if len(all) == 0 {
			return fail("a rule must come first")
		}
		r := &all[len(all)-1]
		if (word == "-" || word == "+") && len(r.edits) == 0 {
			return fail("a file must come first")
		}
		switch word {
		case "file":
			r.edits = append(r.edits, edit{file: rest})
		case "-":
			e := &r.edits[len(r.edits)-1]
			e.old = append(e.old, rest)
		case "+":
			e := &r.edits[len(r.edits)-1]
			e.new = append(e.new, rest)
		case "test":
			f := strings.Fields(rest)
			if len(f) < 2 {
				return fail("a test is a package and names")
			}
			r.tests = append(r.tests, test{f[0], f[1:]})
		default:
			return fail(fmt.Sprintf("%q is no word of this file", word))
		}
	}
	for _, r := range all {
		if len(r.edits) == 0 || len(r.tests) == 0 {
			return nil, fmt.Errorf("rules/%s: rule %q has no edit or no test", name, r.name)
		}
	}
	return all, nil
}

// without is the rule with its first test that is of none of these packages.
func (r rule) without(pkgs *regexp.Regexp) rule {
	i := slices.IndexFunc(r.tests, func(t test) bool { return !pkgs.MatchString(t.pkg) })
	if i < 0 {
		r.tests = nil
		return r
	}
	r.tests = r.tests[i : i+1]
	return r
}

// find is the index of the old lines, which stand there exactly once, whatever
// their indentation.
func find(lines, old []string) (int, error) {
	if len(old) == 0 {
		return 0, errors.New("no line to take out")
	}
	at := -1
	for i := 0; i+len(old) <= len(lines); i++ {
		same := true
		for k := range old {
			same = same && strings.TrimSpace(lines[i+k]) == strings.TrimSpace(old[k])
		}
		if !same {
			continue
		}
		if at >= 0 {
			return 0, fmt.Errorf("the lines stand there twice: %q", old[0])
		}
		at = i
	}
	if at < 0 {
		return 0, fmt.Errorf("the lines are not there: %q", old[0])
	}
	return at, nil
}

// replace puts other lines in place of the old ones.
func replace(src string, old, with []string) (string, error) {
	lines := strings.Split(src, "\n")
	at, err := find(lines, old)
	if err != nil {
		return "", err
	}
	return strings.Join(slices.Concat(lines[:at], with, lines[at+len(old):]), "\n"), nil
}

// pattern is the -run expression for exactly these tests, all of them whole or
// all of them parts: "TestA/b" and "TestC/b" are ^(TestA|TestC)$/^(b)$.
func pattern(names []string) string {
	var levels [][]string
	for _, name := range names {
		for i, part := range strings.Split(name, "/") {
			if i == len(levels) {
				levels = append(levels, nil)
			}
			if q := regexp.QuoteMeta(part); !slices.Contains(levels[i], q) {
				levels[i] = append(levels[i], q)
			}
		}
	}
	var out []string
	for _, l := range levels {
		out = append(out, "^("+strings.Join(l, "|")+")$")
	}
	return strings.Join(out, "/")
}
