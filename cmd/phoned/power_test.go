package main

import (
	"strings"
	"testing"
)

// Whoever keeps phoned running learns by its exit status what its user wants.
func TestProgramEndsAsAsked(t *testing.T) {
	_, file := servers(t)
	for args, status := range map[string]int{
		"reboot":                  80,
		"reboot -now":             80,
		"factory-reset -yes":      81,
		"factory-reset -yes -now": 81,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			p := launch(t, "-config", file)
			p.watch().until("registration", field("registered", true))
			var out, errs strings.Builder
			if got := runTool(append(strings.Fields(args), "-lang", "en", "-socket", p.socket), &out, &errs); got != 0 {
				t.Fatalf("status %d: %s%s", got, out.String(), errs.String())
			}
			if got := p.wait(); got != status {
				t.Errorf("the phone ended with status %d, want %d", got, status)
			}
			if !strings.Contains(out.String(), "reboots") {
				t.Errorf("told %q", out.String())
			}
		})
	}
}

func TestAFactoryResetWantsToBeSure(t *testing.T) {
	var out, errs strings.Builder
	if got := runTool([]string{"factory-reset", "-socket", "/nowhere"}, &out, &errs); got != 2 || !strings.Contains(errs.String(), "-yes") {
		t.Errorf("status %d: %s%s", got, out.String(), errs.String())
	}
}
