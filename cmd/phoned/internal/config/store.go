package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Store keeps settings on flash: the last two generations, each with its
// checksum, so that a power cut at any moment leaves the old settings or the
// new ones, never neither. One Store owns its directory.
type Store struct {
	dir string
	// newest is the generation that was loaded or saved last: its file is not
	// touched by the next Save.
	newest int
	serial uint64
}

// generations are the two files of a store, written in turn.
var generations = [2]string{"settings.0", "settings.1"}

// OpenStore opens the store in dir, which it makes if it is missing.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open settings store: %w", err)
	}
	// What a power cut left of an unfinished Save.
	stale, _ := filepath.Glob(filepath.Join(dir, ".new-*"))
	for _, path := range stale {
		_ = os.Remove(path)
	}
	return &Store{dir: dir}, nil
}

// Load gives the newest generation that is whole. A store that was never
// saved to is empty. The error says that generations are there and none can
// be used; damaged names the one that had to be passed over, "" if none.
func (s *Store) Load() (f *File, damaged string, err error) {
	var bad []error
	for i, name := range generations {
		path := filepath.Join(s.dir, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			bad = append(bad, err)
			continue
		}
		serial, g, err := decode(data)
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", path, err))
			continue
		}
		if f == nil || serial > s.serial {
			f, s.serial, s.newest = g, serial, i
		}
	}
	switch joined := errors.Join(bad...); {
	case f == nil && joined != nil:
		return nil, "", fmt.Errorf("load settings: %w", joined)
	case f == nil:
		return New(), "", nil
	case joined != nil:
		return f, joined.Error(), nil
	}
	return f, "", nil
}

// Save writes a new generation. It replaces the older of the two; the file of
// the newest is not touched. Load comes before the first Save.
func (s *Store) Save(f *File) error {
	next := 1 - s.newest
	if err := writeAtomic(filepath.Join(s.dir, generations[next]), encode(s.serial+1, f)); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	s.newest, s.serial = next, s.serial+1
	return nil
}

// A generation is a line "phoned 1 SERIAL SHA256" and the text form.

func encode(serial uint64, f *File) []byte {
	text := f.Format()
	return append(fmt.Appendf(nil, "phoned 1 %d %s\n", serial, sum(serial, text)), text...)
}

func decode(data []byte) (serial uint64, f *File, err error) {
	head, text, ok := bytes.Cut(data, []byte("\n"))
	var want string
	if n, _ := fmt.Sscanf(string(head), "phoned 1 %d %s", &serial, &want); !ok || n != 2 {
		return 0, nil, errors.New("is no stored generation of settings")
	}
	if sum(serial, text) != want {
		return 0, nil, errors.New("is damaged: its checksum does not match")
	}
	f, err = ParseChecked(text)
	return serial, f, err
}

func sum(serial uint64, text []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", serial)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// writeAtomic writes a file so that its name leads to the old content or the
// new one at any moment: a temporary file, fsync, rename, fsync of the
// directory.
func writeAtomic(path string, data []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600: it holds passwords
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}
