package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One bad value refuses the whole file, and every bad value is named with its
// line; no value is quoted, for it may be a password.
func TestBadValueRefusesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phone.cfg")
	bad := strings.NewReplacer("SIP1 Signal Retry Counts:2", "SIP1 Signal Retry Counts:99", ":5062", ":banana", " p:w #1 ", "secret\x01").Replace(sample)
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if f != nil || err == nil {
		t.Fatalf("got %v, %v", f, err)
	}
	for _, want := range []string{
		path,
		"line 11: SIP  Port: must be a number, 0 to 65535",
		"line 16: SIP1 Register Pswd: must be text of up to 256 characters",
		"line 17: SIP1 Signal Retry Counts: must be a number, 0 to 10",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	for _, leak := range []string{"banana", "secret"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("%q quotes a value", err)
		}
	}
}

// A path that leads to something without end is refused, not read for ever.
func TestReadEndless(t *testing.T) {
	if _, err := Read("/dev/zero"); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownKeysAreNoError(t *testing.T) {
	f := parse(t, sample)
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range f.Unknown() {
		keys = append(keys, e.Section+"/"+e.Key)
	}
	if got := strings.Join(keys, " "); got != "/WAN TYPE /Enable DHCP WIFI Config/Enable DHCP /Agent Sipline" {
		t.Errorf("unknown: %s", got)
	}
}

// Absent = unchanged, present and empty = cleared, whatever spelling and
// subsection the two files use.
func TestMerge(t *testing.T) {
	base := parse(t, sample)
	over := parse(t, `<<VOIP CONFIG FILE>>Version:2.0
<SIP CONFIG MODULE>
SIP1 Register Pwd:new
SIP1 Display Name:
SIP2 Phone Number:1002
SIP2 Register Addr:10.0.0.9
<NET CONFIG MODULE>
Enable DHCP:0
Brand New:x
<<END OF FILE>>
`)
	before := string(base.Format())
	s := base.Merge(over).Typed()
	if string(base.Format()) != before {
		t.Error("Merge changed the file below")
	}
	if len(s.Lines) != 2 {
		t.Fatalf("lines %+v", s.Lines)
	}
	if l := s.Lines[0]; l.Password != "new" || l.DisplayName != "" || l.User != "1001" || l.Retries != 2 || l.Servers[0].Host != "2001:db8::1" {
		t.Errorf("line 1 %+v", l)
	}
	if l := s.Lines[1]; l.Number != 2 || l.User != "1002" || l.Servers[0].String() != "10.0.0.9:5060" {
		t.Errorf("line 2 %+v", l)
	}
	text := string(base.Merge(over).Format())
	for _, want := range []string{
		"Enable DHCP        :0\r\nBrand New          :x\r\n--WIFI Config--    :\r\nEnable DHCP        :0\r\n",
		"SIP1 Register Pswd      :new\r\n",
		"SIP1 Enable Reg         :1\r\nSIP2 Phone Number       :1002\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "Pwd") {
		t.Errorf("one password has two keys:\n%s", text)
	}
}

func TestSet(t *testing.T) {
	f := New()
	for _, c := range []struct {
		module, key string
		line        int
		value       string
		ok          bool
	}{
		{"SIP", "SIPN Phone Number", 3, "1003", true},
		{"SIP", "SIPN Phone Number", 0, "1003", false},
		{"SIP", "SIPN Phone Number", MaxLines + 1, "1003", false},
		{"SIP", "SIP  Port", 1, "5060", false},
		{"SIP", "SIP  Port", 0, "5064", true},
		{"SIP", "SIP  Port", 0, "x", false},
		{"SIP", "SIPN Display Name", 3, "a\r\nSIP1 Register Addr:evil", false},
		{"PORT", "Ring Timeout", 0, "60", true},
		{"PHONE FEATURE", "No Such Key", 0, "1", false},
	} {
		if err := f.Set(c.module, c.key, c.line, c.value); err == nil != c.ok {
			t.Errorf("set %s %s of line %d to %q: %v", c.module, c.key, c.line, c.value, err)
		}
	}
	s := parse(t, string(f.Format())).Typed()
	if s.SIP.Port != 5064 || len(s.Lines) != 1 || s.Lines[0].User != "1003" || s.Calls.RingTimeout.Seconds() != 60 {
		t.Errorf("settings %+v", s)
	}
}

// Passwords are blank in what is given away, those of keys the phone does not
// know included.
func TestExport(t *testing.T) {
	f := parse(t, strings.Replace(sample, "Agent Sipline      :0", "Agent Password     :canary2", 1))
	if err := f.Set("SIP", "SIPN Register Pswd", 1, "canary1"); err != nil {
		t.Fatal(err)
	}
	open, full := string(f.Export(false)), string(f.Export(true))
	if strings.Contains(open, "canary") || !strings.Contains(open, "SIP1 Register Pswd      :\r\n") || !strings.Contains(open, "SIP1 Phone Number       :1001") {
		t.Errorf("export:\n%s", open)
	}
	if strings.Count(full, "canary") != 2 {
		t.Errorf("export with secrets:\n%s", full)
	}
}
