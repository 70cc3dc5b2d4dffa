//go:build linux

package build

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path"
	"sort"
)

// A File is something in an initramfs.
type File struct {
	Mode uint32 // type and permissions, as in stat(2)
	Data []byte
	Dev  [2]uint32 // of a device node: major, minor
}

// The types of File.Mode.
const (
	ModeDir  = 0o040000
	ModeChar = 0o020000
	ModeFile = 0o100000
)

// WriteInitramfs writes the files, by their paths, as the kernel wants them: a
// compressed "newc" archive (Documentation/driver-api/early-userspace/
// buffer-format.rst). Directories above a file need not be named.
func WriteInitramfs(to string, files map[string]File) error {
	all := map[string]File{}
	for name, f := range files {
		for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if _, named := files[dir]; !named {
				all[dir] = File{Mode: ModeDir | 0o755}
			}
		}
		all[name] = f
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names) // a directory comes before what is in it

	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	at := 0
	emit := func(b []byte) {
		n, _ := z.Write(b) // a bytes.Buffer takes all
		at += n
		for ; at%4 != 0; at++ {
			_, _ = z.Write([]byte{0})
		}
	}
	entry := func(number int, name string, f File) {
		head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			number, f.Mode, 0, 0, 1, 0, len(f.Data), 0, 0, f.Dev[0], f.Dev[1], len(name)+1, 0)
		emit(append([]byte(head+name), 0))
		emit(f.Data)
	}
	for i, name := range names {
		entry(i+1, name, all[name])
	}
	entry(0, "TRAILER!!!", File{})
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
