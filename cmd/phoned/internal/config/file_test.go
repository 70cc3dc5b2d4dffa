package config

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// sample is a file as a provisioning server writes it: CRLF, padded header,
// subsections, a key twice under different subsections, unknown modules.
var sample = strings.ReplaceAll(`<<VOIP CONFIG FILE>>Version:2.0000000000                      
## generated for the front desk

<NET CONFIG MODULE>
WAN TYPE           :DHCP 
Enable DHCP        :1
--WIFI Config--    :
Enable DHCP        :0

<SIP CONFIG MODULE>
SIP  Port          :5062
--SIP Line List--  :
SIP1 Phone Number       :1001
SIP1 Display Name       :前台 A:B 
SIP1 Register Addr      :[2001:db8::1]
SIP1 Register Pswd      : p:w #1 
SIP1 Signal Retry Counts:2
SIP1 Enable Reg         :1
</SIP CONFIG MODULE>

<AGENT CONFIG MODULE>
Agent Sipline      :0

<<END OF FILE>>
`, "\n", "\r\n")

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParse(t *testing.T) {
	want := []Entry{
		{"NET CONFIG MODULE", "", "WAN TYPE", "DHCP ", 5},
		{"NET CONFIG MODULE", "", "Enable DHCP", "1", 6},
		{"NET CONFIG MODULE", "WIFI Config", "Enable DHCP", "0", 8},
		{"SIP CONFIG MODULE", "", "SIP  Port", "5062", 11},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Phone Number", "1001", 13},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Display Name", "前台 A:B ", 14},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Register Addr", "[2001:db8::1]", 15},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Register Pswd", " p:w #1 ", 16},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Signal Retry Counts", "2", 17},
		{"SIP CONFIG MODULE", "SIP Line List", "SIP1 Enable Reg", "1", 18},
		{"AGENT CONFIG MODULE", "", "Agent Sipline", "0", 22},
	}
	crlf := parse(t, sample)
	if got := crlf.Entries(); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if crlf.Version != "2.0000000000" {
		t.Errorf("version %q", crlf.Version)
	}
	lf := parse(t, "\xef\xbb\xbf"+strings.ReplaceAll(sample, "\r\n", "\n"))
	if !slices.Equal(lf.Entries(), want) {
		t.Error("LF and a byte order mark give other entries than CRLF")
	}
}

// A key that comes twice in one subsection has its last value; in another
// subsection it is another key.
func TestRepeatedKeys(t *testing.T) {
	f := parse(t, "<<VOIP CONFIG FILE>>Version:1\n<NET CONFIG MODULE>\nA:1\nB:2\nA:3\n--X--:\nA:4\n<NET CONFIG MODULE>\nA:5\n<<END OF FILE>>\n")
	want := []Entry{{"NET CONFIG MODULE", "", "A", "5", 9}, {"NET CONFIG MODULE", "", "B", "2", 4}, {"NET CONFIG MODULE", "X", "A", "4", 7}}
	if got := f.Entries(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestRefused(t *testing.T) {
	const head, end = "<<VOIP CONFIG FILE>>Version:2.0\n", "<<END OF FILE>>\n"
	for _, c := range []struct {
		name, text string
		line       int
		words      string
	}{
		{"empty", "", 0, "not a settings file"},
		{"only comments", "# nothing\n", 0, "not a settings file"},
		{"another format", "<sysConf>\n", 1, "does not begin with"},
		{"truncated", head + "<SIP CONFIG MODULE>\nSIP  Port:50", 3, "truncated"},
		{"truncated in the last line", head + "A:1\n<<END OF FI", 3, "no module"},
		{"no colon", head + "<SIP CONFIG MODULE>\nSIP  Port\n" + end, 3, "colon"},
		{"no key", head + "\n\n :5060\n" + end, 4, "no key"},
		{"module without end", head + "<SIP CONFIG MODULE\n" + end, 2, "no module"},
		{"empty module", head + "< >\n" + end, 2, "no module"},
		{"foreign end tag", head + "<SIP CONFIG MODULE>\n</NET CONFIG MODULE>\n" + end, 3, "has not begun"},
		{"two files in one", head + end + head + end, 3, "text after"},
		{"huge", head + strings.Repeat("#\n", maxBytes/2) + end, 0, "larger than"},
		{"too many", head + strings.Repeat("<A>\n<B>\n", 1) + manyKeys(maxEntries+1) + end, maxEntries + 4, "more than"},
	} {
		_, err := Parse([]byte(c.text))
		var p *Problem
		if !errors.As(err, &p) || p.Line != c.line || !strings.Contains(p.Words, c.words) {
			t.Errorf("%s: got %v, want line %d: %s", c.name, err, c.line, c.words)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("k" + string(rune('a'+i%26)) + strings.Repeat("x", i/26%30) + string(rune('a'+i/780)) + ":1\n")
	}
	return b.String()
}

// The header is exactly 64 bytes and keys stand in their columns, as the
// phones that read such files write them.
func TestFormat(t *testing.T) {
	out := string(parse(t, sample).Format())
	lines := strings.SplitAfter(out, "\r\n")
	if len(lines[0]) != 64 || !strings.HasPrefix(lines[0], "<<VOIP CONFIG FILE>>Version:2.0000000000 ") {
		t.Errorf("header %q is %d bytes", lines[0], len(lines[0]))
	}
	for _, want := range []string{
		"\r\n<SIP CONFIG MODULE>\r\nSIP  Port          :5062\r\n--SIP Line List--  :\r\nSIP1 Phone Number       :1001\r\n",
		"SIP1 Display Name       :前台 A:B \r\n",
		"SIP1 Signal Retry Counts:2\r\n",
		"WAN TYPE           :DHCP \r\n",
		"\r\n<<END OF FILE>>\r\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Count(out, "\n") != strings.Count(out, "\r\n") {
		t.Error("a line ends without CR")
	}
}

// same tells whether two files hold the same, line numbers aside.
func same(a, b *File) bool {
	return a.Version == b.Version && slices.EqualFunc(a.entries, b.entries, func(x, y Entry) bool {
		x.Line, y.Line = 0, 0
		return x == y
	})
}

func TestRoundTrip(t *testing.T) {
	for _, text := range []string{
		sample,
		"<<VOIP CONFIG FILE>>Version:\nloose:1\n<A>\nx:\n--S--:\ny::\n<A>\nz:1\n</A>\nloose2: \n--S--:\nq:1\n<A>\n--T--:\nr:2\n</A>\nlast:3\n<<END OF FILE>>",
		"<<VOIP CONFIG FILE>>Version:x\n--S--:\na:1\n</>\nb:1\r\r\n<<END OF FILE>>",
	} {
		f := parse(t, text)
		again, err := Parse(f.Format())
		if err != nil {
			t.Errorf("%v\n%s", err, f.Format())
			continue
		}
		if !same(f, again) {
			t.Errorf("got  %+v\nwant %+v", again.entries, f.entries)
		}
		if !bytes.Equal(f.Format(), again.Format()) {
			t.Error("writing twice gives two texts")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample), true)
	for _, body := range []string{
		"--S--:\na:1\n</>\nb:1\r\r\n--a--:--\n<A>\n--x---:\nSIP1 :1\n",
		"<SIP CONFIG MODULE>\nSIP1 Register Port:5060\nSIP1 Register Pwd:a\nSIP1 Register Pswd:b\n</SIP CONFIG MODULE>\n",
		"<PORT CONFIG MODULE>\nRing Timeout:30\nP1 Ring Timeout:40\n--Port Config--:\nP1 Ring Timeout :x\n",
	} {
		f.Add([]byte(body), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, whole bool) {
		if !whole { // the body alone, so that most of what is tried gets past the first line
			data = append(append([]byte(header+"\n"), data...), "\n"+trailer...)
		}
		file, err := Parse(data)
		if err != nil {
			if file != nil {
				t.Fatal("a refused file is there all the same")
			}
			return
		}
		again, err := Parse(file.Format())
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%q", err, file.Format())
		}
		if !same(file, again) {
			t.Fatalf("got  %+v\nwant %+v", again.entries, file.entries)
		}
		_ = file.Check()
		_ = file.Typed()
		merged := New().Merge(file)
		if again, err := Parse(merged.Format()); err != nil || !same(merged, again) {
			t.Fatalf("merged %+v, read again %+v, %v", merged.entries, again, err)
		}
		if file.Check() == nil && merged.Check() != nil {
			t.Fatalf("merged: %v", merged.Check())
		}
		if _, err := Parse(file.Export(false)); err != nil {
			t.Fatalf("the export is refused: %v", err)
		}
	})
}
