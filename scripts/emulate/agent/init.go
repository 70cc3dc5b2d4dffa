//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"phoned/scripts/emulate/guest"
)

// firmware is the root file system of a phone without a disk, and payload what
// its test disk would have.
const (
	firmware = "/rootfs.squashfs"
	payload  = "/payload"
)

// boot hands over to the init of the firmware, with payload on guest.Mount. It
// returns only if that fails. Nothing then waits for a disk of the host: in
// virtual time such a wait would last for as long as any timer.
func boot() error {
	const root = "/root"
	for _, m := range []struct{ kind, dir string }{{"sysfs", "/sys"}, {"devtmpfs", "/dev"}} {
		err := errors.Join(os.MkdirAll(m.dir, 0o755), unix.Mount(m.kind, m.dir, m.kind, 0, ""))
		if err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	loop, err := attach(firmware)
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(root, 0o755), unix.Mount(loop, root, "squashfs", unix.MS_RDONLY, "")); err != nil {
		return fmt.Errorf("mount the firmware: %w", err)
	}
	tests := root + guest.Mount
	if err := unix.Mount("tmpfs", tests, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount %s: %w", tests, err)
	}
	if err := os.CopyFS(tests, os.DirFS(payload)); err != nil {
		return fmt.Errorf("copy the tests: %w", err)
	}
	// switch_root(8), but for what is in the initramfs, which stays.
	if err := unix.Mount("/dev", root+"/dev", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move /dev: %w", err)
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("switch to the firmware: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("switch to the firmware: %w", err)
	}
	const init = "/sbin/init"
	return fmt.Errorf("start %s: %w", init, unix.Exec(init, []string{init}, []string{"HOME=/", "TERM=linux"}))
}

// attach makes a block device of a file.
func attach(path string) (string, error) {
	const device = "/dev/loop0"
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	loop, err := os.OpenFile(device, os.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = loop.Close() }()
	if err := unix.IoctlSetInt(int(loop.Fd()), unix.LOOP_SET_FD, int(file.Fd())); err != nil {
		return "", fmt.Errorf("make %s a disk: %w", path, err)
	}
	return device, nil
}

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
