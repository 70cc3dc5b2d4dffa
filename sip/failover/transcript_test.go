package failover

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/sip"
)

var rewrite = flag.Bool("rewrite", false, "write what the Line does into testdata/*.txt")

// TestTranscripts replays testdata/*.txt. A line that starts with a digit is a
// time in seconds and an event (or "wait"), "config" sets the Line up, "#" says
// what is shown, and lines that are indented tell what the Line did, and when.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := replay(want)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if bytes.Equal(got, want) {
				return
			}
			if *rewrite {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s differs from what the Line did (-rewrite writes this):\n%s", file, difference(want, got))
		})
	}
}

// difference is the first line in which two transcripts differ, and some more.
func difference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	show := func(lines []string) string {
		return strings.Join(lines[max(min(i, len(lines))-3, 0):min(i+8, len(lines))], "\n")
	}
	return fmt.Sprintf("line %d\nwritten:\n%s\ndone:\n%s", i+1, show(w), show(g))
}

// replay runs a transcript and returns it with the actions as they are.
func replay(text []byte) ([]byte, error) {
	var out bytes.Buffer
	var line *Line
	var buf []Action
	why := false // "config why": decisions and evidence are told as well
	step := func(now time.Duration, e Event) {
		buf = line.Step(now, e, buf[:0])
		for _, a := range buf {
			if !why && (a.Kind == Decide || a.Kind == Evidence) {
				continue
			}
			fmt.Fprintf(&out, "%12s  %v\n", clock(now), a)
		}
	}
	number := 0
	for in := bufio.NewScanner(bytes.NewReader(text)); in.Scan(); {
		number++
		s := in.Text()
		if strings.HasPrefix(s, " ") {
			continue
		}
		words := strings.Fields(s)
		switch {
		case s == "" || s[0] == '#':
			fmt.Fprintln(&out, s)
		case words[0] == "config":
			cfg, err := parseConfig(words[1:])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			line, why = New(cfg, 1), slices.Contains(words, "why")
			fmt.Fprintln(&out, s)
		default:
			seconds, err := strconv.ParseFloat(words[0], 64)
			if err != nil || line == nil || len(words) < 2 {
				return nil, fmt.Errorf("line %d: no time and event: %q", number, s)
			}
			now := time.Duration(seconds*1000+0.5) * time.Millisecond
			for line.Deadline() < now || words[1] == "wait" && line.Deadline() <= now {
				step(line.Deadline(), Event{})
			}
			fmt.Fprintln(&out, s)
			if words[1] == "wait" {
				continue
			}
			e, err := parseEvent(words[1:])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			step(now, e)
		}
	}
	return out.Bytes(), nil
}

// parseConfig reads the settings of a transcript; what is not named has the
// default of the settings.
func parseConfig(words []string) (Config, error) {
	cfg := testConfig(2)
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		n, _ := strconv.Atoi(value)
		d, _ := time.ParseDuration(value)
		switch name {
		case "servers":
			cfg.Servers = testConfig(n).Servers
		case "tcp", "tls":
			for i := range cfg.Servers {
				cfg.Servers[i].Transport = map[string]sip.Transport{"tcp": sip.TCP, "tls": sip.TLS}[name]
			}
		case "ttl":
			for i := range cfg.Servers {
				cfg.Servers[i].TTL = d
			}
		case "no-register":
			cfg.Register = false
		case "no-failback":
			cfg.Failback = false
		case "interval":
			cfg.FailbackInterval = d
		case "retries":
			cfg.Retries = n
		case "retry-time":
			cfg.RetryTime = d
		case "reg-fail":
			cfg.RegFailInterval = d
		case "options":
			cfg.KeepAlive, cfg.KeepAliveEvery = OptionsAlive, d
		case "crlf":
			cfg.KeepAlive, cfg.KeepAliveEvery = CRLF, d
		case "smart":
			cfg.Smart = true
		case "standby":
			cfg.Standby = true
		case "targets":
			cfg.Targets = n
		case "device": // in per cent
			cfg.Device = uint32(uint64(n) << 32 / 100)
		case "why":
		case "unregister-on-boot":
			cfg.UnregisterOnBoot = true
		default:
			return cfg, fmt.Errorf("no setting %q", w)
		}
	}
	return cfg, nil
}

// testConfig is a line with n servers and the defaults of the settings, but
// without keep-alive.
func testConfig(n int) Config {
	cfg := Config{
		Register:         true,
		Failback:         true,
		FailbackInterval: 1800 * time.Second,
		Retries:          3,
		Timers:           sip.DefaultTimers,
		RegFailInterval:  32 * time.Second,
	}
	for i := range n {
		cfg.Servers = append(cfg.Servers, sip.Server{
			Host: "192.0.2." + strconv.Itoa(i+1), Port: 5060, TTL: 3600 * time.Second,
		})
	}
	return cfg
}
