package digest

import (
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// challenges are the challenges of one kind that can be answered: for each
// realm the first that is supported (RFC 7616 §3.7: the server orders them by
// preference).
func challenges(res *gosip.Response, proxy bool) []*digest.Challenge {
	name := "WWW-Authenticate"
	if proxy {
		name = "Proxy-Authenticate"
	}
	var found []*digest.Challenge
	for _, h := range res.GetHeaders(name) {
		c, ok := parseChallenge(h.Value())
		if !ok || slices.ContainsFunc(found, func(other *digest.Challenge) bool { return other.Realm == c.Realm }) {
			continue
		}
		found = append(found, c)
	}
	return found
}

// parseChallenge reads one challenge; ok is false for one that is malformed or
// not supported: another scheme or algorithm, MD5-sess, or auth-int alone.
func parseChallenge(value string) (c *digest.Challenge, ok bool) {
	p, ok := parseParams(value)
	if !ok {
		return nil, false
	}
	c = &digest.Challenge{
		Realm: p["realm"], Nonce: p["nonce"], Opaque: p["opaque"], Algorithm: p["algorithm"],
		Stale: strings.EqualFold(p["stale"], "true"), Userhash: strings.EqualFold(p["userhash"], "true"),
	}
	switch strings.ToUpper(c.Algorithm) {
	case "", "MD5", "SHA-256", "SHA-512-256": // RFC 8760 §2.1
	default:
		return nil, false
	}
	if qop, has := p["qop"]; has {
		offered := strings.Split(strings.ToLower(qop), ",")
		if !slices.ContainsFunc(offered, func(q string) bool { return strings.TrimSpace(q) == "auth" }) {
			return nil, false
		}
		c.QOP = []string{"auth"}
	}
	_, hasRealm := p["realm"]
	return c, hasRealm && c.Nonce != ""
}

// maxParams bounds the parameters of one header field.
const maxParams = 32

// parseParams reads `Digest name=value, ...` (RFC 7235 §2.1) with names in
// lower case. It refuses values that could not be repeated as they are.
func parseParams(value string) (map[string]string, bool) {
	end := strings.IndexAny(value, " \t")
	if end < 0 || !strings.EqualFold(value[:end], "Digest") {
		return nil, false
	}
	rest := value[end:]
	params := map[string]string{}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return params, true
		}
		name, after, ok := strings.Cut(rest, "=")
		if !ok || len(params) >= maxParams {
			return nil, false
		}
		var v string
		if v, rest, ok = parseValue(strings.TrimLeft(after, " \t")); !ok {
			return nil, false
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; twice {
			return nil, false
		}
		params[name] = v
	}
}

// parseValue reads a token or quoted string and returns what follows.
func parseValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ", \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], repeatable(s[:end])
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return b.String(), s[i+1:], repeatable(b.String())
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// repeatable tells whether v can be written as a quoted string: strconv.Quote,
// which the digest library uses, escapes more than SIP knows.
func repeatable(v string) bool {
	simple := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	return strconv.Quote(v) == simple
}
