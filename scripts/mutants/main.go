// Mutants takes out one rule of the phone at a time and runs the tests that
// should notice: a test that still passes proves nothing. The rules, and what
// stands for their absence, are in rules/*.txt beside this file, a subject each:
//
//	rule 500 to REGISTER moves the line to the next server
//	file sip/verdict.go
//	- the lines as they stand in the file
//	+ the lines that stand there instead
//	test ./sip/failover TestTranscripts/register_500
//	test ./cmd/phoned/internal/evidence TestRegisterMovesOnFrom500And503/500
//
// A rule may need several edits: each begins with file. Every test that is named
// has to fail. The tree is not touched: go reads the changed files through
// -overlay, also the go build of the tests that run the whole phone.
//
// Usage: mutants [-fast] [-run REGEXP] [-j N] [-v]. -fast runs of each rule only
// the first line of tests that need no network namespaces; without root that is
// all there is, and it is said. Exit status 1 if a test misses a rule, or a rule's
// lines are not in its file any more.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

var (
	verbose = flag.Bool("v", false, "show the output of every test")
	fast    = flag.Bool("fast", false, "one line of tests for each rule, none in network namespaces")
	only    = flag.String("run", ".", "rules to take out, as a regular expression")
	workers = flag.Int("j", runtime.NumCPU(), "how many rules at once")
)

// slow are the packages whose tests run the whole phone in network namespaces.
var slow = regexp.MustCompile(`^\./cmd/phoned/internal/(evidence|lab)$`)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run() error {
	want, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	all, err := allRules()
	if err != nil {
		return err
	}
	if !*fast && os.Getuid() != 0 {
		fmt.Println("mutants: the tests in network namespaces need root; they are left out")
		*fast = true
	}
	var rules []rule
	for _, r := range all {
		if *fast {
			r = r.without(slow)
		}
		if want.MatchString(r.name) && len(r.tests) > 0 {
			rules = append(rules, r)
		}
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	began := time.Now()
	q, err := newQuick(dir+"/quick", rules, func(pkg string) bool { return !slow.MatchString(pkg) })
	if err != nil {
		return err
	}
	if err := sound(rules, q); err != nil {
		return err
	}
	fmt.Printf("%d rules, %d of them compiled together; their tests pass with all of them; %v\n", len(rules), len(rules)-len(q.alone), time.Since(began).Round(time.Second))
	n := tryAll(dir, rules, q)
	fmt.Printf("%d rules taken out in %v: noticed by %d tests, missed by %d, %d skipped\n",
		len(rules), time.Since(began).Round(time.Second), n[noticed], n[missed]+n[broken], n[skipped])
	if n[missed]+n[broken] > 0 {
		return errors.New("a rule was taken out and its test did not notice")
	}
	return nil
}

// tryAll takes out rule after rule and counts the findings.
func tryAll(dir string, rules []rule, q *quick) map[string]int {
	n := map[string]int{}
	var mu sync.Mutex
	each(len(rules), func(i int) {
		began := time.Now()
		found, out := rules[i].try(i, fmt.Sprintf("%s/%d", dir, i), q)
		took := time.Since(began).Round(100 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		for _, f := range found {
			n[f.word]++
			fmt.Printf("%-8s %s  (%s, %v)\n", f.word, rules[i].name, f.test, took)
		}
		if *verbose || strings.Contains(fmt.Sprint(found), broken) {
			fmt.Println(out)
		}
	})
	return n
}

// each does n things, so many at once as -j says.
func each(n int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range max(*workers, 1) {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}
