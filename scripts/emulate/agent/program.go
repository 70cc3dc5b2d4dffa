//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"phoned/scripts/emulate/guest"
)

// A program is one that a request has started, with all its children.
type program struct{ cmd *exec.Cmd }

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
	a.mu.Lock()
	a.running[r.ID] = &program{cmd}
	a.mu.Unlock()
	err = cmd.Wait()
	a.mu.Lock()
	delete(a.running, r.ID)
	a.mu.Unlock()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// end kills the program of a request, if it still runs.
func (a *agent) end(id int) {
	a.mu.Lock()
	p := a.running[id]
	a.mu.Unlock()
	if p != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}
