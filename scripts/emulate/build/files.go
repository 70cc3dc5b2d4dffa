//go:build linux

package build

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

func jobs() int { return runtime.NumCPU() }

// copyFile copies one file with its mode.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	_ = os.Remove(to) // never through a link, never into a program that runs
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return nil
}

// copyTree copies directories, files and links over what is there. A directory
// that is a link there already (bin -> usr/bin) stays one.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type()&os.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			_ = os.Remove(target)
			return os.Symlink(link, target)
		case entry.Type().IsRegular():
			return copyFile(path, target)
		default:
			return fmt.Errorf("copy %s: neither a file, a directory nor a link", path)
		}
	})
}
