package refresh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A light of the kernel is turned off and as bright as it was.
func TestBacklight(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if _, err := Backlight(dir); err == nil || !strings.Contains(err.Error(), "brightness") {
		t.Errorf("a folder that is no light: %v", err)
	}
	write("max_brightness", "100\n")
	for _, c := range []struct{ was, on string }{{"60\n", "60"}, {"0\n", "100"}} {
		write("brightness", c.was)
		write("bl_power", "4\n")
		light, err := Backlight(dir)
		if err != nil {
			t.Fatal(err)
		}
		for on, want := range map[bool]string{true: c.on, false: "0"} {
			if err := light(on); err != nil {
				t.Fatal(err)
			}
			if got := read("brightness"); got != want {
				t.Errorf("light %v: brightness %q, want %q", on, got, want)
			}
		}
		if got := read("bl_power"); got[:1] != "0" {
			t.Errorf("bl_power %q", got)
		}
	}
}
