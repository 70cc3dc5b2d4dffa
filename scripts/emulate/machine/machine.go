//go:build linux

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A Machine is a running one.
type Machine struct {
	Serial *Lines // what came out of the serial console
	Config Config

	cmd    *exec.Cmd
	noise  *syncBuffer // what QEMU itself wrote
	qmp    *qmp
	done   chan struct{}
	conns  []net.Conn
	agent  *Agent
	hello  sync.Mutex
	closed sync.Once
}

// Start starts a machine. Its end is Close.
func Start(ctx context.Context, c Config) (*Machine, error) {
	args, err := c.args()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"serial", "qmp", "agent", "qtest"} {
		_ = os.Remove(filepath.Join(c.Dir, name))
	}
	program := append([]string{"qemu-system-arm"}, args...)
	if c.Space != "" {
		program = append([]string{"ip", "netns", "exec", c.Space}, program...)
	}
	path, err := find(program[0])
	if err != nil {
		return nil, err
	}
	m := &Machine{Config: c, Serial: newLines(), noise: &syncBuffer{}, done: make(chan struct{})}
	m.cmd = exec.Command(path, program[1:]...)
	m.cmd.Stdout, m.cmd.Stderr = m.noise, m.noise
	// The wav writer and the SDL of some builds look for a sound server at HOME.
	m.cmd.Env = append(os.Environ(), "HOME="+c.Dir)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := start(m.cmd); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	go func() {
		if err := m.cmd.Wait(); err != nil {
			_, _ = fmt.Fprintln(m.noise, "it ended:", err)
		}
		close(m.done)
	}()
	if err := m.connect(ctx); err != nil {
		_ = m.Close()
		return nil, fmt.Errorf("start the emulator: %w\n%s", err, m.noise)
	}
	return m, nil
}

// connect opens the serial console, which the machine waits for, and the control
// connection.
func (m *Machine) connect(ctx context.Context) error {
	serial, err := m.dial(ctx, "serial")
	if err != nil {
		return err
	}
	go m.Serial.read(serial)
	control, err := m.dial(ctx, "qmp")
	if err != nil {
		return err
	}
	m.qmp, err = newQMP(control)
	return err
}

// dial connects to one of the machine's sockets as soon as it is there.
func (m *Machine) dial(ctx context.Context, name string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(m.Config.Dir, name))
		if err == nil {
			m.conns = append(m.conns, conn)
			return conn, nil
		}
		select {
		case <-m.done:
			return nil, errors.New("it ended at once")
		case <-ctx.Done():
			return nil, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Kill ends the machine at once, as a power cut does.
func (m *Machine) Kill() {
	select {
	case <-m.done: // the number may be another process's by now
	default:
		_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
	}
	<-m.done
}

// Quit ends the emulator but lets it finish its files, such as the WAV.
func (m *Machine) Quit(ctx context.Context) error {
	_, _ = m.QMP(ctx, "quit", nil) // it may be gone before it answers
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the machine and lets go of everything.
func (m *Machine) Close() error {
	m.closed.Do(func() {
		m.Kill()
		for _, c := range m.conns {
			_ = c.Close()
		}
	})
	return nil
}

// Waited is how long the machine's processor could have run and did not, because
// this computer had other things to do (proc(5): run_delay of schedstat). A test
// of how long something takes leaves it out.
func (m *Machine) Waited() time.Duration {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/comm", m.cmd.Process.Pid))
	for _, name := range names {
		comm, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(comm, []byte("CPU ")) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(name), "schedstat"))
		var ran, waited int64
		if _, scan := fmt.Sscan(string(text), &ran, &waited); err == nil && scan == nil {
			return time.Duration(waited)
		}
	}
	return 0
}

// Done is closed when the machine is off.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Noise is what the emulator itself wrote: warnings, and why it ended.
func (m *Machine) Noise() string { return m.noise.String() }

// QMP sends one command of QEMU's machine protocol and gives back what it
// returns, as JSON.
func (m *Machine) QMP(ctx context.Context, command string, arguments any) ([]byte, error) {
	return m.qmp.do(ctx, command, arguments)
}

// Screenshot writes what the display shows as a PNG file.
func (m *Machine) Screenshot(ctx context.Context, path string) error {
	half := path + ".half" // whoever looks never sees half a picture
	if _, err := m.QMP(ctx, "screendump", map[string]string{"filename": half, "format": "png"}); err != nil {
		return err
	}
	return os.Rename(half, path)
}

// Reset presses the reset button.
func (m *Machine) Reset(ctx context.Context) error {
	_, err := m.QMP(ctx, "system_reset", nil)
	return err
}

// find looks for a program also where root's are, whatever PATH says.
func find(program string) (string, error) {
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed; scripts/setup emulator installs what the emulator needs", program)
}

// starter is the one thread that starts machines: one is killed when the thread
// that started it ends (Pdeathsig), and this one ends with the process.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

func start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	starter() <- func() { started <- cmd.Start() }
	return <-started
}

// A syncBuffer is written by a process and read by a test.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
