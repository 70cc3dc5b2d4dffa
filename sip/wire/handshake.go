package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// soon is how long before its end a certificate is warned of.
const soon = 14 * 24 * time.Hour

// verified is the name a certificate of s must be valid for (RFC 5922 §4).
func (s Server) verified() string {
	name := s.Name
	if name == "" {
		name = s.Host
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().WithZone("").String() // a certificate knows no zones
	}
	return strings.TrimSuffix(name, ".")
}

// handshake opens TLS over conn and verifies chain and name (RFC 5922). It
// never goes on without.
func (w *Wire) handshake(ctx context.Context, conn net.Conn, s Server) (net.Conn, Fault, error) {
	conf, err := w.vault.open(s)
	if err != nil {
		return nil, Certificate, err
	}
	own := conf.Certificates
	asked := false
	conf = conf.Clone()
	conf.GetClientCertificate = func(req *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		// Also one by an authority that the server does not name: it says more
		// about what is wrong with it than with none.
		if len(own) > 0 {
			return &own[0], nil
		}
		return &tls.Certificate{}, nil
	}
	tc := tls.Client(conn, conf)
	err = tc.HandshakeContext(ctx)
	var remote *net.OpError
	switch {
	case err == nil:
		w.warn(s, tc.ConnectionState().PeerCertificates, own)
		return tc, 0, nil
	case badCertificate(err):
		return nil, Certificate, inWords(err)
	case rejected(err), asked && len(own) == 0 && errors.As(err, &remote) && remote.Op == "remote error":
		return nil, Certificate, refusal(err, len(own) > 0)
	default:
		return nil, TLSFailed, err
	}
}

// warn tells the log what will not be valid much longer.
func (w *Wire) warn(s Server, theirs []*x509.Certificate, own []tls.Certificate) {
	if len(theirs) > 0 {
		if left := time.Until(theirs[0].NotAfter); left < soon {
			w.log.Warn("the server's certificate ends soon", "server", s.Host, "end", date(theirs[0].NotAfter), "days", days(left))
		}
	}
	if len(own) > 0 && own[0].Leaf != nil {
		if left := time.Until(own[0].Leaf.NotAfter); left < soon {
			w.log.Warn("the phone's certificate ends soon", "server", s.Host, "file", s.CertFile, "end", date(own[0].Leaf.NotAfter), "days", days(left))
		}
	}
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// badCertificate tells a certificate that does not verify from every other
// reason for a handshake to fail.
func badCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verify) || errors.As(err, &name) || errors.As(err, &authority) || errors.As(err, &invalid)
}

// rejected tells the alerts by which a server refuses the phone's certificate
// or its absence (RFC 8446 §6.2). crypto/tls does not export their type.
func rejected(err error) bool {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return false
	}
	return slices.Contains([]string{
		"tls: certificate required", "tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate",
		"tls: expired certificate", "tls: unknown certificate", "tls: unknown certificate authority",
	}, remote.Err.Error())
}

// worded is an error in the owner's words.
type worded struct {
	words string
	err   error
}

func (e *worded) Error() string { return e.words }
func (e *worded) Unwrap() error { return e.err }

// refusal says that a server does not take the phone's certificate.
func refusal(err error, own bool) error {
	if !own {
		return &worded{"the server wants a certificate of the phone, which has none for it (" + err.Error() + ")", err}
	}
	return &worded{"the server does not accept the phone's certificate (" + err.Error() + ")", err}
}

// inWords says what is wrong with a server's certificate.
func inWords(err error) error {
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return &worded{fmt.Sprintf("the server's certificate is for %s, not for %s", names(name.Certificate), name.Host), err}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		whose := "the server's certificate"
		if invalid.Cert.IsCA {
			whose = "the certificate of the authority " + quote(invalid.Cert.Subject.CommonName)
		}
		now := time.Now()
		if now.Before(invalid.Cert.NotBefore) {
			return &worded{fmt.Sprintf("%s is not valid before %s, and the phone's clock says %s", whose, date(invalid.Cert.NotBefore), date(now)), err}
		}
		return &worded{fmt.Sprintf("%s expired on %s", whose, date(invalid.Cert.NotAfter)), err}
	case errors.As(err, &authority) && authority.Cert != nil:
		return &worded{"the server's certificate is signed by an authority that the phone does not trust: " + quote(authority.Cert.Issuer.CommonName), err}
	default:
		return fmt.Errorf("the server's certificate: %w", err)
	}
}

// names are those a certificate is for, as its holder chose them.
func names(c *x509.Certificate) string {
	const most = 3
	var all []string
	for _, n := range c.DNSNames {
		all = append(all, quote(n))
	}
	for _, a := range c.IPAddresses {
		all = append(all, a.String())
	}
	switch {
	case len(all) == 0:
		return "no name"
	case len(all) > most:
		return strings.Join(all[:most], ", ") + " and " + strconv.Itoa(len(all)-most) + " more"
	default:
		return strings.Join(all, ", ")
	}
}

// quote is text from a certificate, short and without control characters.
func quote(s string) string {
	const most = 64
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return strconv.Quote(s)
}
