package wire

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/sip"
)

// client signs a certificate of a phone and writes it and its key to files.
func (a authority) client(t *testing.T, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "phone"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	return certFile, keyFile
}

func (a authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A tlsServer answers every request with 200 and keeps what each handshake was.
type tlsServer struct {
	Server
	mu     sync.Mutex
	states []tls.ConnectionState
	heard  []string
}

func newTLSServer(t *testing.T, conf *tls.Config) *tlsServer {
	t.Helper()
	l := newTCPServer(t)
	s := &tlsServer{Server: l.Server}
	s.Transport = sip.TLS
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(t, tls.Server(conn, conf))
		}
	}()
	return s
}

func (s *tlsServer) serve(t *testing.T, conn *tls.Conn) {
	defer conn.Close()
	buf := make([]byte, 4000)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		s.mu.Lock()
		s.states = append(s.states, conn.ConnectionState())
		s.heard = append(s.heard, text)
		s.mu.Unlock()
		if _, err := conn.Write([]byte(reply(t, text, 200))); err != nil {
			return
		}
	}
}

// last is the handshake behind the last request.
func (s *tlsServer) last(t *testing.T) tls.ConnectionState {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.states) == 0 {
		t.Fatal("no request came")
	}
	return s.states[len(s.states)-1]
}

// asks sends a request and gives the fault, 0 = it was answered.
func asks(t *testing.T, w *Wire, h *told, s Server) (Fault, string) {
	t.Helper()
	w.Start(flight(s, "REGISTER"))
	for {
		select {
		case e := <-h.events:
			switch e := e.(type) {
			case response:
				return 0, ""
			case unreachable:
				return e.fault, e.err.Error()
			}
		case <-time.After(20 * time.Second):
			t.Fatal("told nothing")
		}
	}
}

// The owner reads what is wrong with a certificate, and which one it is.
func TestCertificateProblemsInWords(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	certFile, keyFile := ours.client(t, soon)
	broken := filepath.Join(t.TempDir(), "broken.pem")
	write(t, broken, []byte("-----BEGIN CERTIFICATE-----\nnonsense\n"))
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for _, c := range []struct {
		name   string
		server tls.Certificate
		change func(*Server)
		words  []string
	}{
		{"wrong name", ours.issue(t, "other.example", soon), func(s *Server) { s.Name = "pbx.example" }, []string{`is for "other.example", not for pbx.example`}},
		{"wrong address", ours.issue(t, "127.0.0.2", soon), nil, []string{"is for 127.0.0.2, not for 127.0.0.1"}},
		{"expired", ours.issue(t, "127.0.0.1", time.Now().Add(-26*time.Hour)), nil, []string{"expired on " + time.Now().Add(-26*time.Hour).UTC().Format("2006-01-02")}},
		{"too early", ours.issue(t, "127.0.0.1", time.Now().Add(50*time.Hour)), nil, []string{"not valid before", "the phone's clock says"}},
		{"unknown authority", theirs.issue(t, "127.0.0.1", soon), nil, []string{"signed by an authority that the phone does not trust", `"test authority"`}},
		{"no authorities", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CAFile = missing }, []string{"authorities", missing}},
		{"broken authorities", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CAFile = broken }, []string{"authorities", broken}},
		{"no certificate file", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CertFile = missing }, []string{"the phone's certificate", missing}},
		{"broken certificate", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CertFile, s.KeyFile = broken, keyFile }, []string{"the phone's certificate", broken}},
		{"no key", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CertFile = certFile }, []string{"the phone's certificate", certFile}},
		{"no key file", ours.issue(t, "127.0.0.1", soon), func(s *Server) { s.CertFile, s.KeyFile = certFile, missing }, []string{"the phone's certificate", missing}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newTLSServer(t, &tls.Config{Certificates: []tls.Certificate{c.server}})
			s := server.Server
			s.CAFile = ours.file
			if c.change != nil {
				c.change(&s)
			}
			w, h := serve(t, Config{}, s)
			fault, words := asks(t, w, h, s)
			if fault != Certificate {
				t.Errorf("fault %v: %s", fault, words)
			}
			for _, word := range c.words {
				if !strings.Contains(words, word) {
					t.Errorf("%q does not say %q", words, word)
				}
			}
			if strings.Count(words, "certificate") > 3 || strings.Contains(words, "x509") {
				t.Errorf("too many words: %q", words)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if len(server.heard) != 0 {
				t.Errorf("the server heard %q", server.heard)
			}
		})
	}
}

// A server that wants to know who the phone is: TLS 1.2 refuses within the
// handshake, TLS 1.3 after it, and neither makes the server look dead.
func TestMutualTLS(t *testing.T) {
	ca, phones, others := newAuthority(t), newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	goodCert, goodKey := phones.client(t, soon)
	badCert, badKey := others.client(t, soon)
	oldCert, oldKey := phones.client(t, time.Now().Add(-time.Hour))
	both := filepath.Join(t.TempDir(), "both.pem")
	for _, file := range []string{goodCert, goodKey} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := os.ReadFile(both) // none at first
		write(t, both, append(was, text...))
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := newTLSServer(t, &tls.Config{
			Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", soon)}, MaxVersion: version,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: phones.pool(),
		})
		for _, c := range []struct {
			cert, key string
			fault     Fault
			words     string
		}{
			{goodCert, goodKey, 0, ""},
			{both, "", 0, ""},
			{"", "", Certificate, "wants a certificate of the phone"},
			{badCert, badKey, Certificate, "does not accept the phone's certificate"},
			{oldCert, oldKey, Certificate, "does not accept the phone's certificate"},
		} {
			s := server.Server
			s.CAFile, s.CertFile, s.KeyFile = ca.file, c.cert, c.key
			w, h := serve(t, Config{}, s)
			fault, words := asks(t, w, h, s)
			if fault != c.fault || !strings.Contains(words, c.words) {
				t.Errorf("%s, certificate %q: fault %v: %s", tls.VersionName(version), c.cert, fault, words)
			}
			if c.fault == 0 {
				if st := server.last(t); st.Version != version || len(st.PeerCertificates) != 1 {
					t.Errorf("the server saw %s and %d certificates", tls.VersionName(st.Version), len(st.PeerCertificates))
				}
			}
		}
	}
}

// Two servers at one address that differ only in what they must prove never
// share anything, and each gets what is its own.
func TestEachServerHasItsOwnTLS(t *testing.T) {
	ca, phones := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	certFile, keyFile := phones.client(t, soon)
	certs := map[string]tls.Certificate{"one.example": ca.issue(t, "one.example", soon), "two.example": ca.issue(t, "two.example", soon)}
	var mu sync.Mutex
	var asked []string
	server := newTLSServer(t, &tls.Config{
		ClientAuth: tls.RequestClientCert,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, hello.ServerName)
			c := certs[hello.ServerName]
			return &c, nil
		},
	})
	one, two, wrong := server.Server, server.Server, server.Server
	one.CAFile, one.Name = ca.file, "one.example"
	two.CAFile, two.Name, two.CertFile, two.KeyFile = ca.file, "two.example", certFile, keyFile
	wrong.CAFile, wrong.Name = phones.file, "one.example"
	w, h := serve(t, Config{}, one, two, wrong)
	for _, c := range []struct {
		s     Server
		own   int
		fault Fault
	}{{one, 0, 0}, {two, 1, 0}, {wrong, 0, Certificate}, {one, 0, 0}} {
		fault, words := asks(t, w, h, c.s)
		if fault != c.fault {
			t.Errorf("%s: fault %v %s", c.s.Name, fault, words)
		}
		if st := server.last(t); fault == 0 && (st.ServerName != c.s.Name || len(st.PeerCertificates) != c.own || st.DidResume) {
			t.Errorf("%s: name %q, %d certificates", c.s.Name, st.ServerName, len(st.PeerCertificates))
		}
	}
	if n := w.connects(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// A renewed file counts from the next connect on, and a session is resumed as
// long as nothing was renewed.
func TestFilesThatChange(t *testing.T) {
	wrong, right := newAuthority(t), newAuthority(t)
	server := newTLSServer(t, &tls.Config{Certificates: []tls.Certificate{right.issue(t, "127.0.0.1", time.Now().Add(time.Hour))}})
	file := filepath.Join(t.TempDir(), "ca.pem")
	copyTo := func(a authority, age time.Duration) {
		t.Helper()
		text, err := os.ReadFile(a.file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, text)
		at := time.Now().Add(-age)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	s := server.Server
	s.CAFile = file
	w, h := serve(t, Config{}, s)
	hangUp := func() {
		t.Helper()
		w.mu.Lock()
		st := w.links[s].stream
		w.mu.Unlock()
		st.end(errNotWanted)
		next[lost](t, h)
	}
	copyTo(wrong, time.Hour)
	if fault, _ := asks(t, w, h, s); fault != Certificate {
		t.Errorf("with the wrong authority: %v", fault)
	}
	copyTo(right, time.Minute)
	for i, resumed := range []bool{false, true, false} {
		if i == 2 {
			copyTo(right, 0) // as good as before, but who knows
		}
		if fault, words := asks(t, w, h, s); fault != 0 {
			t.Fatalf("with the right one: %v %s", fault, words)
		}
		if got := server.last(t).DidResume; got != resumed {
			t.Errorf("connection %d: resumed %v", i+1, got)
		}
		hangUp()
	}
	copyTo(wrong, -time.Minute)
	if fault, _ := asks(t, w, h, s); fault != Certificate {
		t.Error("a session outlives the trust in its server")
	}
}

// MinTLS refuses what is older.
func TestMinTLS(t *testing.T) {
	ca := newAuthority(t)
	server := newTLSServer(t, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))}, MaxVersion: tls.VersionTLS12,
	})
	for least, want := range map[uint16]Fault{0: 0, tls.VersionTLS10: 0, tls.VersionTLS12: 0, tls.VersionTLS13: TLSFailed} {
		s := server.Server
		s.CAFile, s.MinTLS = ca.file, least
		w, h := serve(t, Config{}, s)
		if fault, words := asks(t, w, h, s); fault != want {
			t.Errorf("at least %s: %v %s", tls.VersionName(least), fault, words)
		}
	}
}

// What ends within two weeks is said once for each connection.
func TestCertificatesThatEndSoon(t *testing.T) {
	ca := newAuthority(t)
	for _, c := range []struct {
		server, phone time.Duration
		warnings      int
	}{{15 * 24 * time.Hour, 15 * 24 * time.Hour, 0}, {13 * 24 * time.Hour, 15 * 24 * time.Hour, 1}, {time.Hour, time.Hour, 2}} {
		cert := ca.issueFrom(t, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(c.server))
		server := newTLSServer(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert})
		s := server.Server
		s.CAFile = ca.file
		s.CertFile, s.KeyFile = ca.client(t, time.Now().Add(c.phone))
		var log safeBuffer
		w, h := serve(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, s)
		for range 2 {
			if fault, words := asks(t, w, h, s); fault != 0 {
				t.Fatalf("%v %s", fault, words)
			}
		}
		if text := log.String(); strings.Count(text, "ends soon") != c.warnings || strings.Contains(text, "PRIVATE") {
			t.Errorf("%v and %v left: log %s", c.server, c.phone, text)
		}
	}
}

// A safeBuffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
