package config

import (
	"crypto/tls"
	"reflect"
	"strings"
	"testing"
)

// Each server has its own files and name; what Server 2 does not say is that
// of Server 1, but never one half of certificate and key.
func TestTLS(t *testing.T) {
	first := TLS{Name: "one.example", CAFile: "/ca1", CertFile: "/cert1", KeyFile: "/key1"}
	settings := []string{"TLS Name:one.example", "TLS CA File:/ca1", "TLS Cert File:/cert1", "TLS Key File:/key1"}
	change := func(f func(*TLS)) TLS {
		c := first
		f(&c)
		return c
	}
	for _, c := range []struct {
		name string
		more string
		want []TLS
	}{
		{"nothing for the backup", "", []TLS{first, first}},
		{"a name", "Backup TLS Name:two.example", []TLS{first, change(func(s *TLS) { s.Name = "two.example" })}},
		{"authorities", "Backup TLS CA File:/ca2", []TLS{first, change(func(s *TLS) { s.CAFile = "/ca2" })}},
		{
			"a certificate and a key", "Backup TLS Cert File:/cert2\nSIP1 Backup TLS Key File:/key2",
			[]TLS{first, change(func(s *TLS) { s.CertFile, s.KeyFile = "/cert2", "/key2" })},
		},
		{
			"a certificate with its key in it", "Backup TLS Cert File:/cert2",
			[]TLS{first, change(func(s *TLS) { s.CertFile, s.KeyFile = "/cert2", "" })},
		},
		{"a key alone", "Backup TLS Key File:/key2", []TLS{first, first}},
		{
			"TLS 1.3 for both", "TLS Version:3",
			[]TLS{change(func(s *TLS) { s.MinVersion = tls.VersionTLS13 }), change(func(s *TLS) { s.MinVersion = tls.VersionTLS13 })},
		},
		{"never less than TLS 1.2", "TLS Version:0", []TLS{first, first}},
		{"an address as name", "TLS Name:[2001:db8::1]", []TLS{
			change(func(s *TLS) { s.Name = "2001:db8::1" }), change(func(s *TLS) { s.Name = "2001:db8::1" }),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "<<VOIP CONFIG FILE>>Version:2.0\n<SIP CONFIG MODULE>\n"
			lines := append([]string{"Phone Number:1001", "Register Addr:10.0.0.1", "Backup Addr:10.0.0.2"}, settings...)
			if c.more != "" {
				lines = append(lines, c.more)
			}
			for _, l := range lines {
				text += "SIP1 " + l + "\n"
			}
			got := parse(t, text+"<<END OF FILE>>\n").Typed()
			if len(got.Lines) != 1 || !reflect.DeepEqual(got.Lines[0].TLS, c.want) {
				t.Errorf("got  %+v\nwant %+v", got.Lines, c.want)
			}
		})
	}
}

// A name is one word: a list of them would be verified as none.
func TestTLSNameIsOneWord(t *testing.T) {
	for _, key := range []string{"SIPN TLS Name", "SIPN Backup TLS Name"} {
		if row := find("SIP", key); row.Check.OK("one.example two.example") || !row.Check.OK("one.example") || row.Chinese == "" {
			t.Errorf("%s: %+v", key, row)
		}
	}
	if !strings.Contains(describe(), "`SIPN Backup TLS Key File`") {
		t.Error("the page does not tell it")
	}
}
