package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/demo"
)

// asPhone in the environment makes this test binary the program itself, so
// that the tests start real processes without building another binary.
const asPhone = "PHONED_TEST_IS_PHONE"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asPhone) != "":
		main()
	case os.Getenv(asLinkStory) != "":
		os.Exit(tellLinkStory())
	}
	os.Exit(m.Run())
}

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// A program is a running phoned in a process group of its own.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	socket string
	ended  chan struct{} // closed when it has ended; then err and stderr hold
	err    error

	mu     sync.Mutex
	stderr bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

func (p *program) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// launch starts phoned; at the end of the test nothing of it may be left.
func launch(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, socket: filepath.Join(t.TempDir(), "control"), ended: make(chan struct{})}
	p.cmd = exec.Command(os.Args[0], append(args, "-control", p.socket)...)
	p.cmd.Env = append(os.Environ(), asPhone+"=1")
	p.cmd.Stderr = p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
		if t.Failed() {
			t.Logf("log of phoned %s:\n%s", strings.Join(args, " "), p.log())
		}
	})
	return p
}

// wait waits for the end and gives the exit status.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("the program does not end")
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// stop ends the program by a signal and checks that all of it is gone.
func (p *program) stop(signal os.Signal) {
	p.t.Helper()
	begun := time.Now()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	if status := p.wait(); status != 0 {
		p.t.Errorf("exit status %d after %v", status, signal)
	}
	if took := time.Since(begun); took > 8*time.Second {
		p.t.Errorf("took %v to end", took)
	}
	// The group is empty when the media process has ended too.
	if err := syscall.Kill(-p.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		p.t.Errorf("a child is left: %v", err)
	}
	if _, err := os.Lstat(p.socket); err == nil {
		p.t.Error("the control socket is left")
	}
}

// A watcher is a client of the control socket.
type watcher struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Scanner
}

// watch connects as soon as the socket is there.
func (p *program) watch() *watcher {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.Dial("unix", p.socket)
		if err == nil {
			p.t.Cleanup(func() { _ = conn.Close() })
			_ = conn.SetDeadline(time.Now().Add(patience))
			w := &watcher{p.t, conn, bufio.NewScanner(conn)}
			w.lines.Buffer(nil, 1<<20)
			w.send(`{"do":"get"}`)
			return w
		}
		select {
		case <-p.ended:
			p.t.Fatal("the program has ended")
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no control socket: %v", err)
		}
	}
}

func (w *watcher) send(lines ...string) {
	w.t.Helper()
	for _, line := range lines {
		if _, err := fmt.Fprintln(w.conn, line); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *watcher) press(keys ...string) {
	w.t.Helper()
	for _, k := range keys {
		w.send(`{"do":"press","key":"` + k + `"}`)
	}
}

// until reads the stream up to the first line that fits.
func (w *watcher) until(what string, fits func(map[string]any) bool) map[string]any {
	w.t.Helper()
	var last string
	for w.lines.Scan() {
		last = w.lines.Text()
		var m map[string]any
		if err := json.Unmarshal([]byte(last), &m); err != nil {
			w.t.Fatalf("line %q: %v", last, err)
		}
		if fits(m) {
			return m
		}
	}
	w.t.Fatalf("waited in vain for %s; the last line was %s", what, last)
	return nil
}

func field(key string, value any) func(map[string]any) bool {
	return func(m map[string]any) bool { return m[key] == value }
}

// servers starts the two servers of the demo and writes a file for them.
func servers(t *testing.T) (d *demo.Demo, file string) {
	t.Helper()
	d, err := demo.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "phone.cfg")
	write(t, file, string(d.Settings()))
	return d, file
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProgramInterrupted(t *testing.T) {
	_, file := servers(t)
	p := launch(t, "-config", file)
	p.watch().until("registration", field("registered", true))
	p.stop(os.Interrupt)
}

// What can not work is said in words, with status 1, and nothing is left.
func TestProgramRefuses(t *testing.T) {
	dir := t.TempDir()
	const head, end = "<<VOIP CONFIG FILE>>Version:2.0\n<SIP CONFIG MODULE>\n", "<<END OF FILE>>\n"
	bad := filepath.Join(dir, "bad.cfg")
	write(t, bad, head+"SIP1 Phone Number:1001\nSIP1 Signal Retry Counts:many\n"+end)
	cut := filepath.Join(dir, "cut.cfg")
	write(t, cut, head+"SIP1 Phone Number:1001\n")
	busy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4zero})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	taken := filepath.Join(dir, "taken.cfg")
	write(t, taken, head+fmt.Sprintf("SIP  Port:%d\n", busy.LocalAddr().(*net.UDPAddr).Port)+end)
	good := filepath.Join(dir, "good.cfg")
	write(t, good, head+"SIP  Port:0\n"+end)
	badBoard := filepath.Join(dir, "bad.toml")
	write(t, badBoard, "colour = 1\n")
	notDir := filepath.Join(dir, "file")
	write(t, notDir, "x")
	for _, c := range []struct {
		name  string
		args  []string
		words []string
	}{
		{"bad value", []string{"-config", bad}, []string{bad, "line 4: SIP1 Signal Retry Counts: must be a number, 0 to 10"}},
		{"truncated", []string{"-config", cut}, []string{cut, "line 3", "truncated"}},
		{"no file", []string{"-config", filepath.Join(dir, "none")}, []string{"none", "no such file"}},
		{"no settings at all", nil, []string{"-config"}},
		{"port taken", []string{"-config", taken}, []string{"address already in use"}},
		{"no such board", []string{"-config", good, "-board", "x"}, []string{`no board "x"`, "sim"}},
		{"a board that is not there", []string{"-config", good, "-board", filepath.Join(dir, "x.toml")}, []string{"board file", "x.toml", "no such file"}},
		{"a bad board", []string{"-config", good, "-board", badBoard}, []string{badBoard, "unknown key colour"}},
		{"a board without its lines", []string{"-config", good, "-board", "h3-maker"}, []string{"open board h3-maker", "ROW0"}},
		{"smart without the demo", []string{"-config", good, "-smart"}, []string{"Smart Failover", "-demo"}},
		{"no such language", []string{"-config", good, "-lang", "fr"}, []string{`"fr"`, "en, zh"}},
		{"unknown flag", []string{"-colour"}, []string{"-colour", "-help"}},
		{"data in the way", []string{"-config", good, "-data", notDir}, []string{notDir}},
		{"control in the way", []string{"-config", good, "-sim-socket", notDir}, []string{notDir, "no socket"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := launch(t, c.args...)
			if status := p.wait(); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			log := p.log()
			for _, w := range c.words {
				if !strings.Contains(log, w) {
					t.Errorf("%q is not told in %q", w, log)
				}
			}
			if strings.Contains(log, "panic") || strings.Contains(log, "goroutine ") {
				t.Errorf("it crashed: %s", log)
			}
			if err := syscall.Kill(-p.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("a child is left: %v", err)
			}
		})
	}
}

// With -data the phone remembers what its user changed, over the file; without
// it, the file wins at each start.
func TestProgramRemembers(t *testing.T) {
	_, file := servers(t)
	data := filepath.Join(t.TempDir(), "data")
	volume := func(want float64, press bool, args ...string) {
		t.Helper()
		p := launch(t, append([]string{"-config", file}, args...)...)
		w := p.watch()
		if m := w.until("the state", func(m map[string]any) bool { return m["call"] != nil }); m["volume"] != want {
			t.Errorf("volume %v, want %v", m["volume"], want)
		}
		if press {
			w.press("volume+", "volume+")
			w.until("the volume", field("volume", want+2))
			// The phone gathers the presses for a moment before it keeps them.
			for deadline := time.Now().Add(patience); len(args) > 0; {
				if files, _ := filepath.Glob(filepath.Join(data, "settings.*")); len(files) > 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("nothing is kept")
				}
				<-time.After(10 * time.Millisecond)
			}
		}
		p.stop(syscall.SIGTERM)
	}
	volume(5, true)
	volume(5, true, "-data", data)
	volume(7, false, "-data", data)
	volume(5, false)
}

// SIGHUP reads the file again: good settings are taken, bad ones refused with
// a notice while the old ones stay.
func TestProgramReadsAgain(t *testing.T) {
	d, file := servers(t)
	p := launch(t, "-config", file)
	w := p.watch()
	w.until("registration", field("registered", true))

	write(t, file, strings.Replace(string(d.Settings()), "Enable Reg         :1", "Enable Reg         :yes", 1))
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	m := w.until("the refusal", field("kind", "hardware"))
	if text := fmt.Sprint(m["text"]); !strings.Contains(text, "line") || !strings.Contains(text, "0 or 1") {
		t.Errorf("the refusal says %q", text)
	}
	w.send(`{"do":"get","id":1}`)
	if m := w.until("the state", field("id", 1.0)); m["registered"] != true {
		t.Errorf("after bad settings: %v", m)
	}

	write(t, file, strings.Replace(string(d.Settings()), "<<END", "SIP2 Phone Number:1002\nSIP2 Register Addr:127.0.0.1\n<<END", 1))
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	w.until("the second line", func(m map[string]any) bool {
		lines, _ := m["lines"].([]any)
		return len(lines) == 2
	})
	p.stop(syscall.SIGTERM)
}
