//go:build linux

// Agent runs inside the emulated handset and does what a test on the host asks
// for over a virtio-serial port: programs, files, keys. It is no part of the
// firmware; the emulator's test disk brings it.
//
// As process 1 (the initramfs for tests of one package) it makes the system
// first: file systems, modules, the loopback interface.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"phoned/scripts/emulate/guest"
)

func main() {
	if os.Getpid() == 1 {
		if _, err := os.Stat(firmware); err == nil {
			fmt.Println("agent:", boot())
			return
		}
		if err := initialise(); err != nil {
			fmt.Println("agent:", err)
		}
	}
	if err := serve(); err != nil {
		fmt.Println("agent:", err)
	}
	if os.Getpid() == 1 {
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	}
}

// serve takes requests until the host powers us off.
func serve() error {
	f, err := port()
	if err != nil {
		return err
	}
	a := &agent{out: f, running: map[int]work{}}
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // nobody at the other end at the moment
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil {
			return fmt.Errorf("read the host's requests: %w", err)
		}
		if len(line) == 1 {
			continue // the host asks anew
		}
		var r guest.Request
		if err := json.Unmarshal(line, &r); err != nil {
			fmt.Println("agent: not a request:", err)
			continue
		}
		go a.do(r)
	}
}

// An agent does requests, each in a goroutine of its own that ends with it.
type agent struct {
	mu      sync.Mutex
	out     io.Writer
	running map[int]work // by request
}

func (a *agent) reply(r guest.Reply) {
	line, err := json.Marshal(r)
	if err != nil {
		return // a Reply has nothing that JSON lacks
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.out.Write(append(line, '\n')); err != nil {
		fmt.Println("agent: reply:", err)
	}
}

func (a *agent) do(r guest.Request) {
	last := guest.Reply{ID: r.ID, Done: true}
	var err error
	switch r.Do {
	case guest.Hello:
	case guest.Run:
		last.Status, err = a.run(r)
	case guest.Dial:
		err = a.dial(r)
	case guest.Send:
		err = a.send(r.Of, r.Data)
	case guest.End:
		a.end(r.Of)
	case guest.Read:
		last.Out, err = os.ReadFile(r.Path)
	case guest.Write:
		err = writeFile(r.Path, r.Data)
	case guest.Press:
		err = guest.Desk{}.Press(r.Args...)
	case guest.Poweroff:
		unix.Sync()
		err = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	default:
		err = fmt.Errorf("the agent can not %q", r.Do)
	}
	if err != nil {
		last.Error = err.Error()
	}
	a.reply(last)
}

// writeFile writes a file that a program may execute; a file of sysfs is written
// in place.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o755)
}
