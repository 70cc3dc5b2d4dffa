package config

import (
	"strings"
	"testing"
	"unicode"
)

// THE table itself: each row can be found by its own name, its default passes
// its check, and it has both labels.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rows() {
		name := r.Module + "/" + r.Key
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		n := 0
		if r.PerLine() {
			n = 7
		}
		e := Entry{Module: moduleTag(r.Module), Section: r.Section, Key: r.Name(n)}
		if row, line := Lookup(e); row == nil || row.Key != r.Key || line != n {
			t.Errorf("%s is not found by its own name %+v", name, e)
		}
		if !check(&r, r.Default) {
			t.Errorf("%s: default %q is not %s", name, r.Default, r.Check.Words)
		}
		if r.English == "" || r.Chinese == "" || r.Check.Words == "" {
			t.Errorf("%s lacks a label or the words of its check", name)
		}
		if !strings.ContainsFunc(r.Chinese, func(c rune) bool { return unicode.Is(unicode.Han, c) }) && r.Chinese != r.English {
			t.Errorf("%s: Chinese label %q", name, r.Chinese)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		e    Entry
		key  string // empty = unknown
		line int
	}{
		{Entry{Module: "SIP CONFIG MODULE", Section: "SIP Line List", Key: "SIP1 Register Addr"}, "SIPN Register Addr", 1},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP16 Register Addr"}, "SIPN Register Addr", 16},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP17 Register Addr"}, "", 0},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP0 Register Addr"}, "", 0},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP2 Register Pwd"}, "SIPN Register Pswd", 2},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP2 Proxy Pwd"}, "SIPN Proxy Pswd", 2},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP  Port"}, "SIP  Port", 0},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIP Port"}, "SIP  Port", 0},
		{Entry{Module: "SIP CONFIG MODULE", Key: "SIPN Register Addr"}, "", 0},
		{Entry{Module: "NET CONFIG MODULE", Key: "SIP1 Register Addr"}, "", 0},
		{Entry{Module: "PORT CONFIG MODULE", Key: "Ring Timeout"}, "P1 Ring Timeout", 0},
		{Entry{Module: "CALL FEATURE MODULE", Section: "Port Config", Key: "P1 Ring Timeout"}, "P1 Ring Timeout", 0},
		{Entry{Module: "P1 CONFIG MODULE", Key: "Dial by Pound"}, "Dial by Pound", 0},
		{Entry{Module: "TELE CONFIG MODULE", Key: "P1 DND Return Code"}, "", 0},
		{Entry{Module: "PHONE FEATURE MODULE", Key: "Default Language"}, "Default Language", 0},
		{Entry{Module: "PHONE FEATURE CONFIG MODULE", Section: "Display Input", Key: "Default Language"}, "Default Language", 0},
		{Entry{Key: "Default Language"}, "", 0},
	} {
		row, line := Lookup(c.e)
		switch {
		case row == nil && c.key != "":
			t.Errorf("%+v is unknown", c.e)
		case row != nil && (row.Key != c.key || line != c.line):
			t.Errorf("%+v is %s of line %d, want %q", c.e, row.Key, line, c.key)
		}
	}
}

func TestChecks(t *testing.T) {
	for _, c := range []struct {
		key       string
		good, bad string // separated by |
	}{
		{"SIPN Register Addr", "10.0.0.1|2001:db8::1|[2001:db8::1]|sip.example.com|sip-1.example.com.|_sip.example|localhost|", "10.0.0.256|1.2.3|a b|a..b|-a.example|a/b|sip:x|http://x|x:5060|" + strings.Repeat("a.", 130) + "aa"},
		{"SIPN Register Port", "0|1|65535| 5060 |", "65536|-1|+5|0x10|5060a|5e3|５０"},
		{"SIPN Transport", "0|1|3|", "2|4|udp"},
		{"SIPN Enable Failback", "0|1|", "2|yes|01"},
		{"SIPN Signal Retry Counts", "0|3|10|", "11|-1|3.5"},
		{"SIPN Failback Interval", "1|1800|604800|", "0|604801"},
		{"SIPN Phone Number", "1001|alice|+49-30|a.b|", "a b|a\tb|a\x00"},
		{"SIPN Display Name", "Front desk|前台|\"A\" <b>|", "a\x07b|\xff|" + strings.Repeat("x", 129)},
		{"SIPN Register Pswd", "p:w #1 |", "a\x1bb"},
		{"Dial Tone", "425/0|425/200,0/300|350+440/0|950/330,1400/330,1800/330,0/1000|", "425|425/|/200|425/-1|4000/100|a/1|425/200;0/1|425/0,0/1|" + strings.Repeat("0/1,", 64) + "0/1"},
		{"SIPN VoiceCodecMap", "PCMU,PCMA|G729,opus|", strings.Repeat("a,", 40)},
		{"Default Language", "en|zh|cn|zh-CN|fr|", "1|english language|中文"},
		{"Emergency Call", "110|110,119, 120|", "11 0|<x>"},
	} {
		var row *Row
		for i := range rows {
			if rows[i].Key == c.key {
				row = &rows[i]
			}
		}
		if row == nil {
			t.Fatalf("no row %s", c.key)
		}
		for _, v := range strings.Split(c.good, "|") {
			if !check(row, v) {
				t.Errorf("%s: %q is refused: %s", c.key, v, row.Check.Words)
			}
		}
		for _, v := range strings.Split(c.bad, "|") {
			if check(row, v) {
				t.Errorf("%s: %q is accepted as %s", c.key, v, row.Check.Words)
			}
		}
	}
}
