package board

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every line that a board file names has its name in what makes the board: its
// device tree or the emulator's module, once.
func TestDeviceTreesNameTheLines(t *testing.T) {
	for name, source := range map[string]string{
		"emulated":    "emulated/phone-sim.c",
		"h3-maker":    "h3/sun8i-h3-nanopi-neo-phone.dts",
		"imx6ull-evk": "imx6ullevk/dts/nxp/imx/imx6ull-14x14-evk-phone.dts",
	} {
		c, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("../../buildroot/board", source))
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range c.lines() {
			if n := strings.Count(string(text), `"`+use.line+`"`); n != 1 {
				t.Errorf("%s: %s has the line %s %d times", use.key, source, use.line, n)
			}
		}
	}
}

// The reference in docs/HARDWARE.md tells every key of a board file.
func TestEveryKeyIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/HARDWARE.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("config.go")
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, part := range strings.Split(string(source), "`toml:\"")[1:] {
		key, _, _ := strings.Cut(part, `"`)
		if key == "-" {
			continue
		}
		keys++
		if !strings.Contains(string(doc), "`"+key+"`") && !strings.Contains(string(doc), "`["+key+"]`") {
			t.Errorf("the key %s is not told", key)
		}
	}
	if keys < 60 {
		t.Errorf("only %d keys were found", keys)
	}
}
