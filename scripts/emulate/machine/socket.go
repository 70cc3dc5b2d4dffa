//go:build linux

package machine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"phoned/scripts/emulate/guest"
)

// A Socket is a connection to a Unix socket in the guest.
type Socket struct {
	agent *Agent
	id    int
	in    *io.PipeReader
	end   context.CancelFunc
}

// opener passes on what comes out of a socket; its first piece, which is empty,
// says that the socket is open.
type opener struct {
	open chan struct{}
	to   *io.PipeWriter
}

func (o *opener) Write(b []byte) (int, error) {
	if o.open != nil {
		close(o.open)
		o.open = nil
	}
	if len(b) == 0 {
		return 0, nil
	}
	return o.to.Write(b)
}

// Dial connects to a Unix socket in the guest.
func (a *Agent) Dial(ctx context.Context, path string) (*Socket, error) {
	reader, writer := io.Pipe()
	life, end := context.WithCancel(context.Background())
	s := &Socket{agent: a, in: reader, end: end, id: a.number()}
	open := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		_, err := a.ask(life, guest.Request{ID: s.id, Do: guest.Dial, Path: path}, &opener{open, writer})
		if err == nil {
			err = io.EOF
		}
		failed <- err
		_ = writer.CloseWithError(err)
	}()
	select {
	case <-open:
		return s, nil
	case err := <-failed:
		end()
		return nil, fmt.Errorf("connect to %s in the guest: %w", path, err)
	case <-ctx.Done():
		end()
		return nil, fmt.Errorf("connect to %s in the guest: %w", path, ctx.Err())
	}
}

// number is a fresh one for a request.
func (a *Agent) number() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	return a.last
}

// Read reads what came out of the socket.
func (s *Socket) Read(b []byte) (int, error) { return s.in.Read(b) }

// Write writes to the socket.
func (s *Socket) Write(b []byte) (int, error) {
	r, err := s.agent.ask(context.Background(), guest.Request{Do: guest.Send, Of: s.id, Data: b}, nil)
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return len(b), err
}

// Close closes the socket.
func (s *Socket) Close() error {
	s.end()
	return s.in.Close()
}
