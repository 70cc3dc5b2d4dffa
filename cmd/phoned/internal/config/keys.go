package config

import (
	"strconv"
	"strings"
)

// A Row is one key the phone knows.
type Row struct {
	Module  string // "SIP": written as <SIP CONFIG MODULE>
	Section string // the subsection it is written in; empty = before any
	Key     string // in keys of a SIP line N stands for the line's number: "SIPN Register Addr"
	Default string
	Check   Check
	Unit    string // "s", "ms"; empty = none
	Flags   Flags
	English string // label
	Chinese string
	Help    string // one line, may be empty
}

// Flags are the properties of a key.
type Flags uint8

const (
	// Secret values are left out of exports unless asked for.
	Secret Flags = 1 << iota
	// UserOwned keys are changed at the phone and kept over provisioning.
	UserOwned
	// Kept keys are checked and kept; this version does not act on them.
	Kept
	// Exact keys belong to their subsection alone; others are found anywhere in
	// their module, since many servers leave the subsections out.
	Exact
)

// MaxLines is the highest N of the SIPN keys.
const MaxLines = 16

// rows is THE table.
var rows = concat(sipRows, lineRows, callRows, voiceRows, phoneRows, ownRows)

func concat(tables ...[]Row) (all []Row) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// Rows is the table of the keys the phone knows, in the order of the file.
func Rows() []Row { return append([]Row(nil), rows...) }

// PerLine tells whether the key exists once for each SIP line.
func (r *Row) PerLine() bool { return strings.HasPrefix(r.Key, "SIPN ") }

// Name is the key as it stands in a file, for line n (0 if not PerLine).
func (r *Row) Name(n int) string {
	if r.PerLine() {
		return "SIP" + strconv.Itoa(n) + strings.TrimPrefix(r.Key, "SIPN")
	}
	return r.Key
}

// moduleTags are the modules not written as <NAME CONFIG MODULE>.
var moduleTags = map[string]string{"PHONE FEATURE": "PHONE FEATURE MODULE", "CALL FEATURE": "CALL FEATURE MODULE"}

// moduleAliases are other names of modules. (The TELE module of old phones has
// keys of the same names with other values: it stays unknown.)
var moduleAliases = map[string]string{"PORT": "CALL FEATURE", "P1": "CALL FEATURE"}

// keyAliases are old spellings of keys.
var keyAliases = map[string]string{
	"sipn register pwd":    "sipn register pswd",
	"sipn proxy pwd":       "sipn proxy pswd",
	"sipn register enable": "sipn enable reg",
}

// moduleName is the plain name of a module: "SIP CONFIG MODULE" is "SIP".
func moduleName(tag string) string {
	name := strings.TrimSuffix(strings.ToUpper(strings.Join(strings.Fields(tag), " ")), " MODULE")
	name = strings.TrimSuffix(name, " CONFIG")
	if alias, ok := moduleAliases[name]; ok {
		return alias
	}
	return name
}

func moduleTag(name string) string {
	if tag, ok := moduleTags[name]; ok {
		return tag
	}
	return name + " CONFIG MODULE"
}

type rowKey struct{ module, key string }

var rowIndex = func() map[rowKey]*Row {
	m := make(map[rowKey]*Row, len(rows))
	for i := range rows {
		m[rowKey{rows[i].Module, foldKey(rows[i].Module, rows[i].Key)}] = &rows[i]
	}
	return m
}()

// foldKey makes spellings equal that differ in spaces, case, age, or the
// port's prefix `P1`, which a phone with one port may leave out.
func foldKey(module, key string) string {
	key = strings.ToLower(strings.Join(strings.Fields(key), " "))
	if module == "CALL FEATURE" {
		key = strings.TrimPrefix(key, "p1 ")
	}
	if alias, ok := keyAliases[key]; ok {
		return alias
	}
	return key
}

// Lookup finds the row of an entry and, for a key of a SIP line, the line's
// number. The row is nil for an unknown key.
func Lookup(e Entry) (row *Row, line int) {
	module, key := moduleName(e.Module), e.Key
	if n, rest, ok := splitLine(key); ok {
		if n > MaxLines {
			return nil, 0
		}
		line, key = n, "SIPN "+rest
	}
	row = rowIndex[rowKey{module, foldKey(module, key)}]
	switch {
	case row == nil, row.PerLine() != (line > 0):
		return nil, 0
	case row.Flags&Exact != 0 && row.Section != e.Section:
		return nil, 0
	}
	return row, line
}
