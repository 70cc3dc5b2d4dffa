package board

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

//go:embed boards/*.toml
var files embed.FS

// maxBytes bounds a board file.
const maxBytes = 64 << 10

// Names are the boards whose files are part of the program.
func Names() (names []string) {
	entries, err := files.ReadDir("boards")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	slices.Sort(names)
	return names
}

// IsFile tells whether the argument of -board is the path of a file rather than
// the name of a board.
func IsFile(name string) bool {
	return strings.HasSuffix(name, ".toml") || strings.ContainsRune(name, '/')
}

// Load reads the board of a name, or the file of a path that ends in .toml. The
// error says which key of which file is wrong.
func Load(name string) (Config, error) {
	text, err := read(name)
	if err != nil {
		return Config{}, err
	}
	return Parse(name, text)
}

func read(name string) ([]byte, error) {
	if !IsFile(name) {
		text, err := files.ReadFile(path.Join("boards", name+".toml"))
		if err != nil {
			return nil, fmt.Errorf("there is no board %q; there are: %s, or a file that ends in .toml",
				name, strings.Join(Names(), ", "))
		}
		return text, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the board file: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the board file: %w", err)
	}
	return text, nil
}

// Parse reads a board file's text. Every key must be known and every value in
// its range.
func Parse(name string, text []byte) (Config, error) {
	c, err := parse(text)
	c.Name = name
	if err != nil {
		return Config{}, fmt.Errorf("board file %s: %w", name, err)
	}
	return c, nil
}

func parse(text []byte) (Config, error) {
	switch {
	case len(text) > maxBytes:
		return Config{}, fmt.Errorf("it is longer than %d bytes", maxBytes)
	case !utf8.Valid(text):
		return Config{}, errors.New("it is no UTF-8 text")
	}
	c := defaults()
	meta, err := toml.Decode(string(text), &c)
	var wrong toml.ParseError
	switch {
	case errors.As(err, &wrong):
		return Config{}, fmt.Errorf("line %d: %s", wrong.Position.Line, wrong.Message)
	case err != nil:
		return Config{}, err
	}
	var unknown []string
	for _, key := range meta.Undecoded() {
		unknown = append(unknown, key.String())
	}
	if len(unknown) > 0 {
		return Config{}, fmt.Errorf("unknown key %s (docs/HARDWARE.md tells all)", strings.Join(unknown, ", "))
	}
	return c, c.check()
}

// defaults are the values of keys that a file leaves out.
func defaults() Config {
	return Config{
		Keypad: Keypad{
			SettleUS: 20, ScanMS: 5, DebounceMS: 15,
			LongMS: 1000, RepeatAfterMS: 500, RepeatEveryMS: 120, StuckMS: 30000,
		},
		Hook:     Switch{Active: "high", Pull: "up", DebounceMS: 30, FlashMinMS: 80, FlashMaxMS: 700},
		Headset:  Switch{Active: "low", Pull: "up", DebounceMS: 100},
		Lamps:    Lamps{Active: "high"},
		Display:  Display{Kind: "none", SpeedHz: 4_000_000, Contrast: 32, Ratio: 5},
		Codec:    Codec{Kind: "none", Address: 0x1a, RateHz: 48000},
		Watchdog: Watchdog{TimeoutMS: 30000},
	}
}
