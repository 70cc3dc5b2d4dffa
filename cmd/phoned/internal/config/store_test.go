package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func kept(t *testing.T, s *Store) string {
	t.Helper()
	f, _, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return f.Typed().Phone.Language
}

func saved(t *testing.T, language string) *File {
	t.Helper()
	f := New()
	if err := f.Set("PHONE FEATURE", "Default Language", 0, language); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if f, damaged, err := s.Load(); err != nil || damaged != "" || len(f.Entries()) != 0 {
		t.Fatalf("new store: %v, %q, %v", f, damaged, err)
	}
	for _, lang := range []string{"zh", "en", "zh", "en", "zh"} {
		if err := s.Save(saved(t, lang)); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir)
		if got := kept(t, again); got != lang {
			t.Fatalf("saved %s, loaded %s", lang, got)
		}
		s = again
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 {
		t.Errorf("files %v, want two generations", files)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v: it may hold passwords", path, info.Mode())
		}
	}
}

// A power cut at any moment of a save leaves the old settings or the new ones.
// What flash can hold then is the new generation cut at any byte, in place or
// beside its name.
func TestStorePowerCut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, lang := range []string{"en", "zh"} {
		if err := s.Save(saved(t, lang)); err != nil {
			t.Fatal(err)
		}
	}
	newest := filepath.Join(dir, generations[s.newest])
	whole, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(newest, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f, damaged, err := open(t, dir).Load()
		if err != nil || damaged == "" || f.Typed().Phone.Language != "en" {
			t.Fatalf("cut at byte %d of %d: %v, damaged %q", cut, len(whole), err, damaged)
		}
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x20
		if err := os.WriteFile(newest, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if f, damaged, err := open(t, dir).Load(); err != nil || damaged == "" || f.Typed().Phone.Language != "en" {
			t.Fatalf("bit flipped in byte %d (%q): %v, damaged %q", i, whole[i], err, damaged)
		}
	}
	// Saving after that replaces the damaged generation, not the good one.
	if err := os.WriteFile(newest, whole[:9], 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if got := kept(t, s); got != "en" {
		t.Fatal(got)
	}
	if err := s.Save(saved(t, "zh")); err != nil {
		t.Fatal(err)
	}
	if f, damaged, err := open(t, dir).Load(); err != nil || damaged != "" || f.Typed().Phone.Language != "zh" {
		t.Fatalf("after the repair: %v, damaged %q", err, damaged)
	}
}

// With both generations gone bad the phone does not fall back to factory
// settings silently.
func TestStoreLost(t *testing.T) {
	dir := t.TempDir()
	for _, name := range generations {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("junk"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, _, err := open(t, dir).Load(); err == nil || f != nil || !strings.Contains(err.Error(), generations[0]) {
		t.Fatalf("got %v, %v", f, err)
	}
}

func TestStoreClearsLeftovers(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".new-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); err == nil {
		t.Error("the leftover of an unfinished save is still there")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(3, New()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if serial, file, err := decode(data); err == nil && !bytes.Equal(encode(serial, file), data) {
			// Another spelling with a right checksum is possible, but must hold the same.
			if s, again, err := decode(encode(serial, file)); err != nil || s != serial || !same(file, again) {
				t.Fatalf("%v", err)
			}
		}
	})
}
