package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// mode lets the phone's user and group in, and nobody else.
const mode = 0o660

// Listen opens the control socket. A socket that a dead phone left behind is
// replaced; one on which a phone still listens, or any other file, is not.
func Listen(path string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	// The socket must have its mode from its first moment on. The umask is the
	// whole process's: a file that another thread makes meanwhile is less open
	// than it might be, never more.
	old := syscall.Umask(0o777 &^ mode)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	// Closing removes the file only if it is still ours.
	l.SetUnlinkOnClose(false)
	info, err := os.Lstat(path)
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	return &listener{UnixListener: l, path: path, info: info}, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and is no socket", path)
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("another phone listens on %s", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

type listener struct {
	*net.UnixListener
	path string
	info os.FileInfo
}

func (l *listener) Close() error {
	if info, err := os.Lstat(l.path); err == nil && os.SameFile(info, l.info) {
		_ = os.Remove(l.path)
	}
	return l.UnixListener.Close()
}
