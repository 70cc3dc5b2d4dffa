package watchdog

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// file is a watchdog of the kernel (Linux: Documentation/watchdog/watchdog-api.rst).
type file struct{ *os.File }

// openDevice opens a watchdog, which arms it, and tells what its timeout really is.
func openDevice(path string, timeout time.Duration, log *slog.Logger) (device, time.Duration, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, 0, err // it says what of which file
	}
	real, err := setTimeout(f, timeout)
	if err != nil {
		// It is armed all the same, and its own time is likely a minute.
		log.Warn("set the watchdog's timeout", "device", path, "timeout", timeout, "error", err)
	}
	return file{f}, real, nil
}

// setTimeout sets the timeout and returns the one that counts: a driver takes
// the next that its chip can, or keeps its own.
func setTimeout(f *os.File, timeout time.Duration) (time.Duration, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return timeout, err
	}
	seconds := max(1, int(timeout/time.Second))
	var got uint32
	var set, get error
	err = raw.Control(func(fd uintptr) {
		set = unix.IoctlSetPointerInt(int(fd), unix.WDIOC_SETTIMEOUT, seconds)
		got, get = unix.IoctlGetUint32(int(fd), unix.WDIOC_GETTIMEOUT)
	})
	if get == nil && got > 0 && got < 1<<20 {
		timeout = time.Duration(got) * time.Second
	}
	return timeout, errors.Join(err, set)
}

// feed writes something, which is as good as WDIOC_KEEPALIVE.
func (f file) feed() error {
	_, err := f.Write([]byte{'.'})
	return err
}

// disarm writes the "magic close" character. A kernel that is built or started
// never to let a watchdog go (nowayout) does not, and resets the board in time.
func (f file) disarm() error {
	_, err := f.Write([]byte{'V'})
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("disarm the watchdog: %w", err)
	}
	return nil
}
