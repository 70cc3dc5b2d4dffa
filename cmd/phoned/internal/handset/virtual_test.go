//go:build linux

package handset

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
)

var (
	rewrite = flag.Bool("rewrite", false, "write the instruction budget anew, from what is measured")
	hours   = flag.Int("hours", 0, "virtual hours of the day with faults; 0 leaves it out")
)

// Everything is in the guest, and time is the number of instructions: calls by
// keys, an incoming call that rings, a silent primary, and what each costs.
func TestInVirtualTime(t *testing.T) {
	out, p := virtual(t, "-test.run=^Test[^D]")
	measured := map[string]int64{}
	for line := range strings.Lines(out) {
		var name string
		var n int64
		if _, err := fmt.Sscanf(line[max(0, strings.Index(line, "BUDGET")):], "BUDGET %s %d", &name, &n); err == nil {
			measured[name] = n
		}
	}
	compare(t, measured)

	// The ring: 440 and 480 Hz, two seconds of six, heard at the speaker.
	ear := p.Ear()
	var loud int
	for _, s := range ear.Samples {
		if s > 1000 || s < -1000 {
			loud++
		}
	}
	if heard := time.Duration(loud) * time.Second / time.Duration(ear.Rate); heard < time.Second/2 {
		t.Errorf("the sound card has played %v of sound above -30 dB; the ring alone is more", heard)
	}
}

// A virtual day in which servers fail at random. test-long runs it.
func TestAVirtualDay(t *testing.T) {
	if *hours == 0 {
		t.Skip("SKIPPED: make test-long runs the virtual day (-hours 24)")
	}
	virtual(t, "-test.run=^TestDay", fmt.Sprintf("-hours=%d", *hours))
}

// virtual boots a phone in virtual time and runs the tests of package inside in
// it. It gives back what they wrote.
func virtual(t *testing.T, flags ...string) (string, *Phone) {
	t.Helper()
	w := Workshop(t)
	test := filepath.Join(t.TempDir(), "inside.test")
	if _, err := w.TestBinary(t.Context(), "./cmd/phoned/internal/handset/inside", test); err != nil {
		t.Fatal(err)
	}
	image := Image(t, build.Spec{Files: map[string]string{"etc/phoned/defaults.conf": guest.Settings("Failback Interval:60")}})
	p := Boot(t, Options{Image: image, Virtual: true, Tests: map[string]string{"inside.test": test}})
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour) // go test has the limit that counts
	defer cancel()
	status, err := p.Inside().Stream(ctx, io.MultiWriter(&out, testLog{t}), guest.Request{
		Args: append([]string{guest.Mount + "/inside.test", "-test.v", "-test.timeout=2000h"}, flags...),
		Env:  []string{"HANDSET=emulated", "TMPDIR=/tmp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if status != 0 {
		t.Errorf("the tests inside ended with status %d", status)
	}
	return out.String(), p
}

// testLog shows what the guest's tests write as they write it.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimRight(b, "\n"))
	return len(b), nil
}

// budgetFile has what each thing may cost, in instructions.
const budgetFile = "testdata/budget.txt"

// compare fails the test if something costs a tenth more than is committed.
func compare(t *testing.T, measured map[string]int64) {
	t.Helper()
	names := slices.Sorted(maps.Keys(measured))
	if *rewrite {
		var b strings.Builder
		b.WriteString("# Instructions of phoned and its media process, measured in virtual time on the\n" +
			"# emulated Cortex-A7. A tenth more fails TestInVirtualTime; -rewrite writes it anew.\n")
		for _, name := range names {
			fmt.Fprintf(&b, "%-28s %d\n", name, measured[name])
		}
		if err := os.WriteFile(budgetFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(budgetFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var name string
		var budget int64
		if _, err := fmt.Sscan(line, &name, &budget); err != nil || strings.HasPrefix(line, "#") {
			continue
		}
		got, known := measured[name]
		switch {
		case !known:
			t.Errorf("%s was not measured", name)
		case got > budget+budget/10:
			t.Errorf("%s costs %d instructions, the budget is %d", name, got, budget)
		default:
			t.Logf("%-28s %9d instructions (budget %d)", name, got, budget)
		}
	}
}
