//go:build linux

package handset

import (
	"os"
	"strings"
	"testing"

	"phoned/scripts/emulate/build"
)

// Workshop is where the tests' images are made. It skips the test, with the
// reason, on a machine that can not make them.
func Workshop(t *testing.T) *build.Workshop {
	t.Helper()
	if os.Getenv("HANDSET_TESTS") == "" {
		t.Skip("SKIPPED: make test-handset runs it (HANDSET_TESTS=1)")
	}
	w, err := build.Open(os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if missing := build.Missing(); len(missing) > 0 {
		t.Skipf("SKIPPED: %s missing; scripts/setup emulator installs what the emulator needs", strings.Join(missing, ", "))
	}
	return w
}

// Image makes an image, or finds it made.
func Image(t *testing.T, spec build.Spec) build.Image {
	t.Helper()
	w := Workshop(t)
	i, err := w.Image(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return i
}
