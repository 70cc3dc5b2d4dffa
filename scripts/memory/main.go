// Memory starts the demo, reads the resident memory of the control and the
// media process, dials the echo party, and reads it again in the call.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "phone.sock")
	phone := exec.Command("build/phoned", "-demo", "-log", "error", "-control", path)
	if err := phone.Start(); err != nil {
		return err
	}
	defer func() {
		_ = phone.Process.Signal(syscall.SIGTERM)
		_ = phone.Wait()
	}()

	conn, err := dial(path)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1<<20)
	say := func(line string) error {
		_, err := fmt.Fprintln(conn, line)
		return err
	}
	if err := say(`{"do":"get"}`); err != nil {
		return err
	}
	if err := await(in, `"registered":true`); err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // start-up garbage is given back
	show("idle", phone.Process.Pid)

	for _, l := range []string{
		`{"do":"hook","up":true}`,
		`{"do":"press","key":"6"}`, `{"do":"press","key":"0"}`, `{"do":"press","key":"0"}`, `{"do":"press","key":"#"}`,
	} {
		if err := say(l); err != nil {
			return err
		}
	}
	if err := await(in, `"call":"up"`); err != nil {
		return err
	}
	time.Sleep(10 * time.Second) // of voice
	show("in a call", phone.Process.Pid)
	return nil
}

func dial(path string) (net.Conn, error) {
	for range 50 {
		if c, err := net.Dial("unix", path); err == nil {
			return c, c.SetDeadline(time.Now().Add(time.Minute))
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.New("the phone did not open its control socket")
}

// await reads what the phone streams until a line holds want.
func await(in *bufio.Scanner, want string) error {
	for in.Scan() {
		if strings.Contains(in.Text(), want) && json.Valid(in.Bytes()) {
			return nil
		}
	}
	return fmt.Errorf("the phone never told %s", want)
}

// show prints the resident memory of the process and its children. The demo's
// servers are part of the control process here.
func show(when string, pid int) {
	fmt.Printf("%-10s control process (with the demo's servers) %s\n", when, resident(pid))
	// A child belongs to the thread that started it.
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, c := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(c); err == nil {
				fmt.Printf("%-10s media process %s\n", when, resident(n))
			}
		}
	}
}

func resident(pid int) string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for _, l := range strings.Split(string(status), "\n") {
		if v, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
