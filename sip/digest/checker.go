package digest

import gosip "github.com/emiago/sipgo/sip"

// A Challenge is what a server asks.
type Challenge struct {
	Proxy     bool // 407 Proxy-Authenticate instead of 401 WWW-Authenticate
	Realm     string
	Nonce     string
	Opaque    string
	Algorithm string // "" = MD5
	QOP       string // "auth", or "" for RFC 2069 style
	Stale     bool
}

// Header is the challenge as a header field of a 401 or 407.
func (c Challenge) Header() gosip.Header { return nil }

// A Verdict is what a server finds in a request.
type Verdict uint8

const (
	Missing Verdict = iota // no credentials for this realm
	Wrong                  // wrong user, password, digest-uri or form
	Stale                  // right password, but another nonce
	Granted
)

// Check verifies the credentials of req against the challenge, as a server. It
// returns the user and the nonce count for the caller's own checks.
func (c Challenge) Check(req *gosip.Request, password func(user string) (string, bool)) (v Verdict, user string, nc int) {
	return Missing, "", 0
}
