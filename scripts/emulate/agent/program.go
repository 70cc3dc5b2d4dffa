//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"

	"phoned/scripts/emulate/guest"
)

// A work is what a request has started and End ends: a program with all its
// children, or a connection.
type work struct {
	cmd  *exec.Cmd
	conn net.Conn
}

// pieces passes a program's output to the host as it comes.
type pieces struct {
	a  *agent
	id int
}

func (p pieces) Write(b []byte) (int, error) {
	p.a.reply(guest.Reply{ID: p.id, Out: b})
	return len(b), nil
}

// run runs a program to its end.
func (a *agent) run(r guest.Request) (status int, err error) {
	if len(r.Args) == 0 {
		return 0, errors.New("run: no program")
	}
	cmd := exec.Command(r.Args[0], r.Args[1:]...)
	cmd.Dir = r.Dir
	cmd.Env = append(os.Environ(), r.Env...)
	out := pieces{a, r.ID}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("run: %w", err)
	}
	a.begin(r.ID, work{cmd: cmd})
	err = cmd.Wait()
	a.over(r.ID)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// dial connects to a Unix socket and tells what comes, until either side closes.
func (a *agent) dial(r guest.Request) error {
	conn, err := net.Dial("unix", r.Path)
	if err != nil {
		return err
	}
	a.begin(r.ID, work{conn: conn})
	a.reply(guest.Reply{ID: r.ID}) // it is open
	_, err = io.Copy(pieces{a, r.ID}, conn)
	a.over(r.ID)
	_ = conn.Close()
	if errors.Is(err, net.ErrClosed) { // by end
		return nil
	}
	return err
}

// send writes to the socket of a request.
func (a *agent) send(id int, data []byte) error {
	a.mu.Lock()
	w := a.running[id]
	a.mu.Unlock()
	if w.conn == nil {
		return errors.New("send: the socket is closed")
	}
	_, err := w.conn.Write(data)
	return err
}

func (a *agent) begin(id int, w work) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[id] = w
}

func (a *agent) over(id int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.running, id)
}

// end ends what a request has started, if it still runs.
func (a *agent) end(id int) {
	a.mu.Lock()
	w := a.running[id]
	a.mu.Unlock()
	if w.cmd != nil {
		_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	}
	if w.conn != nil {
		_ = w.conn.Close()
	}
}
