package externaltree

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// conf is Debian's kconfig, under one of its names.
func conf(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"kconfig-conf", "conf"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("kconfig-conf is not installed (scripts/setup installs it)")
	return ""
}

// conditions are the symbols of Buildroot that our packages depend on.
var conditions = []string{
	"BR2_PACKAGE_HOST_GO_TARGET_ARCH_SUPPORTS", "BR2_USE_MMU", "BR2_USE_WCHAR", "BR2_TOOLCHAIN_HAS_THREADS",
	"BR2_TOOLCHAIN_HEADERS_AT_LEAST_3_12", "BR2_STATIC_LIBS", "BR2_LINUX_KERNEL",
}

// configure lets kconfig work out a configuration from ours and a wrapper that
// has the symbols of Buildroot that ours names.
func configure(t *testing.T, config string) string {
	t.Helper()
	tool := conf(t)
	dir := t.TempDir()
	tree, err := filepath.Abs(filepath.Join(project, "buildroot"))
	if err != nil {
		t.Fatal(err)
	}
	var wrapper strings.Builder
	for _, name := range conditions {
		wrapper.WriteString("config " + name + "\n\tbool \"" + name + "\"\n")
	}
	for _, m := range regexp.MustCompile(`(?m)^\tselect (\S+)`).FindAllStringSubmatch(read(t, "buildroot/package/phoned/Config.in"), -1) {
		wrapper.WriteString("config " + m[1] + "\n\tbool\n")
	}
	top := strings.ReplaceAll(read(t, "buildroot/Config.in"), "$BR2_EXTERNAL_PHONED_PATH", tree)
	wrapper.WriteString(top)
	if err := os.WriteFile(filepath.Join(dir, "Config.in"), []byte(wrapper.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "--olddefconfig", "Config.in")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CONFIG_=", "KCONFIG_CONFIG="+filepath.Join(dir, ".config"))
	if text := output(t, cmd); strings.Contains(text, "warning") {
		t.Errorf("kconfig warns: %s", text)
	}
	text, err := os.ReadFile(filepath.Join(dir, ".config"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const able = "BR2_PACKAGE_HOST_GO_TARGET_ARCH_SUPPORTS=y\nBR2_USE_MMU=y\nBR2_USE_WCHAR=y\nBR2_TOOLCHAIN_HAS_THREADS=y\nBR2_TOOLCHAIN_HEADERS_AT_LEAST_3_12=y\nBR2_LINUX_KERNEL=y\n"

func TestPhonedBringsWhatItRunsWith(t *testing.T) {
	got := configure(t, able+"BR2_PACKAGE_PHONED=y\nBR2_PACKAGE_PHONE_SIM=y\n")
	for _, name := range []string{"PHONED", "PHONE_SIM", "RAUC", "RAUC_DBUS", "DBUS", "NFTABLES", "DHCPCD", "CHRONY", "LIBUBOOTENV", "E2FSPROGS_FSCK", "UTIL_LINUX_SETPRIV", "HOST_GO"} {
		if !strings.Contains(got, "BR2_PACKAGE_"+name+"=y\n") {
			t.Errorf("with phoned there is no %s", name)
		}
	}
	if strings.Contains(got, "BR2_PACKAGE_DROPBEAR=y") {
		t.Error("ssh is there without being asked for")
	}
	got = configure(t, able+"BR2_PACKAGE_PHONED=y\nBR2_PACKAGE_PHONED_DEVELOPER=y\n")
	if !strings.Contains(got, "BR2_PACKAGE_DROPBEAR=y\n") {
		t.Error("the developer's option brings no ssh")
	}
}

func TestPhonedIsNotOfferedWhereItCannotBeBuilt(t *testing.T) {
	for _, name := range conditions {
		config := strings.ReplaceAll(able, name+"=y\n", "")
		if name == "BR2_STATIC_LIBS" {
			config += "BR2_STATIC_LIBS=y\n"
		}
		if name == "BR2_LINUX_KERNEL" {
			continue // that is for phone-sim
		}
		if got := configure(t, config+"BR2_PACKAGE_PHONED=y\n"); strings.Contains(got, "BR2_PACKAGE_PHONED=y") {
			t.Errorf("phoned can be chosen in spite of %s", name)
		}
	}
	config := strings.ReplaceAll(able, "BR2_LINUX_KERNEL=y\n", "")
	if got := configure(t, config+"BR2_PACKAGE_PHONE_SIM=y\n"); strings.Contains(got, "BR2_PACKAGE_PHONE_SIM=y") {
		t.Error("phone-sim can be chosen without a kernel")
	}
}

func TestBuildrootItself(t *testing.T) {
	buildroot := os.Getenv("BUILDROOT")
	if buildroot == "" {
		t.Skip("BUILDROOT says of no unpacked Buildroot 2026.02.x")
	}
	tree, err := filepath.Abs(filepath.Join(project, "buildroot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		out := t.TempDir()
		make := func(args ...string) string {
			return output(t, exec.Command("make", append([]string{"-s", "-C", buildroot, "BR2_EXTERNAL=" + tree, "O=" + out}, args...)...))
		}
		make("phone_" + board + "_defconfig")
		saved := filepath.Join(out, "saved")
		make("savedefconfig", "BR2_DEFCONFIG="+saved)
		text, err := os.ReadFile(saved)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != defconfig(t, board) {
			t.Errorf("%s is not as savedefconfig writes it", board)
		}
		if info := make("show-info"); !strings.Contains(info, `"phoned": {`) {
			t.Errorf("%s: make show-info does not list phoned", board)
		}
	}
	args := []string{filepath.Join(buildroot, "utils/check-package"), "-b"}
	for _, file := range files(t, "buildroot") {
		args = append(args, filepath.Join(filepath.Dir(tree), file))
	}
	if err := exec.Command("/usr/bin/python3", "-c", "import magic, flake8").Run(); err != nil {
		t.Skip("check-package needs python3-magic and python3-flake8")
	}
	output(t, exec.Command("/usr/bin/python3", args...))
}
