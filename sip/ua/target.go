package ua

import (
	"errors"
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// A target is who is called: a user at the line's domain, or a whole URI.
type target struct {
	user  string
	whole *gosip.Uri // nil: the user at the server each copy goes to
}

// parseTarget reads what was dialled: a user part, "user@host", or a SIP URI.
func parseTarget(number string) (*target, error) {
	s := strings.TrimSpace(number)
	if s == "" || len(s) > 256 {
		return nil, errors.New("nothing to dial")
	}
	lower := strings.ToLower(s)
	whole := strings.HasPrefix(lower, "sip:") || strings.HasPrefix(lower, "sips:")
	if !whole && !strings.Contains(s, "@") {
		return &target{user: escapeUser(s)}, nil
	}
	if !whole {
		user, host, _ := strings.Cut(s, "@")
		s = "sip:" + escapeUser(user) + "@" + host
	}
	var u gosip.Uri
	if err := gosip.ParseUri(s, &u); err != nil {
		return nil, fmt.Errorf("read %q: %w", clean(number, 64), err)
	}
	u.Headers, u.Password = nil, "" // neither belongs in a Request-URI (RFC 3261 §19.1.1)
	if !usable(u) {
		return nil, fmt.Errorf("%q is no address to call", clean(number, 64))
	}
	return &target{user: u.User, whole: &u}, nil
}

// uri is the Request-URI of a copy for a server.
func (t *target) uri(l *line, server int) gosip.Uri {
	if t.whole != nil {
		return *t.whole.Clone()
	}
	host, port := l.uriHost(server)
	return gosip.Uri{Scheme: "sip", User: t.user, Host: host, Port: port}
}

// address is the same as it stands in To: without port and parameters (RFC 3261
// §19.1.1 table 1).
func (t *target) address(l *line, server int) gosip.Uri {
	u := t.uri(l, server)
	u.Port, u.UriParams = 0, nil
	return u
}
