//go:build linux

package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"phoned/scripts/emulate/guest"
)

// TestMount is where the emulated board has the test disk.
const TestMount = guest.Mount

// TestDisk makes the disk that the emulated board looks for: the agent, and other
// files by their names in guest.Mount. Programs keep their mode.
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

// Diskless makes an initramfs that has the whole image and what its test disk
// would have in memory, for machines with virtual time. It has neither a boot nor
// a factory nor a data partition.
func (w *Workshop) Diskless(ctx context.Context, i Image, to string, tests map[string]string) error {
	agent, err := w.Agent(ctx)
	if err != nil {
		return err
	}
	files := map[string]File{
		"dev/console": {Mode: ModeChar | 0o600, Dev: [2]uint32{5, 1}},
	}
	all := map[string]string{"init": agent, "payload/run": agent, "rootfs.squashfs": i.Root()}
	for name, from := range tests {
		all["payload/"+name] = from
	}
	for name, from := range all {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		files[name] = File{Mode: ModeFile | 0o755, Data: data}
	}
	return WriteInitramfs(to, files)
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
