package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What a finding says.
const (
	noticed = "noticed"
	missed  = "MISSED"
	skipped = "skipped" // the test does not run on this machine
	broken  = "BROKEN"
)

var words = map[string]string{"FAIL": noticed, "PASS": missed, "SKIP": skipped}

// A finding is what one test said about a rule that is not there.
type finding struct{ test, word string }

// try runs the tests of rule r, which is number i, without it.
func (r rule) try(i int, dir string, q *quick) (found []finding, out string) {
	overlay, err := r.overlay(dir)
	if err != nil {
		return []finding{{test: err.Error(), word: broken}}, ""
	}
	for _, t := range r.tests {
		run := func(t test) (string, error) { return t.compileAndRun(overlay) }
		if q.binaries[t.pkg] != "" && !q.alone[i] {
			run = func(t test) (string, error) { return q.run(t, i) }
		}
		results, text, err := t.results(run)
		out += text
		if err != nil {
			found = append(found, finding{test: err.Error(), word: broken})
			continue
		}
		for _, name := range t.names {
			word, known := words[results[name]]
			if !known {
				word = broken
			}
			found = append(found, finding{test: t.pkg + " " + name, word: word})
		}
	}
	return found, out
}

// overlay writes the changed files and their list for go's -overlay.
func (r rule) overlay(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	changed := map[string]string{}
	for _, e := range r.edits {
		path, err := filepath.Abs(e.file)
		if err != nil {
			return "", err
		}
		from := path
		if earlier, ok := changed[path]; ok {
			from = earlier
		}
		src, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		text, err := replace(string(src), e.old, e.new)
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.file, err)
		}
		to := filepath.Join(dir, strings.ReplaceAll(e.file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return "", err
		}
		changed[path] = to
	}
	return writeOverlay(dir, changed)
}

// writeOverlay writes what replaces what for go's -overlay.
func writeOverlay(dir string, changed map[string]string) (string, error) {
	text, err := json.Marshal(map[string]map[string]string{"Replace": changed})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o644)
}

// Nearly all of the time is the compiler's and the linker's, which are faster
// with less to do.
var compilerFlags = []string{"-vet=off", "-gcflags=./...=-N -l", "-ldflags=-s -w"}

// compileAndRun runs tests with an overlay ("" = none). A change that does not
// compile is an error: it would be noticed by anything.
func (t test) compileAndRun(overlay string) (string, error) {
	args := append([]string{"test", "-count=1", "-timeout=4m", "-v", "-run", pattern(t.names)}, compilerFlags...)
	cmd := exec.Command("go", append(args, t.pkg)...)
	cmd.Env = append(os.Environ(), "GOGC=400")
	if overlay != "" {
		// GOFLAGS: tests that build the program themselves build it without the rule
		// too.
		cmd.Env = append(cmd.Env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
	}
	b, err := cmd.CombinedOutput()
	out := string(b)
	if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") || strings.Contains(out, "lab: build phoned") {
		return out, errDoesNotCompile
	}
	return out, err
}

var errDoesNotCompile = errors.New("the change does not compile")

// verdict is what go test -v says of a test.
var verdict = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+s)\)`)

// results runs tests and tells what became of each.
func (t test) results(run func(test) (string, error)) (results map[string]string, out string, err error) {
	if whole, parts := t.split(); len(whole.names) > 0 && len(parts.names) > 0 {
		results, out, err = whole.results(run)
		if err == nil {
			more, text, failed := parts.results(run)
			out, err = out+text, failed
			maps.Copy(results, more)
		}
		return results, out, err
	}
	out, runErr := run(t)
	if errors.Is(runErr, errDoesNotCompile) {
		return nil, out, fmt.Errorf("%s: %w", t.pkg, runErr)
	}
	results = map[string]string{}
	for _, m := range verdict.FindAllStringSubmatch(out, -1) {
		results[m[2]] = m[1]
	}
	// A panic, or the time limit, ends all tests: those without a result are tried
	// alone, and noticed if that ends them too.
	left := slices.DeleteFunc(slices.Clone(t.names), func(name string) bool { return results[name] != "" })
	switch {
	case runErr == nil || len(left) == 0:
	case len(t.names) == 1:
		results[t.names[0]] = "FAIL"
	default:
		for _, name := range left {
			alone, text, err := test{t.pkg, []string{name}}.results(run)
			if err != nil {
				return nil, out, err
			}
			out += text
			results[name] = alone[name]
		}
	}
	return results, out, nil
}

// split parts whole tests from parts of some: the pattern that picks the parts
// would leave out those of the whole ones.
func (t test) split() (whole, parts test) {
	whole.pkg, parts.pkg = t.pkg, t.pkg
	for _, name := range t.names {
		if strings.Contains(name, "/") {
			parts.names = append(parts.names, name)
		} else {
			whole.names = append(whole.names, name)
		}
	}
	return whole, parts
}

// sound runs every test once with all rules in place: one that fails by itself
// would notice anything. It tells q how long each takes.
func sound(rules []rule, q *quick) error {
	var all []test
	for _, r := range rules {
		for _, t := range r.tests {
			i := slices.IndexFunc(all, func(o test) bool { return o.pkg == t.pkg })
			if i < 0 {
				i = len(all)
				all = append(all, test{pkg: t.pkg})
			}
			for _, name := range t.names {
				if !slices.Contains(all[i].names, name) {
					all[i].names = append(all[i].names, name)
				}
			}
		}
	}
	failed := make([]error, len(all))
	each(len(all), func(i int) { failed[i] = all[i].sound(q) })
	return errors.Join(failed...)
}

func (t test) sound(q *quick) error {
	run := func(t test) (string, error) { return t.compileAndRun("") }
	if q.binaries[t.pkg] != "" {
		run = func(t test) (string, error) { return q.run(t, -1) }
	}
	results, out, err := t.results(run)
	if err != nil {
		return err
	}
	for _, name := range t.names {
		if results[name] == "PASS" || results[name] == "SKIP" {
			continue
		}
		// On a busy machine: once more, alone.
		again, text, err := test{t.pkg, []string{name}}.results(run)
		if err != nil || again[name] != "PASS" {
			return fmt.Errorf("%s %s does not pass with all rules in place\n%s%s", t.pkg, name, out, text)
		}
	}
	q.learn(t.pkg, out)
	return nil
}
