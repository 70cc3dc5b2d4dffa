package externaltree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A factory makes images in a directory, as Buildroot would, of a root that has
// nothing but the overlay.
type factory struct {
	t        *testing.T
	dir      string
	keys     string
	settings []string
}

func newFactory(t *testing.T) factory {
	t.Helper()
	need(t, "genimage", "mkimage", "mkenvimage", "mkfs.vfat", "mcopy", "mke2fs", "mksquashfs", "rauc", "openssl")
	f := factory{t: t, dir: t.TempDir(), keys: filepath.Join(t.TempDir(), "keys")}
	f.script("scripts/keys", f.keys)
	f.settings = []string{"PHONE_KEYS=" + f.keys, "PHONE_VERSION=1.2.3", "SOURCE_DATE_EPOCH=1790000000"}
	return f
}

func (f factory) command(script string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(project, script), args...)
	cmd.Env = append(os.Environ(), f.settings...)
	return cmd
}

func (f factory) script(script string, args ...string) string {
	f.t.Helper()
	return output(f.t, f.command(script, args...))
}

// root is a root file system before post-build.sh; Buildroot has put an init
// script of its own into it, and a library of packages into /var.
func (f factory) root() string {
	f.t.Helper()
	root := filepath.Join(f.dir, "root")
	err := errors.Join(os.RemoveAll(root), os.MkdirAll(filepath.Join(root, "etc/init.d"), 0o755), os.MkdirAll(filepath.Join(root, "var/lib/dpkg"), 0o755),
		os.WriteFile(filepath.Join(root, "etc/init.d/S50telnet"), []byte("#!/bin/sh\n"), 0o755))
	if err != nil {
		f.t.Fatal(err)
	}
	output(f.t, exec.Command("cp", "-a", overlay+"/.", root))
	return root
}

const board = "buildroot/board/common/"

// image makes the image of a root and gives the directory that it is in.
func (f factory) image(name string) string {
	f.t.Helper()
	root, images := f.root(), filepath.Join(f.dir, name)
	if err := errors.Join(os.MkdirAll(images, 0o755), os.WriteFile(filepath.Join(images, "zImage"), []byte("a kernel"), 0o644)); err != nil {
		f.t.Fatal(err)
	}
	f.script(board+"post-build.sh", root, "qemu_virt")
	output(f.t, exec.Command("mksquashfs", root, filepath.Join(images, "rootfs.squashfs"), "-all-root", "-noappend", "-no-progress", "-quiet", "-mkfs-time", "1790000000", "-all-time", "1790000000"))
	f.script(board+"post-image.sh", images, "qemu_virt")
	return images
}

func TestTwoBuildsGiveTheSameImage(t *testing.T) {
	f := newFactory(t)
	one, two := f.image("one"), f.image("two")
	for _, name := range []string{"phone.img", "boot.vfat", "kernel.vfat", "factory.ext4"} {
		if err := exec.Command("cmp", filepath.Join(one, name), filepath.Join(two, name)).Run(); err != nil {
			t.Errorf("%s differs: %v", name, err)
		}
	}

	want := []string{"boot", "kernel-a", "root-a", "kernel-b", "root-b", "factory", "data"}
	var names []string
	for line := range strings.Lines(output(t, exec.Command("/usr/sbin/sfdisk", "-d", filepath.Join(one, "phone.img")))) {
		if _, name, ok := strings.Cut(line, `name="`); ok {
			name, _, _ = strings.Cut(name, `"`)
			names = append(names, name)
			if !strings.Contains(line, "uuid=50484F4E-4500-4000-8000-00000000000"+string(rune('0'+len(names)))) {
				t.Errorf("partition %d has another identifier: %s", len(names), line)
			}
		}
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the partitions are %v", names)
	}

	env := output(t, exec.Command("mtype", "-i", filepath.Join(one, "boot.vfat"), "::uboot.env"))
	if len(env) != 512 || binary.LittleEndian.Uint32([]byte(env)) != crc32.ChecksumIEEE([]byte(env[4:])) {
		t.Errorf("uboot.env has %d bytes, or a wrong checksum", len(env))
	}
	if vars := strings.Split(strings.TrimRight(env[4:], "\x00"), "\x00"); strings.Join(vars, " ") != "BOOT_A_LEFT=3 BOOT_B_LEFT=3 BOOT_ORDER=A B" {
		t.Errorf("uboot.env has %q", vars)
	}
	boot := output(t, exec.Command("mtype", "-i", filepath.Join(one, "boot.vfat"), "::boot.scr"))
	for _, want := range []string{"setenv root 50484f4e-4500-4000-8000-000000000003\n", "setenv root 50484f4e-4500-4000-8000-000000000005\n", "console=ttyAMA0 "} {
		if !strings.Contains(boot, want) {
			t.Errorf("the boot script lacks %q", want)
		}
	}
	if strings.Contains(boot, "@") {
		t.Error("the boot script has a word that was not filled in")
	}

	info := exec.Command("rauc", "--keyring="+filepath.Join(f.keys, "ca.pem"), "info", filepath.Join(one, "phone.raucb"))
	if text := output(t, info); !strings.Contains(text, "'phone-qemu-virt'") || !strings.Contains(text, "'1.2.3'") || !strings.Contains(text, "verity") {
		t.Errorf("the bundle is\n%s", text)
	}
	stranger := newFactory(t)
	fails(t, exec.Command("rauc", "--keyring="+filepath.Join(stranger.keys, "ca.pem"), "info", filepath.Join(one, "phone.raucb")), "signature")
}

func TestTheRootIsReadOnlyAndHasOnlyOurServices(t *testing.T) {
	f := newFactory(t)
	root := f.root()
	f.script(board+"post-build.sh", root, "imx6ullevk")
	if _, err := os.Stat(filepath.Join(root, "etc/init.d/S50telnet")); err == nil {
		t.Error("a package's init script stayed")
	}
	scripts, _ := filepath.Glob(filepath.Join(root, "etc/init.d/S*"))
	for _, script := range scripts {
		if info, err := os.Stat(script); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s cannot be run", script)
		}
	}
	for link, target := range map[string]string{"var/lib": "../data/lib", "var/run": "../run", "etc/resolv.conf": "/run/resolv.conf", "etc/mtab": "../proc/self/mounts"} {
		if got, err := os.Readlink(filepath.Join(root, link)); err != nil || got != target {
			t.Errorf("%s leads to %q", link, got)
		}
	}
	conf, err := os.ReadFile(filepath.Join(root, "etc/rauc/system.conf"))
	if err != nil || !bytes.Contains(conf, []byte("\ncompatible=phone-imx6ullevk\n")) || bytes.Contains(conf, []byte("plain")) {
		t.Errorf("RAUC's settings are of another board, or let unchecked bundles in: %v", err)
	}
	info, err := os.Stat(filepath.Join(root, "etc/phone-release"))
	if err != nil || info.ModTime().Unix() != 1790000000 {
		t.Errorf("the image does not know when it was built: %v", err)
	}
}

func TestAnImageIsNotMadeWithoutAnAuthorityOrWithItsKey(t *testing.T) {
	f := newFactory(t)
	root := f.root()
	f.settings[0] = "PHONE_KEYS=" + t.TempDir()
	fails(t, f.command(board+"post-build.sh", root, "qemu_virt"), "scripts/keys makes keys")
	key, err := os.ReadFile(filepath.Join(f.keys, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := os.ReadFile(filepath.Join(f.keys, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.keys, "ca.pem"), append(cert, key...), 0o600); err != nil {
		t.Fatal(err)
	}
	f.settings[0] = "PHONE_KEYS=" + f.keys
	fails(t, f.command(board+"post-build.sh", root, "qemu_virt"), "holds a private key")
	fails(t, f.command(board+"post-build.sh", root, "toaster"), "toaster")
}

func TestWhatDoesNotFitIntoItsSlotIsRefused(t *testing.T) {
	f := newFactory(t)
	images := f.image("one")
	if err := os.Truncate(filepath.Join(images, "rootfs.squashfs"), 64<<20+1); err != nil {
		t.Fatal(err)
	}
	fails(t, f.command(board+"post-image.sh", images, "qemu_virt"), "its partition 64 MiB")
}

func TestTheBundleCanBeSignedElsewhere(t *testing.T) {
	f := newFactory(t)
	key := filepath.Join(f.keys, "sign.key")
	away := filepath.Join(t.TempDir(), "key")
	if err := os.Rename(key, away); err != nil {
		t.Fatal(err)
	}
	images := f.image("one")
	bundle := filepath.Join(images, "phone.raucb")
	if _, err := os.Stat(bundle); err == nil {
		t.Fatal("there is a bundle without a key")
	}
	need(t, "unsquashfs")
	f.settings = append(f.settings[:1], "PHONE_SIGN_KEY="+away)
	if text := f.script("scripts/bundle", images); !strings.Contains(text, "version 1.2.3 for phone-qemu-virt") {
		t.Errorf("bundle says %q", text)
	}
	output(t, exec.Command("rauc", "--keyring="+filepath.Join(f.keys, "ca.pem"), "info", bundle))
}

func TestKeysAreNeverReplaced(t *testing.T) {
	f := newFactory(t)
	before, err := os.ReadFile(filepath.Join(f.keys, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	if text := f.script("scripts/keys", f.keys); !strings.Contains(text, "has keys already") {
		t.Errorf("keys says %q", text)
	}
	after, err := os.ReadFile(filepath.Join(f.keys, "ca.key"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key was replaced, %v", err)
	}
	if info, err := os.Stat(filepath.Join(f.keys, "sign.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the key: %v", err)
	}
}

func TestOneSectorHoldsTheBootState(t *testing.T) {
	need(t, "fw_setenv", "fw_printenv")
	f := newFactory(t)
	images := f.image("one")
	env := filepath.Join(f.dir, "uboot.env")
	output(t, exec.Command("mcopy", "-i", filepath.Join(images, "boot.vfat"), "::uboot.env", env))
	config := filepath.Join(f.dir, "fw_env.config")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(read(t, "buildroot/board/common/rootfs-overlay/etc/fw_env.config"), "/boot/uboot.env", env)), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(env)
	if err != nil {
		t.Fatal(err)
	}
	// What RAUC does after an installation.
	output(t, exec.Command("fw_setenv", "-c", config, "BOOT_ORDER", "B A"))
	output(t, exec.Command("fw_setenv", "-c", config, "BOOT_B_LEFT", "3"))
	if got := output(t, exec.Command("fw_printenv", "-c", config, "BOOT_ORDER")); got != "BOOT_ORDER=B A\n" {
		t.Errorf("it reads %q", got)
	}
	after, err := os.Stat(env)
	if err != nil || after.Size() != 512 || !os.SameFile(before, after) {
		t.Errorf("the file was replaced, or has another size: %v", err)
	}
}
