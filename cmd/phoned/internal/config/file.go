package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The fixed lines of the text form.
const (
	header     = "<<VOIP CONFIG FILE>>Version:"
	trailer    = "<<END OF FILE>>"
	version    = "2.0000000000"
	headerCols = 62 // the header is padded to this and CRLF: 64 bytes
	keyCols    = 19 // keys are padded to this many columns
	lineCols   = 24 // keys of a SIP line are padded to this many
	maxBytes   = 1 << 20
	maxEntries = 20000
)

// An Entry is one setting as it stands in a file.
type Entry struct {
	Module  string // "SIP CONFIG MODULE"; empty before the first module
	Section string // "SIP Line List"; empty outside subsections
	Key     string // "SIP1 Register Addr"
	Value   string // raw, up to the end of the line
	Line    int    // in the file that was parsed, from 1; 0 = not from a file
}

type identity struct{ module, section, key string }

func (e Entry) identity() identity { return identity{e.Module, e.Section, e.Key} }

// A File is a settings file: entries in their order, each identity (module,
// subsection, key) once. Comments are not kept.
type File struct {
	Version string
	entries []Entry
	index   map[identity]int
}

// New is a file without entries.
func New() *File { return &File{Version: version, index: map[identity]int{}} }

// A Problem says what is wrong with a line of a settings file.
type Problem struct {
	Line  int    // 0 = the file as a whole, or a value that came from no file
	Key   string // empty for a fault of form
	Words string
}

// Error is "line 12: SIP1 Register Port: must be a number, 1 to 65535".
func (p *Problem) Error() string {
	s := p.Words
	if p.Key != "" {
		s = p.Key + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// Parse reads the text form. It knows no keys; Check does. The error is a
// *Problem: not a settings file, truncated, too large, or a line that is
// neither a module, a subsection, an entry nor a comment. Of an identity that
// occurs twice the last value counts, as with the servers that write such files.
func Parse(data []byte) (*File, error) {
	if len(data) > maxBytes {
		return nil, &Problem{Words: fmt.Sprintf("is larger than %d KiB", maxBytes>>10)}
	}
	p := parser{file: New()}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		p.line++
		if err := p.parse(strings.TrimSuffix(string(line), "\r")); err != nil {
			return nil, err
		}
	}
	switch {
	case !p.begun:
		return nil, &Problem{Words: "is not a settings file: it does not begin with " + header}
	case !p.ended:
		// A file that was cut off in transfer must not count as settings that
		// were left out.
		return nil, &Problem{Line: p.line, Words: "the file is truncated: " + trailer + " is missing"}
	}
	return p.file, nil
}

type parser struct {
	file            *File
	line            int
	begun, ended    bool
	module, section string
}

func (p *parser) parse(line string) error {
	text := strings.TrimSpace(line)
	switch {
	case text == "" || text[0] == '#':
		return nil
	case !p.begun:
		version, ok := strings.CutPrefix(text, header)
		if !ok {
			return p.fault("is not a settings file: it does not begin with " + header)
		}
		p.begun, p.file.Version = true, version
		return nil
	case p.ended:
		return p.fault("text after " + trailer)
	case text == trailer:
		p.ended = true
		return nil
	case text[0] == '<':
		return p.parseModule(text)
	case strings.HasPrefix(text, "--"):
		if section, ok := parseSection(text); ok {
			p.section = section
			return nil
		}
	}
	key, value, ok := strings.Cut(line, ":")
	key = strings.TrimSpace(key)
	switch {
	case !ok:
		return p.fault("is no setting: a colon is missing")
	case key == "":
		return p.fault("is no setting: there is no key before the colon")
	case len(p.file.entries) >= maxEntries:
		return p.fault(fmt.Sprintf("more than %d settings", maxEntries))
	}
	p.file.put(Entry{Module: p.module, Section: p.section, Key: key, Value: value, Line: p.line})
	return nil
}

func (p *parser) parseModule(text string) error {
	name, ok := strings.CutSuffix(text[1:], ">")
	name = strings.TrimSpace(name)
	end, isEnd := strings.CutPrefix(name, "/")
	switch {
	case !ok || name == "" || strings.ContainsAny(name, "<>"):
		return p.fault("is no module: expected <NAME CONFIG MODULE>")
	case isEnd && strings.TrimSpace(end) != p.module:
		return p.fault("ends a module that has not begun")
	case isEnd:
		p.module, p.section = "", ""
	default:
		p.module, p.section = name, ""
	}
	return nil
}

// parseSection reads "--SIP Line List--  :".
func parseSection(text string) (name string, ok bool) {
	text = strings.TrimSpace(strings.TrimSuffix(text, ":"))
	if len(text) < 5 {
		return "", false
	}
	name, ok = strings.CutSuffix(text[2:], "--")
	name = strings.TrimSpace(name)
	return name, ok && name != "" && !strings.Contains(name, ":")
}

func (p *parser) fault(words string) error { return &Problem{Line: p.line, Words: words} }

// put adds an entry or replaces the value of its identity.
func (f *File) put(e Entry) {
	if i, ok := f.index[e.identity()]; ok {
		f.entries[i].Value, f.entries[i].Line = e.Value, e.Line
		return
	}
	f.index[e.identity()] = len(f.entries)
	f.entries = append(f.entries, e)
}

// Entries are the file's settings in order.
func (f *File) Entries() []Entry { return append([]Entry(nil), f.entries...) }

// Format writes the text form with CRLF. Parsing it gives the same entries.
// It contains the passwords; Export leaves them out.
func (f *File) Format() []byte {
	var b strings.Builder
	b.WriteString(pad(header+f.Version, headerCols) + "\r\n")
	module, section := "", ""
	for _, e := range f.entries {
		// Only a module's header leads back from a subsection.
		if e.Module != module || e.Section != section && e.Section == "" {
			b.WriteString("\r\n")
			if e.Module == "" {
				b.WriteString("</" + module + ">\r\n")
			} else {
				b.WriteString("<" + e.Module + ">\r\n")
			}
			module, section = e.Module, ""
		}
		if e.Section != section {
			b.WriteString(pad("--"+e.Section+"--", keyCols) + ":\r\n")
			section = e.Section
		}
		cols := keyCols
		if _, _, ok := splitLine(e.Key); ok {
			cols = lineCols
		}
		b.WriteString(pad(e.Key, cols) + ":" + e.Value + "\r\n")
	}
	b.WriteString("\r\n" + trailer + "\r\n")
	return []byte(b.String())
}

func pad(s string, cols int) string {
	if n := cols - utf8.RuneCountInString(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// splitLine splits "SIP12 Register Addr" into 12 and "Register Addr". The
// second digit of `SIP  Port` is none, so it is no line's key.
func splitLine(key string) (n int, rest string, ok bool) {
	s, ok := strings.CutPrefix(key, "SIP")
	if !ok {
		return 0, "", false
	}
	digits := 0
	for digits < len(s) && digits < 3 && s[digits] >= '0' && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	rest, ok = strings.CutPrefix(s[digits:], " ")
	return n, strings.TrimSpace(rest), ok && n > 0
}
