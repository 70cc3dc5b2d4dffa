package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/sip"
)

// An authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return authority{cert, key, file}
}

// issue signs a certificate for a name or address, valid until then.
func (a authority) issue(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	return a.issueFrom(t, name, until.Add(-2*time.Hour), until)
}

func (a authority) issueFrom(t *testing.T, name string, from, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: from, NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(name); ip != nil {
		tmpl.IPAddresses = []net.IP{ip}
	} else {
		tmpl.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// The certificate must be the server's, signed by an authority of the line, and
// valid now; whatever else fails is told apart, and plain text is never sent.
func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	config := func(c tls.Certificate, change func(*tls.Config)) *tls.Config {
		conf := &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10}
		if change != nil {
			change(conf)
		}
		return conf
	}
	for _, c := range []struct {
		name   string
		server *tls.Config // nil = hangs up
		verify string
		ca     string
		fault  Fault // 0 = good
	}{
		{"good, by address", config(ours.issue(t, "127.0.0.1", soon), nil), "", ours.file, 0},
		{"good, by name", config(ours.issue(t, "pbx.example", soon), nil), "pbx.example", ours.file, 0},
		{"wrong name", config(ours.issue(t, "other.example", soon), nil), "pbx.example", ours.file, Certificate},
		{"wrong address", config(ours.issue(t, "127.0.0.2", soon), nil), "", ours.file, Certificate},
		{"unknown authority", config(theirs.issue(t, "127.0.0.1", soon), nil), "", ours.file, Certificate},
		{"not of the system's authorities", config(ours.issue(t, "127.0.0.1", soon), nil), "", "", Certificate},
		{"expired", config(ours.issue(t, "127.0.0.1", past), nil), "", ours.file, Certificate},
		{"no authorities", config(ours.issue(t, "127.0.0.1", soon), nil), "", empty, Certificate},
		{"no such file", config(ours.issue(t, "127.0.0.1", soon), nil), "", empty + ".not", Certificate},
		{"TLS 1.1", config(ours.issue(t, "127.0.0.1", soon), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }), "", ours.file, TLSFailed},
		{"hangs up", nil, "", ours.file, TLSFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newTCPServer(t)
			s := server.Server
			s.Transport, s.Name, s.CAFile = sip.TLS, c.verify, c.ca
			w, h := serve(t, Config{}, s)
			heard := make(chan string, 1)
			go func() {
				conn, err := server.Accept()
				if err != nil {
					heard <- ""
					return
				}
				defer conn.Close()
				if c.server == nil {
					heard <- ""
					return
				}
				tc := tls.Server(conn, c.server)
				buf := make([]byte, 2000)
				n, _ := tc.Read(buf) // an error is a handshake that failed
				heard <- string(buf[:n])
				if n > 0 {
					_, _ = io.WriteString(tc, reply(t, string(buf[:n]), 200))
					_, _ = tc.Read(buf) // until the phone hangs up
				}
			}()
			f := flight(s, "REGISTER")
			w.Start(f)
			if c.fault != 0 {
				if got := next[unreachable](t, h); got.fault != c.fault {
					t.Errorf("told %v: %v; want %v", got.fault, got.err, c.fault)
				}
				if text := <-heard; text != "" {
					t.Errorf("the server heard %q", text)
				}
				return
			}
			if got := next[response](t, h); got.f != f || got.from.Transport != sip.TLS {
				t.Errorf("told %+v", got)
			}
			text := <-heard
			if !strings.Contains(text, "Via: SIP/2.0/TLS 127.0.0.1:") || !strings.Contains(text, ";transport=tls>") {
				t.Errorf("sent %q", text)
			}
		})
	}
}

// Others connect over TLS only if the phone has a certificate.
func TestIncomingTLS(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	s := Server{Host: "127.0.0.1", Port: 9, Transport: sip.TLS}
	free := newTCPServer(t)
	free.Close()
	_, h := serve(t, Config{Certificate: &cert, TLSPort: free.Port}, s)
	pool, err := authorities(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", netip.AddrPortFrom(loopback, free.Port).String(), &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn := far(c)
	conn.write(t, arriving("OPTIONS", newBranch(), "TLS 127.0.0.1:9", ""))
	got := next[request](t, h)
	if got.from.Transport != sip.TLS || got.tx.Route().Listen != free.Port {
		t.Errorf("told %+v", got)
	}
	if err := got.tx.Respond(got.tx.Response(200, "OK", nil)); err != nil {
		t.Fatal(err)
	}
	if text := conn.read(t); !strings.HasPrefix(text, "SIP/2.0 200") {
		t.Errorf("answer %q", text)
	}
	without, _ := serve(t, Config{TLSPort: free.Port}, s)
	without.mu.Lock()
	defer without.mu.Unlock()
	if len(without.listeners) != 0 {
		t.Error("listens without a certificate")
	}
}
