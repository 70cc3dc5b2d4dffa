package main

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// asked are the programs whose version is told, how they are asked, and where in
// their answer it is.
var asked = []struct {
	id      string
	command []string
	version *regexp.Regexp
}{
	{"phoned", []string{"git", "describe", "--always"}, regexp.MustCompile(`(\S+)`)},
	{"sipgo", []string{"go", "list", "-m", "-f", "{{.Version}}", "github.com/emiago/sipgo"}, regexp.MustCompile(`v(\S+)`)},
	{"baresip", []string{"baresip", "-h"}, regexp.MustCompile(`baresip v(\S+)`)},
	{"linphonec", []string{"linphonec", "--version"}, regexp.MustCompile(`version: (\S+)`)},
	{"kamailio", []string{"kamailio", "-v"}, regexp.MustCompile(`kamailio (\d\S*)`)},
}

// versions asks every program that is there.
func versions(ctx context.Context) map[string]string {
	out := map[string]string{}
	for _, a := range asked {
		path := where(a.command[0])
		if path == "" {
			continue
		}
		ctx, stop := context.WithTimeout(ctx, 10*time.Second)
		text, _ := exec.CommandContext(ctx, path, a.command[1:]...).CombinedOutput() // baresip's help exits with an error
		stop()
		if m := a.version.FindStringSubmatch(string(text)); m != nil {
			out[a.id] = strings.TrimRight(m[1], ",")
		}
	}
	return out
}
