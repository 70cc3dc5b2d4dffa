//go:build linux

package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spec says what is special about an image.
type Spec struct {
	Version string            // of the firmware; "0.1.0" if empty
	Files   map[string]string // path in the root -> content, over all else; programs, too
	Factory map[string]string // path in the factory partition -> content
	Real    bool              // without what only the emulator's tests have
}

// An Image is a finished one.
type Image struct{ Dir string }

// Disk is the whole disk, to be copied before something writes to it.
func (i Image) Disk() string { return filepath.Join(i.Dir, "phone.img") }

// Bundle is the signed update.
func (i Image) Bundle() string { return filepath.Join(i.Dir, "phone.raucb") }

// Root is the read-only root file system.
func (i Image) Root() string { return filepath.Join(i.Dir, squashfs) }

// Identifiers of the partitions, as post-image.sh gives them.
const (
	RootA = "50484f4e-4500-4000-8000-000000000003"
	RootB = "50484f4e-4500-4000-8000-000000000005"
)

// Append is the kernel's command line for slot A when there is no boot loader. The
// emulator translates code by its virtual address: at random ones it would do so
// anew for every program that is started, which makes the boot three times as long.
const Append = "console=ttyAMA0 root=PARTUUID=" + RootA + " rootfstype=squashfs ro rootwait rauc.slot=A panic=5 quiet norandmaps"

// epoch is the build's time: two images of the same sources are the same bytes.
// It is the day that machines with virtual time start with.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Image makes an image of the emulated board with the same overlay, post-build.sh
// and post-image.sh as Buildroot uses.
func (w *Workshop) Image(ctx context.Context, spec Spec) (Image, error) {
	if spec.Version == "" {
		spec.Version = "0.1.0"
	}
	kernel, err := w.Kernel(ctx)
	if err != nil {
		return Image{}, err
	}
	debian, err := w.debian(ctx)
	if err != nil {
		return Image{}, err
	}
	if err := w.keys(ctx); err != nil {
		return Image{}, err
	}
	phoned := w.path("phoned-" + spec.Version)
	if err := w.Phoned(ctx, spec.Version, phoned); err != nil {
		return Image{}, err
	}
	rootHash, err := w.rootHash(spec, kernel.Dir, debian, phoned)
	if err != nil {
		return Image{}, err
	}
	root, err := w.once("root-"+rootHash, func(dir string) error {
		w.say("making the root file system, version %s", spec.Version)
		return w.root(ctx, spec, kernel, debian, phoned, dir)
	})
	if err != nil {
		return Image{}, err
	}
	// The factory partition is all that the disk adds.
	parts := [][]byte{[]byte(rootHash)}
	for _, name := range sorted(spec.Factory) {
		parts = append(parts, []byte(name), []byte(spec.Factory[name]))
	}
	dir, err := w.once("image-"+sum(parts...), func(dir string) error {
		return w.disk(ctx, spec, kernel, root, dir)
	})
	if err == nil {
		w.forget("root-*", root)
		w.forget("image-*", dir)
	}
	return Image{dir}, err
}

// keys makes keys for signing, once, with the project's own script.
func (w *Workshop) keys(ctx context.Context) error {
	_, err := w.once("keys", func(dir string) error {
		return run(ctx, w.Project, nil, filepath.Join(w.Project, "scripts", "keys"), dir)
	})
	return err
}

// overlays are laid over Debian's files in this order.
func (w *Workshop) overlays() []string {
	return []string{filepath.Join(w.Project, "buildroot", "board", "common", "rootfs-overlay"), w.emulated("rootfs-overlay")}
}

// rootHash is from everything that the root file system and the disk are made of,
// but for the factory partition.
func (w *Workshop) rootHash(spec Spec, kernel, debian, phoned string) (string, error) {
	parts := [][]byte{[]byte(kernel), []byte(debian), []byte(spec.Version), []byte(strconv.FormatBool(spec.Real))}
	add := func(path string) error {
		b, err := os.ReadFile(path)
		parts = append(parts, []byte(path), b)
		return err
	}
	if err := add(phoned); err != nil {
		return "", err
	}
	for _, tree := range append(w.overlays(), filepath.Join(w.Project, "buildroot", "board", "common"), w.path("keys")) {
		err := filepath.WalkDir(tree, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				err = add(path)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	if err := add(w.emulated("image.conf")); err != nil {
		return "", err
	}
	for _, name := range sorted(spec.Files) {
		parts = append(parts, []byte(name), []byte(spec.Files[name]))
	}
	return sum(parts...), nil
}

func sorted(set map[string]string) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// environment is what post-build.sh and post-image.sh want to know.
func (w *Workshop) environment(spec Spec) []string {
	return []string{
		"PHONE_KEYS=" + w.path("keys"), "PHONE_VERSION=" + spec.Version,
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch.Unix(), 10),
	}
}

// boardName is the board's directory, for the scripts.
const boardName = "emulated"

// root puts the root file system together, as Buildroot does, and packs it.
func (w *Workshop) root(ctx context.Context, spec Spec, kernel Kernel, debian, phoned, dir string) error {
	root := filepath.Join(dir, "root")
	if err := copyTree(filepath.Join(debian, "root"), root); err != nil {
		return err
	}
	if err := copyTree(kernel.Modules(), filepath.Join(root, "usr/lib/modules", kernel.Release)); err != nil {
		return err
	}
	overlays := w.overlays()
	if spec.Real {
		overlays = overlays[:1]
	}
	for _, overlay := range overlays {
		if err := w.overlay(overlay, root); err != nil {
			return err
		}
	}
	if err := copyFile(phoned, filepath.Join(root, "usr/bin/phoned")); err != nil {
		return err
	}
	if err := put(root, spec.Files); err != nil {
		return err
	}
	script := filepath.Join(w.Project, "buildroot/board/common/post-build.sh")
	if err := run(ctx, w.Project, w.environment(spec), script, root, boardName); err != nil {
		return err
	}
	// One time for all files: S02clock reads that of the release.
	stamp := strconv.FormatInt(epoch.Unix(), 10)
	if err := run(ctx, "", nil, "mksquashfs", root, filepath.Join(dir, squashfs), "-all-root", "-comp", "zstd", "-Xcompression-level", "9",
		"-noappend", "-no-progress", "-mkfs-time", stamp, "-all-time", stamp, "-processors", "2"); err != nil {
		return err
	}
	return os.RemoveAll(root)
}

// squashfs is the packed root's name, as Buildroot and post-image.sh have it.
const squashfs = "rootfs.squashfs"

// overlay is copyTree for an overlay, whose /bin and the like may be links here.
func (w *Workshop) overlay(from, root string) error {
	if _, err := os.Stat(from); os.IsNotExist(err) {
		return nil
	}
	return copyTree(from, root)
}

// put writes files below a directory; those with a first line "#!" or an ELF
// header are programs.
func put(root string, files map[string]string) error {
	for name, content := range files {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") || strings.HasPrefix(content, "\x7fELF") {
			mode = 0o755
		}
		path := filepath.Join(root, name)
		_ = os.Remove(path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), mode)); err != nil {
			return err
		}
	}
	return nil
}

// disk makes the disk image and the bundle.
func (w *Workshop) disk(ctx context.Context, spec Spec, kernel Kernel, root, dir string) error {
	if err := os.Link(filepath.Join(root, squashfs), filepath.Join(dir, squashfs)); err != nil {
		return err
	}
	if err := copyFile(kernel.Image(), filepath.Join(dir, "zImage")); err != nil {
		return err
	}
	env := w.environment(spec)
	if len(spec.Factory) > 0 {
		factory := filepath.Join(dir, "factory")
		if err := errors.Join(os.MkdirAll(factory, 0o755), put(factory, spec.Factory)); err != nil {
			return err
		}
		env = append(env, "PHONE_FACTORY="+factory)
	}
	script := filepath.Join(w.Project, "buildroot/board/common/post-image.sh")
	return run(ctx, w.Project, env, script, dir, boardName)
}

// kept is how many images stay: each has some hundred megabytes.
const kept = 8

// forget removes those of a kind that were not used for longest.
func (w *Workshop) forget(kind, used string) {
	_ = os.Chtimes(used, time.Now(), time.Now())
	dirs, _ := filepath.Glob(w.path(kind))
	slices.SortFunc(dirs, func(a, b string) int { return age(a).Compare(age(b)) })
	for _, dir := range dirs[:max(0, len(dirs)-kept)] {
		_ = os.RemoveAll(dir)
	}
}

func age(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Copy copies a disk for a machine that writes to it; holes stay holes.
func (i Image) Copy(ctx context.Context, to string) error {
	if err := run(ctx, "", nil, "cp", "--sparse=always", i.Disk(), to); err != nil {
		return fmt.Errorf("copy the disk: %w", err)
	}
	return nil
}
