//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"phoned/scripts/emulate/guest"
)

// secondSerial is the host's end on the i.MX6UL, which has no virtio.
const secondSerial = "/dev/ttymxc1"

// port finds the host's end: a virtio-serial port by its name, or the second
// serial port.
func port() (*os.File, error) {
	for range 200 {
		names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, path := range names {
			if b, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(b)) == guest.Port {
				return os.OpenFile(filepath.Join("/dev", filepath.Base(filepath.Dir(path))), os.O_RDWR, 0)
			}
		}
		if _, err := os.Stat(secondSerial); err == nil {
			return serial(secondSerial)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("no port %s: this is not the emulator, or it has no tests", guest.Port)
}

// serial opens a serial port that changes no byte.
func serial(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err == nil {
		// cfmakeraw(3), and no modem lines.
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB|unix.CRTSCTS|unix.CBAUD) | unix.CS8 | unix.CLOCAL | unix.CREAD | unix.B115200
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(fd, unix.TCSETS, t)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("set up %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}
