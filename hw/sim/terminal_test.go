package sim

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/hw"
)

// crashing in the environment makes the test binary a phone that dies while
// it shows the board: "panic" in another goroutine, or "kill".
const crashing = "SIM_TEST_CRASH"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == GuardArg {
		os.Exit(Guard(os.Args[2:]))
	}
	if how := os.Getenv(crashing); how != "" {
		crash(how)
	}
	os.Exit(m.Run())
}

// crash shows a board and dies when key 5 is pressed.
func crash(how string) {
	b := New()
	go func() {
		<-b.Inputs()
		if how == "panic" {
			panic("boom")
		}
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	}()
	_ = b.Show(hw.Screen{Title: "Crash test"})
	_ = NewTerminal(b, nil, os.Stdin, os.Stdout).Run(context.Background())
}

// A pty is a terminal of 100x40 whose other end is the test.
type pty struct {
	t             *testing.T
	master, slave *os.File

	mu  sync.Mutex
	out bytes.Buffer
}

func openPTY(t *testing.T) *pty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("SKIPPED: no pseudo-terminals here: %v", err)
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx") // non-blocking, so that Close ends a Read
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}); err != nil {
		t.Fatal(err)
	}
	p := &pty{t: t, master: master, slave: slave}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.out.Write(buf[:n])
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = slave.Close()
		_ = master.Close()
		<-read
	})
	return p
}

// sees waits until the terminal was sent a text.
func (p *pty) sees(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if strings.Contains(p.seen(), text) {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the terminal does not show %q but %q", text, p.seen())
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (p *pty) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *pty) types(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pty) state() unix.Termios {
	p.t.Helper()
	tio, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return *tio
}

// panel is a second thing on the terminal that listens to letters.
type panel struct{ letters chan rune }

func (panel) Lines() []string { return []string{"Server 1: in service"} }
func (p panel) Key(r rune)    { p.letters <- r }

// A phone on a terminal: what it shows is drawn, what is typed arrives, and
// afterwards the terminal is as it was.
func TestTerminal(t *testing.T) {
	p := openPTY(t)
	before := p.state()
	b := New()
	side := panel{make(chan rune, 8)}
	term := NewTerminal(b, side, p.slave, p.slave)
	if !IsTerminal(p.slave) {
		t.Fatal("a pseudo-terminal is no terminal")
	}
	ended := make(chan error, 1)
	go func() { ended <- term.Run(context.Background()) }()

	if err := b.Show(hw.Screen{Title: "准备就绪", Time: "14:02"}); err != nil {
		t.Fatal(err)
	}
	p.sees("准备就绪")
	p.sees("Server 1: in service")
	p.sees("handset: down")
	if _, err := fmt.Fprintln(term, "level=INFO msg=\x1b[2Jregistered"); err != nil {
		t.Fatal(err)
	}
	p.sees("msg=[2Jregistered")

	p.types("h6#\x1b[AC")
	for _, want := range []hw.Input{
		{Kind: hw.HookUp},
		{Kind: hw.Press, Key: hw.Key6},
		{Kind: hw.Release, Key: hw.Key6},
		{Kind: hw.Press, Key: hw.KeyPound},
		{Kind: hw.Release, Key: hw.KeyPound},
		{Kind: hw.Press, Key: hw.KeyUp},
		{Kind: hw.Release, Key: hw.KeyUp},
	} {
		if in := <-b.Inputs(); in != want {
			t.Fatalf("input %+v, want %+v", in, want)
		}
	}
	if r := <-side.letters; r != 'C' {
		t.Errorf("the panel was told %q", r)
	}
	p.sees("handset: UP")

	p.types("q")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if after := p.state(); after != before {
		t.Errorf("the terminal is %+v, was %+v", after, before)
	}
	p.sees(leave)
}

// A phone that dies at its worst moment leaves a terminal that can be used,
// with the words of the crash on it.
func TestTerminalAfterACrash(t *testing.T) {
	for _, how := range []string{"panic", "kill"} {
		t.Run(how, func(t *testing.T) {
			p := openPTY(t)
			before := p.state()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), crashing+"="+how)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = p.slave, p.slave, p.slave
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			p.sees("Crash test")
			if p.state() == before {
				t.Error("the terminal is not in raw mode")
			}
			p.types("5")
			if err := cmd.Wait(); err == nil {
				t.Error("the phone did not die")
			}
			p.sees(leave)
			for deadline := time.Now().Add(10 * time.Second); p.state() != before; {
				if time.Now().After(deadline) {
					t.Fatalf("the terminal is %+v, was %+v", p.state(), before)
				}
				<-time.After(5 * time.Millisecond)
			}
			if how == "panic" {
				// Not lost with the picture, but behind it.
				p.sees(leave + "panic: boom")
			}
		})
	}
}

// A terminal that hangs up ends the view; nothing spins.
func TestTerminalHangup(t *testing.T) {
	p := openPTY(t)
	term := NewTerminal(New(), nil, p.slave, p.slave)
	ended := make(chan error, 1)
	go func() { ended <- term.Run(context.Background()) }()
	p.sees("handset: down")
	_ = p.master.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the view goes on without a terminal")
	}
}

func TestNoTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	if IsTerminal(null) {
		t.Error("/dev/null is a terminal")
	}
	if err := NewTerminal(New(), nil, null, null).Run(context.Background()); err == nil {
		t.Error("a view without a terminal runs")
	}
}
