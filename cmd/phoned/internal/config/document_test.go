package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/SETTINGS.md from the table of keys")

const document = "../../../../docs/SETTINGS.md"

// docs/SETTINGS.md is written from the table: after a change of the table run
// `go test ./cmd/phoned/internal/config -rewrite`.
func TestDocument(t *testing.T) {
	want := describe()
	if *rewrite {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/SETTINGS.md is not what the table of keys says: run go test ./cmd/phoned/internal/config -rewrite")
	}
}

const introduction = `# Settings

<!-- Written from the table of keys in cmd/phoned/internal/config; do not edit.
     go test ./cmd/phoned/internal/config -rewrite -->

The phone reads a text file: ` + "`phoned -config FILE`" + `. It is read at each start and again
on SIGHUP. With ` + "`-data DIR`" + ` the phone keeps there what its user changes at the phone
(language, volumes, do not disturb), and that wins over the file.

` + "```" + `
<<VOIP CONFIG FILE>>Version:2.0000000000

<SIP CONFIG MODULE>
SIP  Port          :5060
--SIP Line List--  :
SIP1 Phone Number       :1001
SIP1 Register Addr      :192.0.2.10
SIP1 Register Pswd      :correct horse
SIP1 Enable Reg         :1
SIP1 Backup Addr        :192.0.2.20

<<END OF FILE>>
` + "```" + `

- The first line and the last one must be there: a file without ` + "`<<END OF FILE>>`" + ` counts as cut
  off in transfer and is refused.
- An entry is a key, spaces, a colon and the value up to the end of the line. The first colon
  counts; values may hold colons, spaces and UTF-8. Lines end with LF or CRLF.
- Lines that begin with ` + "`#`" + ` are comments; blank lines mean nothing. End tags such as
  ` + "`</SIP CONFIG MODULE>`" + ` may be there.
- Subsections (` + "`--SIP Line List--  :`" + `) may be left out. Of a key that comes twice the last value counts.
- A key that is absent leaves the setting as it was; one that is there and empty clears it, and it has
  its default again.
- Keys the phone does not know are kept and are no error.
- **A bad value of a known key refuses the whole file**, with the line number; the old settings stay.
- Also read: ` + "`SIPn Register Pwd`, `SIPn Proxy Pwd`, `SIPn Register Enable`" + `; modules ` + "`PORT` and `P1`" + ` for
  ` + "`CALL FEATURE`" + `, whose keys may lack the ` + "`P1`" + `.

In the tables ` + "`SIPN`" + ` stands for ` + "`SIP1`" + ` to ` + "`SIP16`" + `, one for each line. *user* = changed at the phone, *secret* =
left blank in exports, *kept* = checked and kept, but this version does not act on it.

`

// describe is the whole page.
func describe() string {
	var b strings.Builder
	b.WriteString(introduction)
	module := ""
	for _, r := range sorted() {
		if r.Module != module {
			module = r.Module
			fmt.Fprintf(&b, "\n## <%s>\n\n", moduleTag(module))
			b.WriteString("| key | meaning | 中文 | values | default | |\n|---|---|---|---|---|---|\n")
		}
		meaning := r.English
		if r.Help != "" {
			meaning += ": " + r.Help
		}
		values := r.Check.Words
		if r.Unit != "" {
			values += " (" + r.Unit + ")"
		}
		def := "`" + r.Default + "`"
		if r.Default == "" {
			def = "empty"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Key, meaning, r.Chinese, values, def, marks(r.Flags))
	}
	return b.String()
}

// sorted keeps the modules together.
func sorted() (out []Row) {
	var modules []string
	by := map[string][]Row{}
	for _, r := range Rows() {
		if by[r.Module] == nil {
			modules = append(modules, r.Module)
		}
		by[r.Module] = append(by[r.Module], r)
	}
	for _, m := range modules {
		out = append(out, by[m]...)
	}
	return out
}

func marks(f Flags) string {
	var out []string
	for _, m := range []struct {
		flag Flags
		word string
	}{{UserOwned, "user"}, {Secret, "secret"}, {Kept, "kept"}} {
		if f&m.flag != 0 {
			out = append(out, "*"+m.word+"*")
		}
	}
	return strings.Join(out, " ")
}
