//go:build linux

package machine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"phoned/scripts/emulate/guest"
)

// An Agent is the host's end of the agent in the guest. Its methods may be called
// by several goroutines at once; each waits for its own answer.
type Agent struct {
	conn net.Conn

	mu      sync.Mutex
	last    int
	waiting map[int]chan guest.Reply
	err     error
}

// Agent waits until the agent answers and returns it. After a reset of the
// machine it is asked anew.
func (m *Machine) Agent(ctx context.Context) (*Agent, error) {
	m.hello.Lock()
	defer m.hello.Unlock()
	if m.agent == nil {
		conn, err := m.dial(ctx, "agent")
		if err != nil {
			return nil, fmt.Errorf("reach the agent in the guest: %w", err)
		}
		m.agent = &Agent{conn: conn, waiting: map[int]chan guest.Reply{}}
		go m.agent.read()
	}
	if err := m.agent.hello(ctx); err != nil {
		return nil, fmt.Errorf("the agent in the guest does not answer: %w", err)
	}
	return m.agent, nil
}

// hello asks until the agent answers: a serial port that is not open yet loses
// the beginning of what it is told.
func (a *Agent) hello(ctx context.Context) error {
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := a.ask(try, guest.Request{Do: guest.Hello}, nil)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if _, err := a.conn.Write([]byte("\n")); err != nil { // the end of half a line
			return err
		}
	}
}

func (a *Agent) read() {
	in := bufio.NewReader(a.conn)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			a.mu.Lock()
			a.err = errors.New("the machine is off")
			for id, c := range a.waiting {
				close(c)
				delete(a.waiting, id)
			}
			a.mu.Unlock()
			return
		}
		var r guest.Reply
		if json.Unmarshal(line, &r) != nil {
			continue // the rest of a line from before a reset
		}
		a.mu.Lock()
		c := a.waiting[r.ID]
		if r.Done {
			delete(a.waiting, r.ID)
		}
		a.mu.Unlock()
		if c != nil {
			c <- r
		}
	}
}

// ask sends a request and waits for its last reply; pieces go to out.
func (a *Agent) ask(ctx context.Context, r guest.Request, out io.Writer) (guest.Reply, error) {
	a.mu.Lock()
	if a.err != nil {
		a.mu.Unlock()
		return guest.Reply{}, a.err
	}
	if r.ID == 0 {
		a.last++
		r.ID = a.last
	}
	replies := make(chan guest.Reply, 1024)
	a.waiting[r.ID] = replies
	line, err := json.Marshal(r)
	if err == nil {
		_, err = a.conn.Write(append(line, '\n'))
	}
	a.mu.Unlock()
	if err != nil {
		return guest.Reply{}, fmt.Errorf("ask the agent: %w", err)
	}
	for {
		select {
		case reply, open := <-replies:
			switch {
			case !open:
				return guest.Reply{}, errors.New("the machine went off")
			case reply.Error != "":
				return reply, errors.New("in the guest: " + reply.Error)
			case reply.Done:
				return reply, nil
			}
			if out != nil {
				_, _ = out.Write(reply.Out)
			}
		case <-ctx.Done():
			a.forget(r)
			return guest.Reply{}, ctx.Err()
		}
	}
}

// forget ends a request that nobody waits for any more, and takes what still
// comes of it.
func (a *Agent) forget(r guest.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, r.ID)
	if r.Do == guest.Run || r.Do == guest.Dial {
		a.last++
		line, _ := json.Marshal(guest.Request{ID: a.last, Do: guest.End, Of: r.ID})
		_, _ = a.conn.Write(append(line, '\n'))
	}
}

// Run runs a program in the guest, as root, and gives back what it wrote. A
// status that is not 0 is an error, with the output in it.
func (a *Agent) Run(ctx context.Context, program ...string) (string, error) {
	var out bytes.Buffer
	status, err := a.Stream(ctx, &out, guest.Request{Args: program})
	if err == nil && status != 0 {
		err = fmt.Errorf("in the guest: %s: status %d: %s", strings.Join(program, " "), status, strings.TrimSpace(out.String()))
	}
	return out.String(), err
}

// Shell is Run for a line of shell.
func (a *Agent) Shell(ctx context.Context, script string) (string, error) {
	return a.Run(ctx, "/bin/sh", "-c", script)
}

// Stream runs a program with all that a Request can say and passes on its output
// as it comes. The status is the program's, or 128 and the signal's number. If
// the context ends, the program is killed.
func (a *Agent) Stream(ctx context.Context, out io.Writer, r guest.Request) (status int, err error) {
	r.Do = guest.Run
	last, err := a.ask(ctx, r, out)
	return last.Status, err
}

// Read is a file of the guest.
func (a *Agent) Read(ctx context.Context, path string) ([]byte, error) {
	r, err := a.ask(ctx, guest.Request{Do: guest.Read, Path: path}, nil)
	return r.Out, err
}

// Write writes a file in the guest; what does not exist above it is made.
func (a *Agent) Write(ctx context.Context, path string, data []byte) error {
	_, err := a.ask(ctx, guest.Request{Do: guest.Write, Path: path, Data: data}, nil)
	return err
}

// Press presses keys of the emulated board, one after the other.
func (a *Agent) Press(ctx context.Context, keys ...string) error {
	_, err := a.ask(ctx, guest.Request{Do: guest.Press, Args: keys}, nil)
	return err
}

// Lift takes the handset off the hook, or puts it back.
func (a *Agent) Lift(ctx context.Context, up bool) error {
	value := []byte("0")
	if up {
		value = []byte("1")
	}
	return a.Write(ctx, "/sys/devices/platform/phone-sim/hook", value)
}

// Poweroff takes the power away after the disks are written.
func (a *Agent) Poweroff(ctx context.Context) {
	_, _ = a.ask(ctx, guest.Request{Do: guest.Poweroff}, nil) // it does not live to answer
}
