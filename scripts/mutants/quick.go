package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A quick holds the test binaries in which most rules are compiled together.
type quick struct {
	binaries map[string]string // by package
	alone    map[int]bool      // the rules that are not

	mu    sync.Mutex
	takes map[string]time.Duration // how long a test takes, by package and name
}

// newQuick compiles the tests of rules that are to be run from packages that want
// accepts. A rule that does not compile is left out, and told when it is tried
// alone.
func newQuick(dir string, rules []rule, want func(pkg string) bool) (*quick, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	skip := map[int]bool{}
	for {
		files, alone, err := combine(rules, skip)
		if err != nil {
			return nil, err
		}
		changed, err := write(dir, files)
		if err != nil {
			return nil, err
		}
		overlay, err := writeOverlay(dir, changed)
		if err != nil {
			return nil, err
		}
		q := &quick{binaries: map[string]string{}, alone: alone, takes: map[string]time.Duration{}}
		for i, r := range rules {
			for _, t := range r.tests {
				if want(t.pkg) && !alone[i] && q.binaries[t.pkg] == "" {
					q.binaries[t.pkg] = filepath.Join(dir, strconv.Itoa(len(q.binaries)+1)+".test")
				}
			}
		}
		out, err := q.compile(overlay)
		if err == nil {
			return q, nil
		}
		before := len(skip)
		blame(out, changed, files, skip)
		if len(skip) == before {
			return nil, fmt.Errorf("compile the rules: %w\n%s", err, out)
		}
	}
}

// compile builds all binaries.
func (q *quick) compile(overlay string) (out string, err error) {
	var mu sync.Mutex
	pkgs := slices.Sorted(maps.Keys(q.binaries))
	each(len(pkgs), func(i int) {
		args := append([]string{"test", "-c", "-o", q.binaries[pkgs[i]], "-overlay=" + overlay}, compilerFlags...)
		cmd := exec.Command("go", append(args, pkgs[i])...)
		cmd.Env = append(os.Environ(), "GOGC=400")
		text, failed := cmd.CombinedOutput()
		mu.Lock()
		defer mu.Unlock()
		if failed != nil {
			out += string(text)
			err = errors.Join(err, fmt.Errorf("%s: %w", pkgs[i], failed))
		}
	})
	return out, err
}

var compilerError = regexp.MustCompile(`(?m)^([^\s:]+):(\d+):\d+: `)

// blame finds the rules in which the compiler found errors.
func blame(out string, changed map[string]string, files map[string]*schema, skip map[int]bool) {
	for _, m := range compilerError.FindAllStringSubmatch(out, -1) {
		n, _ := strconv.Atoi(m[2])
		for name, s := range files {
			path, _ := filepath.Abs(name)
			if filepath.Base(m[1]) != filepath.Base(changed[path]) && !strings.HasSuffix(path, m[1]) {
				continue
			}
			for rule, lines := range s.rules {
				if lines[0] <= n && n <= lines[1] {
					skip[rule] = true
				}
			}
		}
	}
}

// run runs tests without a rule; -1 is with all. A test that takes far longer
// than it did with all has failed, whatever it waits for.
func (q *quick) run(t test, rule int) (string, error) {
	limit := 4 * time.Minute
	if rule >= 0 {
		limit = 10 * time.Second
		for _, name := range t.names {
			limit += 4 * q.time(t.pkg, name)
		}
	}
	cmd := exec.Command(q.binaries[t.pkg], "-test.v", "-test.count=1", "-test.timeout="+limit.String(), "-test.run", pattern(t.names))
	cmd.Dir = t.pkg
	cmd.Env = append(os.Environ(), mutantVar+"="+strconv.Itoa(rule))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// learn remembers how long tests took.
func (q *quick) learn(pkg, out string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range verdict.FindAllStringSubmatch(out, -1) {
		q.takes[pkg+" "+m[2]], _ = time.ParseDuration(m[3])
	}
}

func (q *quick) time(pkg, name string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.takes[pkg+" "+name]
}
