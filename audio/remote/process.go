package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio/engine"
	"phoned/audio/wire"
)

// A told is a message of the media process, with descriptors.
type told struct {
	wire.Message
	fds []int
}

// A process is a media process that runs: a child of ours, or one taken over.
type process struct {
	conn  *net.UnixConn
	cmd   *exec.Cmd // nil: taken over
	in    chan told // closed when the connection is
	ended chan struct{}
	born  time.Time
	heard time.Time // when it said something last
	ready bool
}

// spawn starts a media process.
func spawn(cfg Config, resume bool) (*process, error) {
	ours, theirs, err := wire.Pair()
	if err != nil {
		return nil, err
	}
	end := os.NewFile(uintptr(theirs), "control")
	defer end.Close()
	exe := cfg.Exe
	if exe == "" {
		if exe, err = os.Executable(); err != nil {
			unix.Close(ours)
			return nil, fmt.Errorf("find this program to start the media process: %w", err)
		}
	}
	args := append([]string{}, cfg.Args...)
	args = append(args, "-"+engine.FlagDevice, cfg.Device, "-"+engine.FlagControl, "3")
	if cfg.Socket != "" {
		args = append(args, "-"+engine.FlagSocket, cfg.Socket)
	}
	if resume {
		args = append(args, "-"+engine.FlagResume+"="+strconv.FormatBool(true))
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = cfg.Env
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{end}
	// Its own group: a Ctrl-C at the terminal is for this process, which then
	// tells the media process to end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		unix.Close(ours)
		return nil, fmt.Errorf("start the media process: %w", err)
	}
	p, err := newProcess(ours)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	p.cmd = cmd
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	go p.read()
	return p, nil
}

// newProcess wraps the socket to a media process.
func newProcess(fd int) (*process, error) {
	f := os.NewFile(uintptr(fd), "media")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("use the socket to the media process: %w", err)
	}
	now := time.Now()
	return &process{conn: c.(*net.UnixConn), in: make(chan told), ended: make(chan struct{}), born: now, heard: now}, nil
}

// read gives what the process says until its end. The owner takes all of it or
// closes the connection and drains.
func (p *process) read() {
	defer close(p.in)
	for {
		m, err := p.next()
		if err != nil {
			return
		}
		p.in <- m
	}
}

// next reads one message.
func (p *process) next() (told, error) {
	var buf [wire.MaxSize]byte
	var oob [64]byte
	for {
		n, oobn, _, _, err := p.conn.ReadMsgUnix(buf[:], oob[:])
		if err != nil {
			return told{}, err
		}
		if n == 0 {
			return told{}, net.ErrClosed
		}
		var m told
		m.fds = descriptors(oob[:oobn])
		if err := m.Parse(buf[:n]); err != nil {
			wire.CloseAll(m.fds)
			continue
		}
		return m, nil
	}
}

func descriptors(oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if f, err := unix.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, f...)
		}
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	return fds
}

// say sends a message. A process that takes none for a second is given up.
func (p *process) say(m *wire.Message, fds ...int) error {
	var buf [wire.MaxSize]byte
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	_ = p.conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _, err := p.conn.WriteMsgUnix(m.Append(buf[:0]), oob, nil)
	if err != nil {
		return fmt.Errorf("tell the media process: %w", err)
	}
	return nil
}

// end closes the connection and makes sure that a child of ours is gone; it may
// have so long to end by itself.
func (p *process) end(patience time.Duration) {
	if p.cmd != nil {
		select {
		case <-p.ended:
		case <-time.After(patience):
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	}
	_ = p.conn.Close()
	for m := range p.in {
		wire.CloseAll(m.fds)
	}
}

// why tells how the process ended.
func (p *process) why() string {
	if p.cmd == nil || p.cmd.ProcessState == nil {
		return "it is gone"
	}
	return p.cmd.ProcessState.String()
}

var errOther = errors.New("the media process found is not ours to use")

// takeOver connects to a media process that outlived its control process and
// reads which calls it holds. held is called for each.
func takeOver(cfg Config, held func(call uint32, fds []int)) (*process, error) {
	fd, err := wire.Dial(cfg.Socket)
	if err != nil {
		return nil, err
	}
	p, err := newProcess(fd)
	if err != nil {
		return nil, err
	}
	_ = p.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	for fits := false; ; {
		m, err := p.next()
		if err != nil {
			_ = p.conn.Close()
			return nil, fmt.Errorf("take over the media process: %w", err)
		}
		switch m.Kind {
		case wire.Hello:
			fits = m.Value == wire.Version && m.Text == cfg.Device
			if !fits {
				// Another version or device: it must make room.
				_ = p.say(&wire.Message{Kind: wire.Quit})
				_, _ = p.next() // its end
				_ = p.conn.Close()
				return nil, errOther
			}
		case wire.Holds:
			held(m.Call, m.fds)
		case wire.Ready:
			_ = p.conn.SetReadDeadline(time.Time{})
			p.ready = true
			close(p.ended)
			go p.read()
			return p, nil
		default:
			wire.CloseAll(m.fds)
		}
	}
}
