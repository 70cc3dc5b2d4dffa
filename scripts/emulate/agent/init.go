//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// initialise does what process 1 has to do before a test can run.
func initialise() error {
	var errs []error
	for _, m := range []struct{ kind, dir string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}, {"tmpfs", "/run"},
	} {
		err := errors.Join(os.MkdirAll(m.dir, 0o755), unix.Mount(m.kind, m.dir, m.kind, 0, ""))
		if err != nil && !errors.Is(err, unix.EBUSY) { // the kernel has mounted /dev itself
			errs = append(errs, fmt.Errorf("mount %s: %w", m.dir, err))
		}
	}
	order, err := os.ReadFile("/lib/modules/order")
	if err != nil && !os.IsNotExist(err) {
		errs = append(errs, err)
	}
	for _, name := range strings.Fields(string(order)) {
		if err := insert(filepath.Join("/lib/modules", name)); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, loopback(), os.Setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin"), os.Setenv("HOME", "/tmp"))
	return errors.Join(errs...)
}

// insert loads a kernel module.
func insert(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil {
		return fmt.Errorf("insert %s: %w", path, err)
	}
	return nil
}

// loopback takes the interface lo up.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("take lo up: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("take lo up: %w", err)
	}
	return nil
}
