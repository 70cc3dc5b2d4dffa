package wire

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// sipgo logs what peers send, at levels the owner reads and with its own global
// logger; here all of that is of interest to a debugger only.
func init() { gosip.SetDefaultLogger(slog.New(demoted{})) }

// demoted passes records on at debug level; without a handler of its own to
// that of slog.Default at the time.
type demoted struct{ h slog.Handler }

func (d demoted) next() slog.Handler {
	if d.h == nil {
		return slog.Default().Handler()
	}
	return d.h
}

func (d demoted) Enabled(ctx context.Context, _ slog.Level) bool {
	return d.next().Enabled(ctx, slog.LevelDebug)
}

func (d demoted) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return d.next().Handle(ctx, r)
}

func (d demoted) WithAttrs(a []slog.Attr) slog.Handler { return demoted{d.next().WithAttrs(a)} }
func (d demoted) WithGroup(name string) slog.Handler   { return demoted{d.next().WithGroup(name)} }

// complainEvery bounds how often one kind of trouble is logged: what peers send
// must not be able to fill the log.
const complainEvery = time.Second

// A complainer logs each kind of trouble at most once a second.
type complainer struct {
	log *slog.Logger

	mu   sync.Mutex
	last map[string]complaint // by message text, which is never a peer's
}

type complaint struct {
	at     time.Time
	silent int
}

// brief is the beginning of an error that may quote what a peer has sent.
func brief(err error) string {
	const most = 80
	text := err.Error()
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strconv.QuoteToASCII(text)
}

// say logs msg at info level, or counts it.
func (c *complainer) say(msg string, args ...any) {
	now := time.Now()
	c.mu.Lock()
	was, known := c.last[msg]
	if known && now.Sub(was.at) < complainEvery {
		was.silent++
		c.last[msg] = was
		c.mu.Unlock()
		return
	}
	c.last[msg] = complaint{at: now}
	c.mu.Unlock()
	if was.silent > 0 {
		args = append(args, "times", was.silent+1)
	}
	c.log.Info(msg, args...)
}
