package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
)

// A Phone is what the socket shows and moves: *desk.Desk.
type Phone interface {
	Do(desk.Command)
	Get() phone.Snapshot
	// Decisions are the last n of a line, oldest first; of all lines with line 0.
	Decisions(n, line int) []journal.Record
	// Health is what is known of the servers of each line.
	Health() []phone.Health
	// Subscribe opens a stream whose first update is the snapshot of now.
	Subscribe() (updates <-chan desk.Update, cancel func())
}

// Config is what New needs.
type Config struct {
	Phone Phone
	Keys  Keys         // nil = the board's keys are moved by fingers alone
	Power Power        // nil = nobody restarts this phone
	Log   *slog.Logger // nil = nothing is logged
	// Program is the version that stands in records.
	Program string
	// Update has a firmware bundle installed; nil = there is no image to update.
	Update func(path string)
}

// The limits that keep clients from hurting the phone.
const (
	maxClients = 16
	maxLine    = 4096                  // bytes of one command
	writeTime  = 5 * time.Second       // for one line to a client
	acceptWait = 50 * time.Millisecond // after an error of accept
	burst      = 200                   // commands at once
	perSecond  = 100                   // commands in the long run
)

// Server serves the clients of control sockets.
type Server struct {
	cfg Config

	mu      sync.Mutex
	clients int
}

// New makes a server; nothing happens before Serve.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return &Server{cfg: cfg}
}

// Serve takes clients from l until ctx ends or l is closed; then it closes l,
// drops every client and waits for them.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed) || ctx.Err() != nil:
			if conn != nil {
				_ = conn.Close()
			}
			return nil
		case err != nil:
			// Out of file descriptors, as a rule: it passes.
			s.cfg.Log.Warn("control socket", "error", err)
			if !pause(ctx, acceptWait) {
				return nil
			}
			continue
		}
		if !s.enter() {
			refuse(conn)
			continue
		}
		wg.Go(func() {
			defer s.leave()
			newClient(s, conn).serve(ctx)
		})
	}
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients == maxClients {
		return false
	}
	s.clients++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients--
}

// refuse tells one client too many why it is dropped. A new socket's buffer
// has room for the words, so it does not wait.
func refuse(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write(failure(nil, errors.New("too many clients")))
	_ = conn.Close()
}

// pause waits; false = ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
