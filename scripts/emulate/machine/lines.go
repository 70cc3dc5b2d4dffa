//go:build linux

package machine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A Line is one of the serial console, with the time at which it was complete.
type Line struct {
	At   time.Time
	Text string
}

// Lines are all lines so far. Its methods may be called by any goroutine.
type Lines struct {
	mu   sync.Mutex
	all  []Line
	more chan struct{} // closed and replaced when a line comes
	over bool
	conn net.Conn
}

func newLines() *Lines { return &Lines{more: make(chan struct{})} }

func (l *Lines) read(conn net.Conn) {
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	in := bufio.NewReader(conn)
	for {
		text, err := in.ReadString('\n')
		l.mu.Lock()
		if text != "" {
			l.all = append(l.all, Line{time.Now(), strings.Trim(text, "\r\n")})
		}
		l.over = err != nil
		close(l.more)
		l.more = make(chan struct{})
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Type writes to the console, as on its keyboard.
func (l *Lines) Type(text string) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	_, err := io.WriteString(conn, text)
	return err
}

// All are the lines so far.
func (l *Lines) All() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Line(nil), l.all...)
}

// Text is everything so far.
func (l *Lines) Text() string {
	var b strings.Builder
	for _, line := range l.All() {
		b.WriteString(line.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Mark is how many lines there are; WaitFrom starts looking there.
func (l *Lines) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// Wait waits for a line, past or to come, that matches the regular expression.
func (l *Lines) Wait(ctx context.Context, pattern string) (Line, error) {
	return l.WaitFrom(ctx, 0, pattern)
}

// WaitFrom is Wait for lines since a Mark.
func (l *Lines) WaitFrom(ctx context.Context, mark int, pattern string) (Line, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return Line{}, err
	}
	for {
		l.mu.Lock()
		fresh, more, over := l.all[min(mark, len(l.all)):], l.more, l.over
		l.mu.Unlock()
		for _, line := range fresh {
			if re.MatchString(line.Text) {
				return line, nil
			}
		}
		mark += len(fresh)
		if over {
			return Line{}, fmt.Errorf("the machine went off before its console said %q", pattern)
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Line{}, fmt.Errorf("the console has not said %q: %w", pattern, ctx.Err())
		}
	}
}
