//go:build linux

package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Where Debian's package linux-source puts the kernel's source.
const (
	kernelPackage = "linux-source-6.1"
	kernelSource  = "/usr/src/linux-source-6.1.tar.xz"
)

// A Kernel is a built one.
type Kernel struct {
	Dir     string
	Release string // as uname -r says
}

// Image is the compressed kernel.
func (k Kernel) Image() string { return filepath.Join(k.Dir, "zImage") }

// DeviceTree is that of the machine mcimx6ul-evk.
func (k Kernel) DeviceTree() string { return filepath.Join(k.Dir, "imx6ul-14x14-evk.dtb") }

// Modules is the directory that goes to /lib/modules/RELEASE.
func (k Kernel) Modules() string { return filepath.Join(k.Dir, "lib", "modules", k.Release) }

// Module is the file of one module.
func (k Kernel) Module(name string) (string, error) {
	var found string
	err := filepath.WalkDir(k.Modules(), func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == name+".ko" {
			found = path
		}
		return err
	})
	if err == nil && found == "" {
		err = fmt.Errorf("the kernel has no module %s", name)
	}
	return found, err
}

// Kernel makes the kernel: five minutes the first time, then nothing until the
// fragment, phone-sim or Debian's source changes.
func (w *Workshop) Kernel(ctx context.Context) (Kernel, error) {
	fragment, err := os.ReadFile(w.emulated("linux.fragment"))
	if err != nil {
		return Kernel{}, err
	}
	version, err := output(ctx, "", nil, "dpkg-query", "-W", "-f", "${Version}\n", kernelPackage)
	if err != nil {
		return Kernel{}, fmt.Errorf("find the kernel's source: %w\nscripts/setup emulator installs it", err)
	}
	module, err := os.ReadFile(w.emulated("phone-sim.c"))
	if err != nil {
		return Kernel{}, err
	}
	tree := "linux-" + sum(fragment, version)
	dir, err := w.once("kernel-"+sum([]byte(tree), module), func(dir string) error {
		source, err := w.kernelTree(ctx, tree)
		if err != nil {
			return err
		}
		return w.kernelResult(ctx, source, dir)
	})
	if err != nil {
		return Kernel{}, err
	}
	k := Kernel{Dir: dir}
	releases, err := os.ReadDir(filepath.Join(dir, "lib", "modules"))
	if err != nil || len(releases) != 1 {
		return Kernel{}, fmt.Errorf("%s: no modules in it: %w", dir, err)
	}
	k.Release = releases[0].Name()
	return k, nil
}

// kernelTree unpacks and builds the kernel. The tree stays, for modules.
func (w *Workshop) kernelTree(ctx context.Context, name string) (string, error) {
	dir := w.path(name)
	if _, err := os.Stat(filepath.Join(dir, "built")); err == nil {
		return dir, nil
	}
	w.say("building the test kernel from %s, once (five minutes and more)", kernelSource)
	source := filepath.Join(dir, "source")
	if _, err := os.Stat(filepath.Join(dir, "unpacked")); err != nil {
		if err := os.MkdirAll(source, 0o755); err != nil {
			return "", err
		}
		if err := run(ctx, "", nil, "tar", "-C", source, "--strip-components=1", "-xf", kernelSource); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, "unpacked"), nil, 0o644); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o755); err != nil {
		return "", err
	}
	fragment := "KCONFIG_ALLCONFIG=" + w.emulated("linux.fragment")
	if err := kmake(ctx, dir, fragment, "allnoconfig"); err != nil {
		return "", err
	}
	if err := w.fragmentHolds(dir); err != nil {
		return "", err
	}
	if err := kmake(ctx, dir, "zImage", "modules", "imx6ul-14x14-evk.dtb"); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "built"), nil, 0o644)
}

// fragmentHolds says which line of the fragment the kernel's configuration did
// not take: kconfig drops a symbol with an unmet dependency without a word.
func (w *Workshop) fragmentHolds(dir string) error {
	fragment, err := os.ReadFile(w.emulated("linux.fragment"))
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(dir, "objects", ".config"))
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for line := range strings.Lines(string(config)) {
		have[strings.TrimSpace(line)] = true
	}
	var lost []string
	for line := range strings.Lines(string(fragment)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "CONFIG_") && !strings.HasSuffix(line, "=n") && !have[line] {
			lost = append(lost, line)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("linux.fragment: the kernel does not take %s", strings.Join(lost, ", "))
	}
	return nil
}

// kernelResult builds phone-sim beside the kernel and keeps what machines are
// started with.
func (w *Workshop) kernelResult(ctx context.Context, tree, dir string) error {
	module := filepath.Join(dir, "phone-sim")
	if err := os.MkdirAll(module, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"phone-sim.c", "Kbuild"} {
		if err := copyFile(w.emulated(name), filepath.Join(module, name)); err != nil {
			return err
		}
	}
	install := []string{"INSTALL_MOD_PATH=" + dir, "INSTALL_MOD_STRIP=1", "DEPMOD=true", "modules_install"}
	for _, args := range [][]string{{"M=" + module, "modules"}, install, append([]string{"M=" + module, "INSTALL_MOD_DIR=extra"}, install...)} {
		if err := kmake(ctx, tree, args...); err != nil {
			return err
		}
	}
	release, err := os.ReadFile(filepath.Join(tree, "objects", "include", "config", "kernel.release"))
	if err != nil {
		return err
	}
	modules := filepath.Join(dir, "lib", "modules", strings.TrimSpace(string(release)))
	for _, link := range []string{"build", "source"} {
		_ = os.Remove(filepath.Join(modules, link))
	}
	if err := run(ctx, "", nil, "depmod", "-b", dir, strings.TrimSpace(string(release))); err != nil {
		return err
	}
	boot := filepath.Join(tree, "objects", "arch", "arm", "boot")
	if err := copyFile(filepath.Join(boot, "zImage"), filepath.Join(dir, "zImage")); err != nil {
		return err
	}
	dtb := filepath.Join(dir, "imx6ul-14x14-evk.dtb")
	if err := copyFile(filepath.Join(boot, "dts", filepath.Base(dtb)), dtb); err != nil {
		return err
	}
	// A boot loader hands over a seed; here nobody does. It is no secret: nothing
	// that this machine says goes further than the test.
	seed := []string{dtb, "-t", "x", "/chosen", "rng-seed"}
	for i := range 16 {
		seed = append(seed, fmt.Sprintf("%x", 0x70686f6e+i*0x01234567))
	}
	if err := run(ctx, "", nil, "fdtput", seed...); err != nil {
		return err
	}
	return os.RemoveAll(module)
}

// kmake runs the kernel's make gently.
func kmake(ctx context.Context, tree string, args ...string) error {
	base := []string{
		"-n", "10", "make", "-C", filepath.Join(tree, "source"), "O=" + filepath.Join(tree, "objects"),
		"ARCH=arm", "CROSS_COMPILE=arm-linux-gnueabihf-", "-s", fmt.Sprintf("-j%d", jobs()),
	}
	// The same version and name wherever it is built.
	env := []string{"KBUILD_BUILD_TIMESTAMP=2026-01-01", "KBUILD_BUILD_USER=phone", "KBUILD_BUILD_HOST=phone"}
	return run(ctx, "", env, "nice", append(base, args...)...)
}
