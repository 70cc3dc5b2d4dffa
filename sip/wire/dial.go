package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// userTimeout is how long data may stay unacknowledged before the kernel ends a
// connection (TCP_USER_TIMEOUT, tcp(7)): a server that lost power says nothing.
const userTimeout = 10 * time.Second

// keepAlive finds a dead peer on an idle connection in about a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}

// dialer opens the connections to servers, from local if that is an address.
func dialer(local netip.Addr) *net.Dialer {
	d := &net.Dialer{Control: tcpControl, KeepAliveConfig: keepAlive}
	if local.IsValid() && !local.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return d
}

// verified is the name a certificate of s must be valid for.
func (s Server) verified() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Host
}

// handshake opens TLS over conn and verifies chain and name (RFC 5922).
func handshake(ctx context.Context, conn net.Conn, s Server) (net.Conn, Fault, error) {
	roots, err := authorities(s.CAFile)
	if err != nil {
		return nil, Certificate, err
	}
	tc := tls.Client(conn, &tls.Config{ServerName: s.verified(), RootCAs: roots, MinVersion: tls.VersionTLS12})
	if err := tc.HandshakeContext(ctx); err != nil {
		if badCertificate(err) {
			return nil, Certificate, err
		}
		return nil, TLSFailed, err
	}
	return tc, 0, nil
}

// authorities are the roots in a PEM file; nil = the system's.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", file)
	}
	return pool, nil
}

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
	switch remote.Err.Error() {
	case "tls: certificate required", "tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate",
		"tls: expired certificate", "tls: unknown certificate", "tls: unknown certificate authority":
		return true
	default:
		return false
	}
}
