package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFactory(t *testing.T) {
	for _, c := range []struct {
		name, mac, serial string
		want              factory
		warning           string
	}{
		{name: "nothing"},
		{name: "both", mac: "00:1A:2B:03:04:05\n", serial: "PH-000123\n", want: factory{mac: []byte{0, 0x1a, 0x2b, 3, 4, 5}, serial: "PH-000123"}},
		{name: "more lines", mac: "00-1a-2b-03-04-05\r\n# made in May\n", want: factory{mac: []byte{0, 0x1a, 0x2b, 3, 4, 5}}},
		{name: "empty", mac: "\n", serial: ""},
		{name: "no mac", mac: "hello", serial: "1", want: factory{serial: "1"}, warning: `mac is not used" error="\"hello\" is no address of six bytes`},
		{name: "a group's", mac: "01:1a:2b:03:04:05", warning: "address of a group"},
		{name: "none at all", mac: "00:00:00:00:00:00", warning: "is no address"},
		{name: "a long one", mac: "00:1a:2b:03:04:05:06:07", warning: "no address of six bytes"},
		{name: "bad serial", serial: "\x1b[2J", warning: "serial: a serial number is"},
		{name: "long serial", serial: strings.Repeat("7", 41), warning: "up to 40"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"mac": c.mac, "serial": c.serial} {
				if text != "" {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			var log bytes.Buffer
			got := readFactory(dir, slog.New(slog.NewTextHandler(&log, nil)))
			if got.mac.String() != c.want.mac.String() || got.serial != c.want.serial {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if c.warning == "" && log.Len() > 0 || !strings.Contains(log.String(), c.warning) {
				t.Errorf("log %q, want %q", log.String(), c.warning)
			}
		})
	}
	quiet := slog.New(slog.DiscardHandler)
	if got := readFactory("", quiet); got.mac != nil || got.serial != "" {
		t.Errorf("without a factory: %+v", got)
	}
	made := factory{mac: []byte{0, 0x1a, 0x2b, 3, 4, 5}}
	if got := identify(made, "", quiet); got.name != "001a2b030405" {
		t.Errorf("the phone is called %q, not as its maker called it", got.name)
	}
}
