package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Check compares every known key with the table. The error joins one *Problem
// for each bad value. A problem never quotes the value: it may be a password.
func (f *File) Check() error {
	var bad []error
	for _, e := range f.entries {
		row, _ := Lookup(e)
		if row == nil || check(row, e.Value) {
			continue
		}
		bad = append(bad, &Problem{Line: e.Line, Key: e.Key, Words: "must be " + row.Check.Words})
	}
	return errors.Join(bad...)
}

func check(row *Row, value string) bool {
	v := strings.TrimSpace(value)
	return v == "" || row.Check.OK(v)
}

// Read reads a settings file and checks it. The error names the path and the
// lines; then no part of the file may be used.
func Read(path string) (*File, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	f, err := ParseChecked(data)
	if err != nil {
		return nil, fmt.Errorf("settings file %s refused: %w", path, err)
	}
	return f, nil
}

// readFile reads no more than Parse takes, whatever the path leads to.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxBytes+1))
}

// ParseChecked is Parse and Check.
func ParseChecked(data []byte) (*File, error) {
	f, err := Parse(data)
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	return f, nil
}

// Unknown are the entries whose keys the phone does not know. They are kept.
func (f *File) Unknown() []Entry {
	var out []Entry
	for _, e := range f.entries {
		if row, _ := Lookup(e); row == nil {
			out = append(out, e)
		}
	}
	return out
}

// Set gives a known key a value: key as in the table ("SIPN ..." for a SIP
// line), line its number or 0. An empty value clears the key. It fails for an
// unknown key and a bad value.
func (f *File) Set(module, key string, line int, value string) error {
	row := rowIndex[rowKey{moduleName(module), foldKey(moduleName(module), key)}]
	if row == nil || row.PerLine() != (line > 0) || line > MaxLines {
		return &Problem{Key: key, Words: "is no key of module " + module}
	}
	if strings.ContainsAny(value, "\r\n") || !check(row, value) {
		return &Problem{Key: row.Name(line), Words: "must be " + row.Check.Words}
	}
	f.set(row, line, value)
	return nil
}

// set replaces every spelling of the key that the file has, or adds it.
func (f *File) set(row *Row, line int, value string) {
	found := false
	for i := range f.entries {
		if r, n := Lookup(f.entries[i]); r == row && n == line {
			f.entries[i].Value, found = value, true
		}
	}
	if !found {
		f.insert([]Entry{{Module: moduleTag(row.Module), Section: row.Section, Key: row.Name(line), Value: value}})
	}
}

// Merge returns f with the entries of over on top: a key that over lacks is
// unchanged, one that is there and empty is cleared.
func (f *File) Merge(over *File) *File {
	out := f.clone()
	known := map[valueKey][]int{} // every spelling of a key in out
	for i, e := range out.entries {
		if row, line := Lookup(e); row != nil {
			k := valueKey{row, line}
			known[k] = append(known[k], i)
		}
	}
	var added []Entry
	addedAt := map[valueKey]int{}
	for _, e := range over.entries {
		e.Line = 0
		row, line := Lookup(e)
		k := valueKey{row, line}
		switch i, there := out.index[e.identity()]; {
		case row != nil && known[k] != nil:
			for _, i := range known[k] {
				out.entries[i].Value = e.Value
			}
		case row != nil:
			if i, there := addedAt[k]; there {
				added[i].Value = e.Value // another spelling of the same key
				continue
			}
			addedAt[k] = len(added)
			added = append(added, Entry{Module: moduleTag(row.Module), Section: row.Section, Key: row.Name(line), Value: e.Value})
		case there:
			out.entries[i].Value = e.Value
		default:
			added = append(added, e)
		}
	}
	out.insert(added)
	return out
}

// insert puts each new entry behind the last one of its subsection, else of
// its module, so that a file which is edited for years keeps its shape.
func (f *File) insert(added []Entry) {
	type place struct{ module, section string }
	last := map[place]int{}
	lastOf := map[string]int{}
	for i, e := range f.entries {
		last[place{e.Module, e.Section}], lastOf[e.Module] = i, i
	}
	behind := map[int][]Entry{}
	for _, e := range added {
		i, ok := last[place{e.Module, e.Section}]
		if !ok {
			i, ok = lastOf[e.Module]
		}
		if !ok {
			i = len(f.entries)
		}
		behind[i] = append(behind[i], e)
	}
	all := make([]Entry, 0, len(f.entries)+len(added))
	for i, e := range f.entries {
		all = append(append(all, e), behind[i]...)
	}
	f.entries = append(all, behind[len(f.entries)]...)
	for i, e := range f.entries {
		f.index[e.identity()] = i
	}
}

func (f *File) clone() *File {
	out := &File{Version: f.Version, entries: append([]Entry(nil), f.entries...), index: make(map[identity]int, len(f.index))}
	for k, v := range f.index {
		out.index[k] = v
	}
	return out
}

// Export writes the text form for people and other phones: the values of
// secret keys are blank unless secrets is true.
func (f *File) Export(secrets bool) []byte {
	if secrets {
		return f.Format()
	}
	out := &File{Version: f.Version, index: map[identity]int{}}
	for _, e := range f.entries {
		if row, _ := Lookup(e); row != nil && row.Flags&Secret != 0 || row == nil && looksSecret(e.Key) {
			e.Value = ""
		}
		out.put(e)
	}
	return out.Format()
}

// looksSecret guards the passwords of keys the phone does not know.
func looksSecret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"pswd", "passw", "pwd", "secret", "crypto key", "token", "psk"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// values are the known keys of a file with their last values.
type values map[valueKey]string

type valueKey struct {
	row  *Row
	line int
}

func (f *File) values() values {
	v := values{}
	for _, e := range f.entries {
		if row, line := Lookup(e); row != nil {
			v[valueKey{row, line}] = e.Value
		}
	}
	return v
}
