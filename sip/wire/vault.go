package wire

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// sessionsKept is how many TLS sessions with one server can be resumed (RFC
// 8446 §2.2): a server hands out two with each connection.
const sessionsKept = 4

// A vault holds what TLS connections are opened with: of each server its own,
// so that neither authorities nor sessions of one are used with another.
type vault struct {
	mu   sync.Mutex
	held map[Server]*credentials
}

// credentials are the files of one server as they were read last.
type credentials struct {
	editions [3]edition
	conf     *tls.Config
}

// An edition tells one content of a file from another.
type edition struct {
	modified time.Time
	size     int64
}

func editionOf(file string) (edition, error) {
	if file == "" {
		return edition{}, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return edition{}, err
	}
	return edition{info.ModTime(), info.Size()}, nil
}

// open is the configuration for a connection to s; its files are read where
// they have changed.
func (v *vault) open(s Server) (*tls.Config, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var editions [3]edition
	var err error
	for i, file := range [...]string{s.CAFile, s.CertFile, s.KeyFile} {
		// Before the file is read: what is written later is noticed next time.
		if editions[i], err = editionOf(file); err != nil {
			what := "the authorities"
			if i > 0 {
				what = "the phone's certificate"
			}
			delete(v.held, s)
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
	}
	if held := v.held[s]; held != nil && held.editions == editions {
		return held.conf, nil
	}
	delete(v.held, s)
	conf := &tls.Config{
		ServerName:         s.verified(), // asked for by SNI unless it is an address
		MinVersion:         max(s.MinTLS, tls.VersionTLS12),
		ClientSessionCache: tls.NewLRUClientSessionCache(sessionsKept),
	}
	if conf.RootCAs, err = authorities(s.CAFile); err != nil {
		return nil, err
	}
	if s.CertFile != "" {
		key := s.KeyFile
		if key == "" {
			key = s.CertFile
		}
		cert, err := tls.LoadX509KeyPair(s.CertFile, key)
		if err != nil {
			return nil, fmt.Errorf("read the phone's certificate from %s and %s: %w", s.CertFile, key, err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	v.held[s] = &credentials{editions, conf}
	return conf, nil
}

// keep forgets what is of no server in use.
func (v *vault) keep(used map[Server]bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for s := range v.held {
		if !used[s] {
			delete(v.held, s)
		}
	}
}

// authorities are the roots in a PEM file; nil = the system's.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the authorities: no certificate in %s", file)
	}
	return pool, nil
}
