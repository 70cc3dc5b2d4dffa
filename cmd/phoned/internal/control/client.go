package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
)

// A client is one connection: one goroutine reads commands and carries them
// out, one writes. Whichever ends first closes the connection and so ends the
// other.
type client struct {
	server *Server
	conn   net.Conn
	asks   chan ask // from the reader to the writer
	tokens float64  // commands the client may still give at once
	filled time.Time
}

// An ask is what the writer must do for the reader: answer a `get`, write a
// line that is ready, stream more or less, or end.
type ask struct {
	get   bool
	end   bool
	id    json.RawMessage
	line  []byte
	watch *watched // what is streamed from now on
}

// watched is what a client has asked to be told beside states and notices.
type watched struct{ decisions, health bool }

func newClient(s *Server, conn net.Conn) *client {
	return &client{server: s, conn: conn, asks: make(chan ask), tokens: burst, filled: time.Now()}
}

func (c *client) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	read := make(chan struct{})
	go func() {
		defer close(read)
		err := c.read(ctx)
		c.server.cfg.Log.Debug("control client left", "error", err)
		// A client that closes its side at once, as `echo ... | nc -U` does, still
		// gets its answers: the writer ends after them.
		c.ask(ctx, ask{end: true})
	}()
	c.write(ctx)
	cancel()
	<-read
}

// read takes commands until the client or ctx ends.
func (c *client) read(ctx context.Context) error {
	lines := bufio.NewReaderSize(c.conn, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			c.ask(ctx, ask{line: failure(nil, fmt.Errorf("a line is longer than %d bytes", maxLine))})
			return err
		case err != nil && !(errors.Is(err, io.EOF) && len(line) > 0):
			return err
		}
		last := err != nil // a last line without a line end counts
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if !c.throttle(ctx) || !c.take(ctx, line) {
				return ctx.Err()
			}
		}
		if last {
			return err
		}
	}
}

// take carries out one line; false = ctx ended.
func (c *client) take(ctx context.Context, line []byte) bool {
	var cmd command
	if err := json.Unmarshal(line, &cmd); err != nil {
		return c.ask(ctx, ask{line: failure(nil, fmt.Errorf("a line must be one JSON object: %w", err))})
	}
	if err := c.known(cmd.Do); err != nil {
		return c.ask(ctx, ask{line: failure(cmd.ID, err)})
	}
	var a ask
	var err error
	switch cmd.Do {
	case "get":
		return c.ask(ctx, ask{get: true, id: cmd.ID})
	case "decisions":
		a.line, err = c.decisions(cmd)
	case "health":
		a.line = c.health(cmd)
	case "record":
		a.line, err = c.record(ctx, cmd)
	case "drill":
		err = c.drill(ctx, cmd)
	case "watch":
		a.watch, err = watch(cmd)
	default:
		err = c.carryOut(cmd)
	}
	switch {
	case err != nil:
		a = ask{line: failure(cmd.ID, err)}
	case a.line == nil && cmd.ID != nil:
		a.line = encode(struct {
			ID json.RawMessage `json:"id"`
			OK bool            `json:"ok"`
		}{cmd.ID, true})
	case a.line == nil && a.watch == nil:
		return ctx.Err() == nil
	}
	return c.ask(ctx, a)
}

func (c *client) ask(ctx context.Context, a ask) bool {
	select {
	case c.asks <- a:
		return true
	case <-ctx.Done():
		return false
	}
}

// throttle makes a client wait that gives more commands than people and
// scripts do: the queue of the desk has no other bound.
func (c *client) throttle(ctx context.Context) bool {
	now := time.Now()
	c.tokens = min(burst, c.tokens+now.Sub(c.filled).Seconds()*perSecond)
	c.filled = now
	c.tokens--
	if c.tokens >= 0 {
		return ctx.Err() == nil
	}
	return pause(ctx, time.Duration(-c.tokens/perSecond*float64(time.Second)))
}

// write streams what changes and answers what is asked, in one order: a `get`
// never shows an older or a newer phone than the stream before it. It ends
// with ctx, with a write that fails or takes too long, or when the desk drops
// a stream that is read too slowly.
func (c *client) write(ctx context.Context) {
	updates, cancel := c.server.cfg.Phone.Subscribe()
	defer cancel()
	// The first update is the snapshot of now, which nobody has asked for.
	var s stream
	select {
	case u, ok := <-updates:
		if !ok {
			return
		}
		if u.Snapshot != nil {
			s.now = *u.Snapshot
		}
	case <-ctx.Done():
		return
	}
	for {
		var line []byte
		select {
		case <-ctx.Done():
			return
		case u, ok := <-updates:
			if !ok {
				return
			}
			line = s.tell(u)
		case a := <-c.asks:
			line = a.line
			switch {
			case a.end:
				return
			case a.watch != nil:
				s.watched = *a.watch
			case a.get:
				if !c.catchUp(updates, &s) {
					return
				}
				line = encode(struct {
					ID json.RawMessage `json:"id,omitempty"`
					phone.Snapshot
				}{a.id, s.now})
			}
		}
		if !c.send(line) {
			return
		}
	}
}

// catchUp writes the updates that wait; false = the stream or the client ended.
func (c *client) catchUp(updates <-chan desk.Update, s *stream) bool {
	for {
		select {
		case u, ok := <-updates:
			if !ok || !c.send(s.tell(u)) {
				return false
			}
		default:
			return true
		}
	}
}

func (c *client) send(line []byte) bool {
	if line == nil {
		return true
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return false
	}
	_, err := c.conn.Write(line)
	return err == nil
}

// A stream is what one client is told.
type stream struct {
	now     phone.Snapshot // told last
	watched watched
}

// tell is an update as a line; nil = the client has not asked for its kind.
func (s *stream) tell(u desk.Update) []byte {
	switch {
	case u.Notice != nil:
		return encode(u.Notice)
	case u.Decision != nil && s.watched.decisions:
		return encode(map[string]any{"decision": u.Decision})
	case u.Health != nil && s.watched.health:
		return encode(map[string]any{"health": healthOf(*u.Health)})
	case u.Snapshot != nil:
		s.now = *u.Snapshot
		return encode(s.now)
	}
	return nil
}

// failure is an error object.
func failure(id json.RawMessage, err error) []byte {
	answer := struct {
		ID    json.RawMessage `json:"id,omitempty"`
		Error string          `json:"error"`
		Why   string          `json:"why,omitempty"`
	}{ID: id, Error: err.Error()}
	var refused refusedError
	if errors.As(err, &refused) {
		answer.Why = phone.Refusal(refused).String()
	}
	return encode(answer)
}

// encode is one JSON object and the end of its line.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{\"error\":\"an answer could not be written\"}\n")
	}
	return append(b, '\n')
}
