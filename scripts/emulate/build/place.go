//go:build linux

package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// A Workshop makes things inside one project tree.
type Workshop struct {
	Project string    // the directory of go.mod
	Log     io.Writer // what takes long is told here
}

// Open finds the project that the current directory belongs to.
func Open(log io.Writer) (*Workshop, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the project: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return &Workshop{Project: at, Log: log}, nil
		}
		if at == filepath.Dir(at) {
			return nil, fmt.Errorf("find the project: there is no go.mod above %s", dir)
		}
	}
}

// path is a place in build/emulate.
func (w *Workshop) path(elem ...string) string {
	return filepath.Join(append([]string{w.Project, "build", "emulate"}, elem...)...)
}

// emulated is a file of the emulated board.
func (w *Workshop) emulated(elem ...string) string {
	return filepath.Join(append([]string{w.Project, "buildroot", "board", "emulated"}, elem...)...)
}

func (w *Workshop) say(format string, args ...any) {
	if w.Log != nil {
		fmt.Fprintf(w.Log, "emulate: "+format+"\n", args...)
	}
}

// inProcess keeps two goroutines of one process apart; the file lock of once
// keeps two processes apart.
var inProcess sync.Mutex

// once makes the directory build/emulate/name by make, unless it is there. What
// was made half is thrown away. Two processes that want the same wait for one
// another.
func (w *Workshop) once(name string, build func(dir string) error) (string, error) {
	inProcess.Lock()
	defer inProcess.Unlock()
	final := w.path(name)
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	if err := os.MkdirAll(w.path(), 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(w.path(".lock-"+name), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	half := final + ".half"
	err = errors.Join(os.RemoveAll(half), os.MkdirAll(half, 0o755))
	if err == nil {
		err = build(half)
	}
	if err == nil {
		err = os.Rename(half, final)
	}
	if err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	return final, nil
}

// sum is a short hash of what something is made from.
func sum(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// run runs a program to its end. If it fails the error has the end of what it
// wrote.
func run(ctx context.Context, dir string, env []string, program string, args ...string) error {
	_, err := output(ctx, dir, env, program, args...)
	return err
}

// output is run that gives back the program's standard output.
func output(ctx context.Context, dir string, env []string, program string, args ...string) ([]byte, error) {
	path, err := find(program)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out, all bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, &all), &all
	if err := cmd.Run(); err != nil {
		text := all.String()
		if len(text) > 3000 {
			text = "..." + text[len(text)-3000:]
		}
		return nil, fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, text)
	}
	return out.Bytes(), nil
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

// Missing are the programs that this machine lacks for the emulator.
func Missing() []string {
	var missing []string
	for _, program := range []string{
		"qemu-system-arm", "qemu-arm-static", "arm-linux-gnueabihf-gcc", "make", "bc", "bison", "flex", "depmod", "fdtput",
		"dpkg-deb", "apt-get", "openssl", "mksquashfs", "genimage", "mkimage", "mkfs.vfat", "mcopy", "mke2fs", "rauc",
	} {
		if _, err := find(program); err != nil {
			missing = append(missing, program)
		}
	}
	for path, pkg := range map[string]string{kernelSource: kernelPackage, "/usr/lib/u-boot/qemu_arm/u-boot.bin": "u-boot-qemu"} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, pkg)
		}
	}
	return missing
}
