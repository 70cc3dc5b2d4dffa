//go:build linux

package build

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// programs are what the root file system takes from Debian, where the init
// scripts look for it, from which package. Their libraries come along.
var programs = []struct{ from, to string }{
	{"usr/bin/setpriv", "usr/bin/setpriv"},
	{"sbin/blkid", "usr/sbin/blkid"},
	{"sbin/e2fsck", "usr/sbin/e2fsck"},
	{"sbin/mke2fs", "usr/sbin/mke2fs"},
	{"usr/bin/dbus-daemon", "usr/bin/dbus-daemon"},
	{"usr/bin/dbus-uuidgen", "usr/bin/dbus-uuidgen"},
	{"usr/sbin/nft", "usr/sbin/nft"},
	{"usr/sbin/dhcpcd", "usr/sbin/dhcpcd"},
	{"usr/sbin/chronyd", "usr/sbin/chronyd"},
	{"usr/bin/chronyc", "usr/bin/chronyc"},
	{"usr/bin/fw_printenv", "usr/bin/fw_printenv"},
	{"usr/bin/rauc", "usr/bin/rauc"},
}

// plain are files that the programs read.
var plain = []string{"etc/mke2fs.conf"}

// trees are directories that a program loads at run time.
var trees = []string{"usr/lib/dhcpcd"}

// packages are where programs and libraries come from. They are named one by one
// because their dependencies would bring perl, dpkg and systemd. (The static
// BusyBox would start quicker, but its shell prefers its own setpriv to the real.)
var packages = strings.Fields(`
	busybox util-linux e2fsprogs dbus-daemon dbus-bin nftables dhcpcd-base chrony
	libubootenv-tool rauc
	libc6 libgcc-s1 libext2fs2 libss2 libcom-err2 libblkid1 libuuid1 libmount1 libsmartcols1 libselinux1
	libpcre2-8-0 libcap-ng0 libcap2 libaudit1 libtinfo6 libudev1 libsystemd0 liblzma5 liblz4-1 libzstd1
	libgcrypt20 libgpg-error0 libdbus-1-3 libexpat1 libapparmor1 libnftables1 libnftnl11 libmnl0
	libjansson4 libgmp10 libedit2 libbsd0 libmd0 libxtables12 libnettle8 libhogweed6 libgnutls30
	libp11-kit0 libffi8 libidn2-0 libunistring2 libtasn1-6 libseccomp2 libcrypt1 libfdisk1 libubootenv0.1
	libglib2.0-0 libjson-glib-1.0-0 libcurl3-gnutls libssl3 zlib1g libnghttp2-14 librtmp1 libssh2-1
	libpsl5 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 libldap-2.5-0
	libsasl2-2 libbrotli1`)

// Debian makes the part of the root file system that comes from Debian's armhf
// packages: BusyBox with its links, the programs above, and their libraries.
func (w *Workshop) debian(ctx context.Context) (string, error) {
	list := fmt.Sprint(packages, programs, plain, trees)
	return w.once("debian-"+sum([]byte(list)), func(dir string) error {
		w.say("fetching %d armhf packages of Debian, once", len(packages))
		debs, whole := filepath.Join(dir, "debs"), filepath.Join(dir, "whole")
		if err := w.download(ctx, dir, debs); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
		if err != nil {
			return err
		}
		for _, deb := range files {
			if err := run(ctx, "", nil, "dpkg-deb", "-x", deb, whole); err != nil {
				return err
			}
		}
		if err := chooseRoot(ctx, whole, filepath.Join(dir, "root")); err != nil {
			return err
		}
		return errors.Join(os.RemoveAll(debs), os.RemoveAll(whole), os.RemoveAll(filepath.Join(dir, "apt")))
	})
}

// download fetches the packages with a private state of apt: the machine's own
// list of architectures and packages is not touched, its sources are used.
func (w *Workshop) download(ctx context.Context, dir, debs string) error {
	apt := filepath.Join(dir, "apt")
	for _, sub := range []string{"lists/partial", "cache/archives/partial", "etc/sources.list.d", "etc/preferences.d", "etc/apt.conf.d"} {
		if err := os.MkdirAll(filepath.Join(apt, sub), 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(debs, 0o755); err != nil {
		return err
	}
	sources, err := filepath.Glob("/etc/apt/sources.list*")
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("the machine has no sources of packages in /etc/apt: %w", err)
	}
	for _, s := range sources {
		info, err := os.Stat(s)
		if err != nil {
			return err
		}
		to := filepath.Join(apt, "etc", filepath.Base(s))
		if info.IsDir() {
			err = copyTree(s, to)
		} else {
			err = copyFile(s, to)
		}
		if err != nil {
			return err
		}
	}
	config := filepath.Join(apt, "apt.conf")
	text := fmt.Sprintf(`APT::Architecture "armhf"; APT::Architectures {"armhf";};
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none";
Dir::State %[1]q; Dir::State::Lists %[2]q; Dir::State::status %[3]q; Dir::Cache %[4]q; Dir::Etc %[5]q;
Dir::Etc::Trusted "/etc/apt/trusted.gpg"; Dir::Etc::TrustedParts "/etc/apt/trusted.gpg.d";
`, apt, filepath.Join(apt, "lists"), filepath.Join(apt, "status"), filepath.Join(apt, "cache"), filepath.Join(apt, "etc"))
	if err := errors.Join(os.WriteFile(config, []byte(text), 0o644), os.WriteFile(filepath.Join(apt, "status"), nil, 0o644)); err != nil {
		return err
	}
	env := []string{"APT_CONFIG=" + config}
	// A source of somebody else may lack armhf: that alone is no failure.
	updateErr := run(ctx, "", env, "apt-get", "-qq", "update")
	if err := run(ctx, debs, env, "apt-get", append([]string{"-qq", "download"}, packages...)...); err != nil {
		return errors.Join(err, updateErr)
	}
	return nil
}

// chooseRoot takes what is needed out of the unpacked packages.
func chooseRoot(ctx context.Context, whole, root string) error {
	for _, dir := range []string{"usr/bin", "usr/sbin", "usr/lib", "etc"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"bin", "sbin", "lib"} { // BR2_ROOTFS_MERGED_USR
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	if err := busybox(ctx, whole, root); err != nil {
		return err
	}
	var roots []string
	for _, p := range programs {
		to := filepath.Join(root, p.to)
		if err := copyFile(filepath.Join(whole, p.from), to); err != nil {
			return err
		}
		roots = append(roots, to)
	}
	for name, target := range map[string]string{
		"usr/bin/fw_setenv": "fw_printenv", "usr/sbin/mkfs.ext4": "mke2fs", "usr/sbin/fsck.ext4": "e2fsck",
	} {
		_ = os.Remove(filepath.Join(root, name))
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	for _, name := range plain {
		if err := copyFile(filepath.Join(whole, name), filepath.Join(root, name)); err != nil {
			return err
		}
	}
	for _, name := range trees {
		if _, err := os.Stat(filepath.Join(whole, name)); err != nil {
			continue // this version has none
		}
		if err := copyTree(filepath.Join(whole, name), filepath.Join(root, name)); err != nil {
			return err
		}
	}
	return libraries(whole, root, append(roots, filepath.Join(root, "usr/bin/busybox")))
}

// busybox installs BusyBox and a link for each of its applets.
func busybox(ctx context.Context, whole, root string) error {
	program := filepath.Join(whole, "bin", "busybox")
	if err := copyFile(program, filepath.Join(root, "usr/bin/busybox")); err != nil {
		return err
	}
	out, err := output(ctx, "", nil, "qemu-arm-static", "-L", whole, program, "--list-full")
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(out)) {
		if !strings.HasPrefix(name, "usr/") {
			name = "usr/" + name
		}
		err := os.Symlink("/usr/bin/busybox", filepath.Join(root, name))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// libraries copies the loader and every shared library that the programs need,
// and that these need.
func libraries(whole, root string, from []string) error {
	const triplet = "arm-linux-gnueabihf"
	dirs := []string{"lib/" + triplet, "usr/lib/" + triplet, "lib", "usr/lib"}
	to := filepath.Join(root, "usr/lib")
	done := []string{}
	for len(from) > 0 {
		needed, err := imports(from[0])
		if err != nil {
			return err
		}
		from = from[1:]
		for _, name := range needed {
			if slices.Contains(done, name) {
				continue
			}
			done = append(done, name)
			i := slices.IndexFunc(dirs, func(dir string) bool {
				_, err := os.Stat(filepath.Join(whole, dir, name))
				return err == nil
			})
			if i < 0 {
				return fmt.Errorf("no package of the list has the library %s", name)
			}
			if err := copyFile(filepath.Join(whole, dirs[i], name), filepath.Join(to, name)); err != nil {
				return err
			}
			from = append(from, filepath.Join(to, name))
		}
	}
	// The loader's name in the programs is /lib/ld-linux-armhf.so.3.
	loader := filepath.Join(to, "ld-linux-armhf.so.3")
	if _, err := os.Stat(loader); err == nil {
		return nil
	}
	return copyFile(filepath.Join(whole, "lib", triplet, "ld-linux-armhf.so.3"), loader)
}

// imports are the libraries that a program or library names.
func imports(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f.ImportedLibraries()
}
