package config

import "crypto/tls"

// TLS says how a server and the phone prove to each other who they are.
type TLS struct {
	Name       string // in the server's certificate; empty = the server's host
	CAFile     string // PEM; empty = the system's authorities
	CertFile   string // PEM, the phone's own; empty = none
	KeyFile    string // PEM; empty = in CertFile
	MinVersion uint16 // tls.VersionTLS13, or 0 = TLS 1.2
}

// tls reads what is for Server 1 of line n.
func (v *reader) tls(n int) TLS {
	t := TLS{
		Name:     bare(v.word("SIP", "SIPN TLS Name", n)),
		CAFile:   v.word("SIP", "SIPN TLS CA File", n),
		CertFile: v.word("SIP", "SIPN TLS Cert File", n),
		KeyFile:  v.word("SIP", "SIPN TLS Key File", n),
	}
	// 2 is TLS 1.2, and so is less: TLS 1.0 and 1.1 are deprecated (RFC 8996).
	if v.number("SIP", "SIPN TLS Version", n) >= 3 {
		t.MinVersion = tls.VersionTLS13
	}
	return t
}

// backupTLS reads what is for Server 2 of line n: an empty value is that of
// Server 1. Certificate and key are one value, for neither fits another's.
func (v *reader) backupTLS(n int) TLS {
	t := v.tls(n)
	if s := bare(v.word("SIP", "SIPN Backup TLS Name", n)); s != "" {
		t.Name = s
	}
	if s := v.word("SIP", "SIPN Backup TLS CA File", n); s != "" {
		t.CAFile = s
	}
	if s := v.word("SIP", "SIPN Backup TLS Cert File", n); s != "" {
		t.CertFile = s
		t.KeyFile = v.word("SIP", "SIPN Backup TLS Key File", n)
	}
	return t
}
