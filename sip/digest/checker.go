package digest

import (
	"crypto/subtle"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

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
func (c Challenge) Header() gosip.Header {
	name := "WWW-Authenticate"
	if c.Proxy {
		name = "Proxy-Authenticate"
	}
	return gosip.NewHeader(name, c.lib().String())
}

func (c Challenge) lib() *digest.Challenge {
	d := &digest.Challenge{Realm: c.Realm, Nonce: c.Nonce, Opaque: c.Opaque, Algorithm: c.Algorithm, Stale: c.Stale}
	if c.QOP != "" {
		d.QOP = []string{c.QOP}
	}
	return d
}

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
	name := "Authorization"
	if c.Proxy {
		name = "Proxy-Authorization"
	}
	for _, h := range req.GetHeaders(name) {
		p, ok := parseParams(h.Value())
		if !ok || p["realm"] != c.Realm {
			continue
		}
		user = p["username"]
		if count, err := strconv.ParseUint(p["nc"], 16, 31); err == nil {
			nc = int(count)
		}
		secret, known := password(user)
		if !known || !c.matches(req, p, secret, nc) {
			return Wrong, user, nc
		}
		if p["nonce"] != c.Nonce {
			return Stale, user, nc
		}
		return Granted, user, nc
	}
	return Missing, "", 0
}

// matches computes the response again (RFC 7616 §3.4.1).
func (c Challenge) matches(req *gosip.Request, p map[string]string, secret string, nc int) bool {
	if p["uri"] != req.Recipient.String() || p["qop"] != c.QOP || p["opaque"] != c.Opaque ||
		!strings.EqualFold(p["algorithm"], c.Algorithm) || c.QOP != "" && nc == 0 {
		return false
	}
	asked := c.lib()
	asked.Nonce = p["nonce"]
	want, err := digest.Digest(asked, digest.Options{
		Method: string(req.Method), URI: p["uri"], Count: nc, Cnonce: p["cnonce"],
		Username: p["username"], Password: secret,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(p["response"])) == 1
}
