//go:build linux

package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// TestMount is where the emulated board has the test disk.
const TestMount = "/run/test"

// TestDisk makes the disk that the emulated board looks for: the agent, and other
// files by their names in TestMount. Programs keep their mode.
func (w *Workshop) TestDisk(ctx context.Context, to string, files map[string]string) error {
	agent, err := w.Agent(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(to), "disk")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := copyFile(agent, filepath.Join(dir, "run")); err != nil {
		return err
	}
	size := int64(8 << 20)
	for name, from := range files {
		info, err := os.Stat(from)
		if err != nil {
			return err
		}
		size += info.Size() + info.Size()/8
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			return err
		}
		if err := copyFile(from, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	_ = os.Remove(to)
	return run(ctx, "", nil, "mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-L", "handset-test", "-d", dir, to, fmt.Sprintf("%dK", size>>10))
}

// Firmware is U-Boot as the flash of the machine virt wants it: 64 MiB.
func (w *Workshop) Firmware() (string, error) {
	dir, err := w.once("u-boot", func(dir string) error {
		to := filepath.Join(dir, "flash.img")
		if err := copyFile("/usr/lib/u-boot/qemu_arm/u-boot.bin", to); err != nil {
			return fmt.Errorf("%w (scripts/setup emulator installs u-boot-qemu)", err)
		}
		return os.Truncate(to, 64<<20)
	})
	return filepath.Join(dir, "flash.img"), err
}
