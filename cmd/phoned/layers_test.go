package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// layers are the floors of the house, from the ground up: packages may import
// only from the floors below theirs and, on their own floor, only what beside
// names. Paths are below the module's.
var layers = [][]string{
	{"sip", "audio", "hw"}, // words
	{ // cores
		"sip/failover", "sip/health", "sip/journal", "sip/dialog", "sip/sdp",
		"audio/g711", "audio/jitter", "audio/tone", "audio/dtmf", "audio/gain", "audio/halfband", "audio/polyphase",
		"hw/keypad", "hw/lcd",
	},
	{ // shells around one thing
		"sip/digest", "sip/dns", "sip/wire",
		"audio/g722", "audio/codec", "audio/rtp", "audio/wire", "audio/device", "audio/alsa",
		"hw/sim", "hw/gpio", "hw/codec", "hw/watchdog", "hw/lcd/refresh", "hw/lcd/fb", "hw/lcd/st7567",
	},
	{"audio/path", "sip/ua", "hw/board"},
	{"audio/engine", "audio/remote"},
	{"cmd/phoned/internal/phone", "cmd/phoned/internal/config", "cmd/phoned/internal/update"},
	{"cmd/phoned/internal/desk"},
	{"cmd/phoned/internal/control", "cmd/phoned/internal/demo"},
	{"cmd/phoned"},
}

// beside are the imports between packages of one floor that the design wants.
var beside = map[string][]string{
	"sip/dialog":    {"sip/sdp"},
	"sip/health":    {"sip/failover"}, // the causes
	"sip/journal":   {"sip/failover"}, // what it keeps and replays
	"audio/dtmf":    {"audio/tone"},
	"audio/codec":   {"audio/g722"},
	"audio/device":  {"audio/alsa"},   // the real one of them
	"audio/remote":  {"audio/engine"}, // the process that it starts
	"hw/lcd/fb":     {"hw/lcd/refresh"},
	"hw/lcd/st7567": {"hw/lcd/refresh"},
}

// pure are the packages that decide and never act: standard library only, and
// of that nothing that reaches the world.
var pure = []string{
	"sip", "sip/failover", "sip/health", "sip/journal", "sip/dialog", "sip/sdp",
	"audio", "audio/g711", "audio/jitter", "audio/tone", "audio/dtmf", "audio/gain", "audio/halfband", "audio/polyphase",
	"hw", "hw/keypad", "hw/lcd", "cmd/phoned/internal/phone",
}

// worldly are the standard packages a core must not import.
var worldly = []string{
	"os", "os/*", "log", "log/*", "io/fs", "syscall", "math/rand", "math/rand/*", "crypto/rand",
	"net/http", "sync", "sync/*", "context", "runtime", "unsafe",
}

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "phoned/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestLayers holds every import to the design: only down, the trees sip, audio
// and hw apart, test packages only in tests and the demo.
func TestLayers(t *testing.T) {
	floor := map[string]int{}
	for i, l := range layers {
		for _, p := range l {
			floor[p] = i
		}
	}
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, "phoned/")
		if isTest(from) || strings.HasPrefix(from, "scripts/") {
			continue
		}
		f, known := floor[from]
		if !known {
			t.Errorf("%s stands on no floor: add it to layers", from)
			continue
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, "phoned/")
			if !ours {
				continue
			}
			if isTest(to) {
				if from != "cmd/phoned/internal/demo" {
					t.Errorf("%s imports %s, which is for tests and the demo", from, to)
				}
				continue
			}
			g, known := floor[to]
			switch {
			case !known:
				t.Errorf("%s imports %s, which stands on no floor", from, to)
			case tree(from) != "cmd" && tree(from) != tree(to):
				t.Errorf("%s imports %s: the trees sip, audio and hw stay apart", from, to)
			case g > f, g == f && !slices.Contains(beside[from], to):
				t.Errorf("%s imports %s: imports only point down", from, to)
			}
		}
	}
}

// TestLayersPure holds the cores to the standard library without the world.
func TestLayersPure(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, "phoned/")
		if !slices.Contains(pure, from) {
			continue
		}
		for _, imp := range p.Imports {
			first, _, _ := strings.Cut(imp, "/")
			if first != "phoned" && strings.Contains(first, ".") {
				t.Errorf("core %s imports %s: standard library only", from, imp)
			}
			for _, w := range worldly {
				if ok, _ := path.Match(w, imp); ok {
					t.Errorf("core %s imports %s: a core never acts", from, imp)
				}
			}
		}
	}
}

func isTest(p string) bool {
	return strings.HasSuffix(p, "test") || p == "cmd/phoned/internal/lab" || p == "cmd/phoned/internal/evidence" ||
		p == "cmd/phoned/internal/handset" || p == "cmd/phoned/internal/handset/inside"
}

func tree(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}
