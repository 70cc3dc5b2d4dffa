package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"phoned/sip"
)

// A Mode tells which records lead to the servers of a domain. The numbers are
// those of the setting `SIPN DNS SRV`.
type Mode uint8

// The modes. Each falls back to the one before it where the domain has no such
// records, and an explicit port leaves only ByAddress (RFC 3263 §4.2).
const (
	ByAddress Mode = 0 // A and AAAA of the host
	BySRV     Mode = 1 // SRV of the configured transport
	ByNAPTR   Mode = 2 // NAPTR chooses the transport
)

// A Query is one configured server, as far as its name is concerned. It is
// comparable: the same server gives the same Query.
type Query struct {
	Host      string // domain, or an IP address with or without brackets
	Port      uint16 // 0 = not given
	Transport sip.Transport
	Mode      Mode
}

// String is "host:port/transport", for logs.
func (q Query) String() string {
	port := ""
	if q.Port != 0 {
		port = ":" + strconv.Itoa(int(q.Port))
	}
	return fmt.Sprintf("%s%s/%s", q.Host, port, q.Transport)
}

// port is the port that counts where no SRV record names one (RFC 3263 §4.2).
func (q Query) port() uint16 {
	switch {
	case q.Port != 0:
		return q.Port
	case q.Transport == sip.TLS:
		return 5061
	default:
		return 5060
	}
}

// A Target is where a request can be sent.
type Target struct {
	Addr      netip.AddrPort
	Transport sip.Transport
	Name      string // the host name that has this address, for logs only
}

// MaxTargets bounds the targets of one Query.
const MaxTargets = 8

// An Answer is what is known of a Query.
type Answer struct {
	// Targets are in the order to try them, at most MaxTargets, the same ip, port
	// and transport once. The slice is the reader's own.
	Targets []Target
	// Stale says that a record has outlived its TTL and DNS gives no newer one.
	Stale bool
	// Err says why there are no targets, or why they are stale: it wraps one of
	// the errors of this package. It is nil when all is well.
	Err error
}

// Why there are no targets or no newer ones.
var (
	ErrNoName    = errors.New("no such name")                           // DNS says so
	ErrNoService = errors.New("the domain says it has no such service") // SRV with the target ".", RFC 2782
	ErrNoAnswer  = errors.New("no name server gives an answer")         // silence, SERVFAIL, REFUSED and the like
	ErrNoServer  = errors.New("no name server is known")                // nothing in resolv.conf
	ErrBadName   = errors.New("not a host name")                        // nothing was asked
	ErrTooMany   = errors.New("too many names at a time")               // memory is bounded
	ErrClosed    = errors.New("the resolver has ended")                 // Run has returned
)
