package sim

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// A Panel is what else stands in the terminal beside the phone: the servers of
// the demo. Its methods are called from the terminal's goroutine and must not
// block.
type Panel interface {
	// Lines are drawn to the right of the phone.
	Lines() []string
	// Key is told every letter that is no key of the phone.
	Key(r rune)
}

// Terminal draws a board on a terminal and reads its keyboard. It takes the
// log while it runs, for a line on the screen would spoil the picture.
type Terminal struct {
	board *Board
	panel Panel
	in    *os.File
	out   *os.File

	mu  sync.Mutex
	log []string

	drawn         []string // what the terminal shows, to send only what differs
	width, height int      // for which it was drawn
}

// logLines is how many lines of the log are shown.
const logLines = 8

// frame is the shortest time between two drawings: nothing flickers.
const frame = 100 * time.Millisecond

// IsTerminal tells whether a file is a terminal.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// NewTerminal makes a view of a board; panel may be nil.
func NewTerminal(board *Board, panel Panel, in, out *os.File) *Terminal {
	return &Terminal{board: board, panel: panel, in: in, out: out}
}

// Write takes lines of the log.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	for _, line := range strings.Split(strings.TrimRight(string(p), "\n"), "\n") {
		t.log = append(t.log, Clean(line))
	}
	if n := len(t.log) - logLines; n > 0 {
		t.log = append(t.log[:0], t.log[n:]...)
	}
	t.mu.Unlock()
	t.board.mu.Lock()
	t.board.notify()
	t.board.mu.Unlock()
	return len(p), nil
}

// Run shows the board until ctx ends or the user quits, and gives the terminal
// back as it was, also when it panics. An error means that the terminal can
// not be used.
func (t *Terminal) Run(ctx context.Context) (err error) {
	old, err := unix.IoctlGetTermios(int(t.in.Fd()), unix.TCGETS)
	if err != nil {
		return fmt.Errorf("open terminal: %w", err)
	}
	stop := guard(t.in, t.out, old)
	defer stop()
	if err := unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, raw(*old)); err != nil {
		return fmt.Errorf("set terminal to single keys: %w", err)
	}
	defer func() {
		_, _ = t.out.WriteString(leave)
		_ = unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, old)
	}()
	_, _ = t.out.WriteString(enter)

	ctx, cancel := context.WithCancel(ctx)
	keys := make(chan []byte)
	read := make(chan struct{})
	go func() {
		defer close(read)
		t.read(ctx, keys)
	}()
	// The reader looks at ctx at least every 100 ms.
	defer func() { cancel(); <-read }()
	t.loop(ctx, keys)
	return nil
}

// The other screen of the terminal, without cursor and line wrap; and back.
const (
	enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
	leave = "\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m"
)

// raw is what cfmakeraw(3) does, but output lines still begin at the left.
func raw(tio unix.Termios) *unix.Termios {
	tio.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	tio.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	tio.Cflag = tio.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	tio.Cc[unix.VMIN], tio.Cc[unix.VTIME] = 0, 1 // a read returns after 100 ms at the latest
	return &tio
}

// read reads the keyboard until ctx ends.
func (t *Terminal) read(ctx context.Context, keys chan<- []byte) {
	buf := make([]byte, 64)
	for ctx.Err() == nil {
		n, err := unix.Read(int(t.in.Fd()), buf)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN || n == 0 && err == nil:
			// VTIME makes an idle read return nothing; a terminal that is gone does
			// the same at once, which must not become a busy loop.
			if gone(t.in) {
				close(keys)
				return
			}
			continue
		case err != nil:
			close(keys)
			return
		}
		select {
		case keys <- bytes.Clone(buf[:n]):
		case <-ctx.Done():
		}
	}
}

// gone tells whether the terminal has hung up.
func gone(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
}

func (t *Terminal) loop(ctx context.Context, keys <-chan []byte) {
	blink := time.NewTicker(250 * time.Millisecond) // the fastest lamp
	defer blink.Stop()
	for {
		t.draw()
		drawn := time.NewTimer(frame)
		select {
		case <-ctx.Done():
			drawn.Stop()
			return
		case b, ok := <-keys:
			if !ok || t.typed(strokes(b)) {
				drawn.Stop()
				return
			}
		case <-t.board.Changed():
		case <-blink.C:
		}
		// Keys are taken while the next picture waits for its time.
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				drawn.Stop()
				return
			case b, ok := <-keys:
				if !ok || t.typed(strokes(b)) {
					drawn.Stop()
					return
				}
			case <-drawn.C:
				waiting = false
			}
		}
	}
}

// typed moves the board's keys; true = quit.
func (t *Terminal) typed(strokes []stroke) bool {
	for _, s := range strokes {
		switch {
		case s.quit:
			return true
		case s.hook:
			t.board.Hook(!t.board.Shown().Up)
		case s.letter != 0:
			if t.panel != nil {
				t.panel.Key(s.letter)
			}
		default:
			t.board.Tap(s.key)
		}
	}
	return false
}

// draw sends the lines that differ from what the terminal shows.
func (t *Terminal) draw() {
	width, height := size(t.out)
	var b strings.Builder
	if width != t.width || height != t.height {
		t.width, t.height, t.drawn = width, height, nil
		b.WriteString("\x1b[2J")
	}
	lines := t.picture(time.Now(), width)
	if len(lines) > height {
		lines = lines[:height]
	}
	for i, line := range lines {
		if i < len(t.drawn) && t.drawn[i] == line {
			continue
		}
		fmt.Fprintf(&b, "\x1b[%d;1H%s\x1b[K", i+1, line)
	}
	if len(lines) < len(t.drawn) {
		fmt.Fprintf(&b, "\x1b[%d;1H\x1b[J", len(lines)+1)
	}
	t.drawn = lines
	_, _ = t.out.WriteString(b.String())
}

// picture is everything: the phone, beside it the panel, below the keys and
// the log.
func (t *Terminal) picture(now time.Time, width int) []string {
	lines := draw(t.board.Shown(), now)
	var panel []string
	if t.panel != nil {
		panel = t.panel.Lines()
	}
	if room := width - (cols + 4); room >= 30 {
		for i := range panel {
			for i >= len(lines) {
				lines = append(lines, "")
			}
			gap := max(0, cols+2-visible(lines[i]))
			lines[i] += strings.Repeat(" ", gap+2) + strings.TrimRight(Fit(panel[i], room), " ")
		}
	} else {
		for _, p := range panel {
			lines = append(lines, strings.TrimRight(Fit(p, width), " "))
		}
	}
	lines = append(lines, "")
	for _, l := range legend {
		lines = append(lines, Fit(" "+l, min(width, Width(l)+1)))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.log) > 0 {
		lines = append(lines, "")
	}
	for _, l := range t.log {
		lines = append(lines, strings.TrimRight(Fit(" "+l, width), " "))
	}
	return lines
}

// visible is the width of a line that may hold our own escape sequences.
func visible(line string) int {
	for _, s := range []style{reverse, bold, red} {
		line = strings.ReplaceAll(strings.ReplaceAll(line, s.on, ""), s.off, "")
	}
	return Width(line)
}

// size is that of the terminal, 80x24 if it does not tell.
func size(f *os.File) (width, height int) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 || ws.Row == 0 {
		return 80, 24
	}
	return int(ws.Col), int(ws.Row)
}

func decodeRune(b []byte) (rune, int) { return utf8.DecodeRune(b) }
