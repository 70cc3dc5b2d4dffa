package ua

import (
	"slices"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// longForms are the compact forms (RFC 3261 §20 table 2, RFC 4028, RFC 6665) of headers
// that sipgo keeps under the name they arrived with.
var longForms = map[string]string{"k": "supported", "o": "event", "e": "content-encoding", "x": "session-expires"}

type headed interface{ Headers() []gosip.Header }

// values are all values of a header that is a list of tokens, lower case not
// forced, in order: "Require: a, b" and two Require lines are the same.
func values(m headed, name string) []string {
	var out []string
	for _, h := range m.Headers() {
		if !sameHeader(h.Name(), name) {
			continue
		}
		for v := range strings.SplitSeq(h.Value(), ",") {
			if v = strings.TrimSpace(v); v != "" {
				out = append(out, v)
			}
		}
	}
	return out
}

// value is the first header of that name, or "".
func value(m headed, name string) string {
	for _, h := range m.Headers() {
		if sameHeader(h.Name(), name) {
			return strings.TrimSpace(h.Value())
		}
	}
	return ""
}

func sameHeader(have, want string) bool {
	if strings.EqualFold(have, want) {
		return true
	}
	return len(have) == 1 && strings.EqualFold(longForms[strings.ToLower(have)], want)
}

// param finds a header parameter by its name in any case (RFC 3261 §7.3.1).
func param(p gosip.HeaderParams, name string) (string, bool) {
	i := slices.IndexFunc(p, func(kv gosip.HeaderKV) bool { return strings.EqualFold(strings.TrimSpace(kv.K), name) })
	if i < 0 {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(p[i].V), `"`), true
}

// seconds reads delta-seconds (RFC 3261 §25.1) up to a comment or parameter:
// "120", "18000;duration=3600", "120 (I'm in a meeting)".
func seconds(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 || n < len(s) && !strings.ContainsRune(" \t;(,", rune(s[n])) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[:n], 10, 32) // 2**32-1 is the largest that RFC 3261 §20 knows
	if err != nil {
		v = 1<<32 - 1
	}
	return time.Duration(v) * time.Second, true
}

// retryAfter is the Retry-After of a response (RFC 3261 §20.33), 0 if none.
func retryAfter(r *gosip.Response) time.Duration {
	d, _ := seconds(value(r, "Retry-After"))
	return d
}

// granted is the lifetime of our binding in a 2xx to REGISTER: the expires of
// our own Contact, else the Expires header, else what was asked (RFC 3261
// §10.2.4; other Contacts are those of other phones).
func granted(r *gosip.Response, own gosip.Uri, asked time.Duration) time.Duration {
	for _, h := range r.Headers() {
		c, ok := h.(*gosip.ContactHeader)
		if !ok || !sameContact(c.Address, own) {
			continue
		}
		if v, ok := param(c.Params, "expires"); ok {
			if d, ok := seconds(v); ok {
				return d
			}
		}
		break
	}
	if d, ok := seconds(value(r, "Expires")); ok {
		return d
	}
	return asked
}

// sameContact compares what RFC 3261 §19.1.4 compares and registrars keep:
// user, host, port, and the transport.
func sameContact(a, b gosip.Uri) bool {
	port := func(u gosip.Uri) int {
		if u.Port != 0 {
			return u.Port
		}
		return 5060
	}
	transport := func(u gosip.Uri) string {
		v, ok := param(u.UriParams, "transport")
		if !ok {
			return "udp"
		}
		return strings.ToLower(v)
	}
	return unescapeUser(a.User) == unescapeUser(b.User) && strings.EqualFold(bareHost(a.Host), bareHost(b.Host)) &&
		port(a) == port(b) && transport(a) == transport(b)
}

// bareHost is a host without the brackets of an IPv6 reference.
func bareHost(h string) string {
	return strings.TrimSuffix(strings.TrimPrefix(h, "["), "]")
}
