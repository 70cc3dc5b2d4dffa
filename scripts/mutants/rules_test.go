package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The lines of every rule are where it says, and so are its tests: whoever
// changes a rule of the phone changes it here too. Whether the tests notice is
// seen by running the program.
func TestRulesAreThere(t *testing.T) {
	rules, err := allRules()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir("../.."); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.name] {
			t.Errorf("two rules are called %q", r.name)
		}
		seen[r.name] = true
		if _, err := r.overlay(t.TempDir()); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		for _, test := range r.tests {
			for _, name := range test.names {
				if !exists(t, test.pkg, name) {
					t.Errorf("%s: there is no test %s %s", r.name, test.pkg, name)
				}
			}
		}
	}
}

// sources are the tests of packages.
var sources = map[string]string{}

// exists tells whether a package has a test, and of a transcript whether its
// file is there.
func exists(t *testing.T, pkg, name string) bool {
	if _, ok := sources[pkg]; !ok {
		files, err := filepath.Glob(pkg + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		sources[pkg] = all.String()
	}
	name, sub, _ := strings.Cut(name, "/")
	if name == "TestTranscripts" {
		if _, err := os.Stat(filepath.Join(pkg, "testdata", sub+".txt")); err != nil {
			return false
		}
	}
	return regexp.MustCompile(`(?m)^func ` + name + `\(`).MatchString(sources[pkg])
}
