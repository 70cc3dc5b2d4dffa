package externaltree

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var boards = []string{"imx6ullevk", "qemu_virt"}

func defconfig(t *testing.T, board string) string {
	return read(t, "buildroot/configs/phone_"+board+"_defconfig")
}

// value is what a line NAME=VALUE or NAME="VALUE" of a configuration says.
func value(text, name string) string {
	m := regexp.MustCompile(`(?m)^` + name + `="?([^"\n]*)"?$`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestEveryPathThatAConfigurationNamesExists(t *testing.T) {
	for _, board := range boards {
		paths := regexp.MustCompile(`\$\(BR2_EXTERNAL_PHONED_PATH\)/([^" ]+)`).FindAllStringSubmatch(defconfig(t, board), -1)
		if len(paths) < 6 {
			t.Errorf("%s names only %d paths", board, len(paths))
		}
		for _, m := range paths {
			if _, err := os.Stat(filepath.Join(project, "buildroot", m[1])); err != nil {
				t.Errorf("%s: %v", board, err)
			}
		}
	}
}

func TestNoImageHasALogin(t *testing.T) {
	for _, board := range boards {
		text := defconfig(t, board)
		for _, off := range []string{"BR2_TARGET_ENABLE_ROOT_LOGIN", "BR2_TARGET_GENERIC_GETTY", "BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW"} {
			if !strings.Contains(text, "# "+off+" is not set\n") {
				t.Errorf("%s does not switch %s off", board, off)
			}
		}
		for _, way := range []string{"DROPBEAR", "OPENSSH", "TELNET", "PHONED_DEVELOPER"} {
			if strings.Contains(text, way) {
				t.Errorf("%s has %s", board, way)
			}
		}
	}
	for line := range strings.Lines(read(t, "buildroot/board/common/rootfs-overlay/etc/shadow")) {
		if fields := strings.Split(line, ":"); fields[1] != "*" {
			t.Errorf("%s has a password, or needs none", fields[0])
		}
	}
	if text := read(t, "buildroot/board/common/rootfs-overlay/etc/inittab"); strings.Contains(text, "getty") || strings.Contains(text, "askfirst") {
		t.Error("inittab starts a shell or a login")
	}
}

func TestWhatIsDownloadedHasAHash(t *testing.T) {
	headers := read(t, "buildroot/patches/linux-headers/linux-headers.hash")
	linux := read(t, "buildroot/patches/linux/linux.hash")
	if headers != linux {
		t.Error("the headers' hashes are not those of the kernel")
	}
	for _, board := range boards {
		text := defconfig(t, board)
		if value(text, "BR2_DOWNLOAD_FORCE_CHECK_HASHES") != "y" || value(text, "BR2_GLOBAL_PATCH_DIR") == "" {
			t.Errorf("%s does not insist on hashes", board)
		}
		version := value(text, "BR2_LINUX_KERNEL_CUSTOM_VERSION_VALUE")
		if !regexp.MustCompile(`(?m)^sha256  [0-9a-f]{64}  linux-` + regexp.QuoteMeta(version) + `\.tar\.xz$`).MatchString(linux) {
			t.Errorf("%s: no hash of the kernel %s", board, version)
		}
		major, minor, _ := strings.Cut(version, ".")
		minor, _, _ = strings.Cut(minor, ".")
		if value(text, "BR2_PACKAGE_HOST_LINUX_HEADERS_CUSTOM_"+major+"_"+minor) != "y" {
			t.Errorf("%s: the headers are not those of kernel %s", board, version)
		}
	}
}

// Buildroot 2026.02.3 has this release of Go and fetches no other.
const oldestGo = 3 // of 1.26

func TestBuildrootsGoIsNewEnough(t *testing.T) {
	text := read(t, "go.mod")
	m := regexp.MustCompile(`(?m)^go 1\.26\.(\d+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("go.mod's go line is not of 1.26")
	}
	if patch, _ := strconv.Atoi(m[1]); patch > oldestGo {
		t.Errorf("go.mod wants Go 1.26.%d, Buildroot has 1.26.%d", patch, oldestGo)
	}
	if strings.Contains(text, "\ntoolchain ") {
		t.Error("go.mod has a toolchain line; Buildroot's Go obeys none")
	}
	mk := read(t, "buildroot/package/phoned/phoned.mk")
	module := regexp.MustCompile(`(?m)^module (\S+)$`).FindStringSubmatch(text)
	if !strings.Contains(mk, "\nPHONED_GOMOD = "+module[1]+"\n") {
		t.Errorf("phoned.mk does not build the module %s", module[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^PHONED_(?:LICENSE_FILES|BUILD_TARGETS) = (\S+)$`).FindAllStringSubmatch(mk, -1) {
		if _, err := os.Stat(filepath.Join(project, m[1])); err != nil {
			t.Errorf("phoned.mk: %v", err)
		}
	}
}

func TestTheBinaryIsBuiltInTheSameWayWithAndWithoutBuildroot(t *testing.T) {
	mk, makefile := read(t, "buildroot/package/phoned/phoned.mk"), read(t, "Makefile")
	for _, want := range []string{"CGO_ENABLED=0", "netgo osusergo", "-s -w", "-X main.version="} {
		if !strings.Contains(mk, want) || !strings.Contains(makefile, want) {
			t.Errorf("phoned.mk and the Makefile do not both have %q", want)
		}
	}
	for _, board := range boards {
		if value(defconfig(t, board), "BR2_STRIP_EXCLUDE_FILES") != "phoned" {
			t.Errorf("%s strips phoned once more", board)
		}
	}
}

func TestTheUsersHaveTheSameNumbersInBothPlaces(t *testing.T) {
	passwd := read(t, "buildroot/board/common/rootfs-overlay/etc/passwd")
	group := read(t, "buildroot/board/common/rootfs-overlay/etc/group")
	mk := read(t, "buildroot/package/phoned/phoned.mk")
	lines := regexp.MustCompile(`(?m)^\t(\S+) (-?\d+) (\S+) (\d+) \S+ \S+ \S+ (\S+) `).FindAllStringSubmatch(mk, -1)
	if len(lines) != 6 {
		t.Fatalf("phoned.mk makes %d users and groups", len(lines))
	}
	for _, m := range lines {
		if m[1] != "-" && !strings.Contains(passwd, fmt.Sprintf("\n%s:x:%s:%s:", m[1], m[2], m[4])) {
			t.Errorf("passwd has another user %s", m[1])
		}
		if !strings.Contains(group, fmt.Sprintf("\n%s:x:%s:", m[3], m[4])) {
			t.Errorf("group has another %s", m[3])
		}
		if m[1] != "phone" {
			continue
		}
		for name := range strings.SplitSeq(m[5], ",") {
			if !regexp.MustCompile(`(?m)^` + name + `:x:\d+:phone$`).MatchString(group) {
				t.Errorf("phone is not in the group %s", name)
			}
		}
	}
	if rules := read(t, "buildroot/board/common/rootfs-overlay/etc/mdev.conf"); !strings.Contains(rules, "root:watchdog") || !strings.Contains(rules, "root:gpio") {
		t.Error("mdev.conf gives no device to the groups")
	}
}

func TestInitScriptsAreInBuildrootsStyle(t *testing.T) {
	seen := 0
	for _, file := range files(t, "buildroot") {
		name := path.Base(file)
		if !strings.Contains(file, "/etc/init.d/S") {
			continue
		}
		seen++
		info, err := os.Stat(filepath.Join(project, file))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o111 != 0 {
			t.Errorf("%s is executable: post-build.sh makes it so, in the image", file)
		}
		text := read(t, file)
		daemon := value(text, "DAEMON")
		if !regexp.MustCompile(`^S[0-9]{2}` + regexp.QuoteMeta(daemon) + `$`).MatchString(name) {
			t.Errorf("%s: its DAEMON is %q", file, daemon)
		}
		for _, want := range []string{"#!/bin/sh\n", "case \"$1\" in\n", "echo \"Usage: $0 {start|stop|restart|reload}\"\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
		if strings.Contains(text, "sleep 1\n") && strings.Contains(text, "start() {\n\tsleep") {
			t.Errorf("%s sleeps at start", file)
		}
	}
	if seen < 10 {
		t.Errorf("only %d init scripts were seen", seen)
	}
}

// ours are the scripts that make, sign and write images.
var ours = []string{"scripts/bundle", "scripts/flash", "scripts/image", "scripts/keys", "scripts/materials"}

func TestEveryShellScriptPassesShellcheck(t *testing.T) {
	need(t, "shellcheck")
	var scripts []string
	for _, file := range append(files(t, "buildroot"), ours...) {
		if info, err := os.Lstat(filepath.Join(project, file)); err != nil || !info.Mode().IsRegular() {
			continue
		}
		first, _, _ := strings.Cut(read(t, file), "\n")
		if regexp.MustCompile(`^#!.*\b(ba)?sh$`).MatchString(first) {
			scripts = append(scripts, file)
		}
	}
	cmd := exec.Command("shellcheck", scripts...)
	cmd.Dir = project
	output(t, cmd)
}

func TestEachBoardSaysWhatTheScriptsAsk(t *testing.T) {
	words := []string{"compatible", "board", "audio", "console", "dtb", "uboot", "arguments", "boot_prelude"}
	for _, file := range files(t, "buildroot/board") {
		if path.Base(file) != "image.conf" {
			continue
		}
		text := read(t, file)
		for _, word := range words {
			if !regexp.MustCompile(`(?m)^` + word + `=`).MatchString(text) {
				t.Errorf("%s does not say %s", file, word)
			}
		}
	}
	for _, board := range boards {
		args := value(defconfig(t, board), "BR2_ROOTFS_POST_SCRIPT_ARGS")
		conf := read(t, "buildroot/board/"+args+"/image.conf")
		dir := strings.TrimPrefix(value(defconfig(t, board), "BR2_LINUX_KERNEL_CUSTOM_DTS_DIR"), "$(BR2_EXTERNAL_PHONED_PATH)/")
		if dir == "" {
			continue
		}
		sources, _ := filepath.Glob(filepath.Join(project, "buildroot", dir, "*", "*", "*.dts"))
		if len(sources) != 1 || value(conf, "dtb") != strings.TrimSuffix(path.Base(sources[0]), ".dts")+".dtb" {
			t.Errorf("%s builds the device trees %v, and its image takes %q", board, sources, value(conf, "dtb"))
		}
	}
}

func TestNoKeyIsInTheTree(t *testing.T) {
	for _, file := range files(t, ".") {
		switch path.Ext(file) {
		case ".pem", ".key", ".p12", ".pfx":
			t.Errorf("%s is in the tree", file)
		}
		if !strings.HasPrefix(file, "buildroot/") && !strings.HasPrefix(file, "scripts/") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		if regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`).MatchString(read(t, file)) {
			t.Errorf("%s holds a private key", file)
		}
	}
}

func TestTheFragmentsAreInOrder(t *testing.T) {
	for _, file := range files(t, "buildroot/board") {
		if !strings.HasSuffix(file, ".fragment") {
			continue
		}
		var names []string
		for line := range strings.Lines(read(t, file)) {
			line = strings.TrimSpace(line)
			m := regexp.MustCompile(`^(?:# )?(CONFIG_[A-Z0-9_a-z]+)(?:=(?:[ymn]|-?\d+|0x[0-9a-f]+|".*")| is not set)$`).FindStringSubmatch(line)
			switch {
			case m != nil && slices.Contains(names, m[1]):
				t.Errorf("%s says %s twice", file, m[1])
			case m != nil:
				names = append(names, m[1])
			case line != "" && !strings.HasPrefix(line, "#"):
				t.Errorf("%s: %q is no line of a configuration", file, line)
			}
		}
	}
}
