//go:build linux

package machine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
)

// A qmp is QEMU's control connection (docs/interop/qmp-spec.txt): one command at
// a time, events are dropped.
type qmp struct {
	mu      sync.Mutex
	conn    net.Conn
	replies chan reply
}

type reply struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Desc string `json:"desc"`
	} `json:"error"`
}

func newQMP(conn net.Conn) (*qmp, error) {
	q := &qmp{conn: conn, replies: make(chan reply, 16)}
	in := bufio.NewReader(conn)
	if _, err := in.ReadBytes('\n'); err != nil { // its greeting
		return nil, fmt.Errorf("control connection of the emulator: %w", err)
	}
	go func() {
		defer close(q.replies)
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			var r reply
			if json.Unmarshal(line, &r) == nil && (r.Return != nil || r.Error != nil) {
				select {
				case q.replies <- r:
				default: // an answer that nobody waits for any more
				}
			}
		}
	}()
	_, err := q.do(context.Background(), "qmp_capabilities", nil)
	return q, err
}

func (q *qmp) do(ctx context.Context, command string, arguments any) ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	message := map[string]any{"execute": command}
	if arguments != nil {
		message["arguments"] = arguments
	}
	line, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	if _, err := q.conn.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	select {
	case r, open := <-q.replies:
		switch {
		case !open:
			return nil, fmt.Errorf("%s: the emulator has ended", command)
		case r.Error != nil:
			return nil, fmt.Errorf("%s: %s", command, r.Error.Desc)
		}
		return r.Return, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", command, ctx.Err())
	}
}
