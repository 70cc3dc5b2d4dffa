package dialog

import (
	"slices"
	"strconv"
	"strings"
)

// RequestURI tells how a request inside the dialog is addressed (RFC 3261
// §12.2.1.1): its Request-URI and its Route values. With a loose router in
// front, or without routes, uri is the remote target; with a strict router
// uri is that router's and the remote target is the last route. uri is empty
// where the far side has told no target.
func (d Dialog) RequestURI() (uri string, routes []string) {
	if len(d.Routes) == 0 || d.Target == "" {
		return d.Target, slices.Clone(d.Routes)
	}
	first := parseRoute(d.Routes[0])
	if first.has("lr") {
		return d.Target, slices.Clone(d.Routes)
	}
	routes = append(slices.Clone(d.Routes[1:]), "<"+d.Target+">")
	return first.requestURI(), routes
}

// RepairRoutes is the route set by which a BYE goes over another server: all
// leading routes that name the dead server are replaced by next, a whole Route
// value such as "<sip:192.0.2.2:5060;transport=tcp;lr>"; where there are none,
// none is added. dead judges host (an IP literal without brackets, or a name
// in lower case) and port (0 = none given) of a route. routes is not changed.
func RepairRoutes(routes []string, next string, dead func(host string, port uint16) bool) []string {
	n := 0
	for n < len(routes) && dead(parseRoute(routes[n]).hostPort()) {
		n++
	}
	if n == 0 {
		return slices.Clone(routes)
	}
	return append([]string{next}, routes[n:]...)
}

// A route is a Route value cut into the pieces that count here.
type route struct {
	front  string   // "sip:user@host:port"
	params []string // URI parameters, "lr" or "transport=tcp"
}

// parseRoute cuts `"Name" <sip:user@host:port;lr?x=y>;param` or the same
// without brackets. It takes anything; what is not there is empty.
func parseRoute(value string) route {
	uri := strings.TrimSpace(value)
	if _, after, ok := cutQuoted(uri, '<'); ok {
		uri, _, _ = strings.Cut(after, ">")
	}
	// ';' and '?' may stand in the user part as well (RFC 3261 §25.1), never '@'
	// behind the host.
	at := strings.LastIndexByte(uri, '@') + 1
	rest, _, _ := strings.Cut(uri[at:], "?")
	pieces := strings.Split(rest, ";")
	return route{front: uri[:at] + pieces[0], params: pieces[1:]}
}

// cutQuoted is strings.Cut at a byte outside quoted strings.
func cutQuoted(s string, sep byte) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == sep:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// has tells whether the URI has a parameter of that name.
func (r route) has(name string) bool {
	return slices.ContainsFunc(r.params, func(p string) bool { return named(p, name) })
}

func named(param, name string) bool {
	n, _, _ := strings.Cut(param, "=")
	return strings.EqualFold(strings.TrimSpace(n), name)
}

// requestURI is the URI without what a Request-URI may not have: method and
// headers (RFC 3261 §19.1.1, table 1).
func (r route) requestURI() string {
	uri := r.front
	for _, p := range r.params {
		if !named(p, "method") {
			uri += ";" + p
		}
	}
	return uri
}

// hostPort is the host in lower case, without brackets, and the port, 0 if
// none is given.
func (r route) hostPort() (host string, port uint16) {
	front := r.front
	if i := strings.LastIndexByte(front, '@'); i >= 0 {
		front = front[i+1:]
	} else if _, after, ok := strings.Cut(front, ":"); ok {
		front = after
	}
	front = strings.ToLower(strings.TrimSpace(front))
	if rest, ok := strings.CutPrefix(front, "["); ok {
		host, front, _ = strings.Cut(rest, "]")
	} else if i := strings.IndexByte(front, ':'); i >= 0 {
		host, front = front[:i], front[i:]
	} else {
		return front, 0
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(front, ":"), 10, 16); err == nil {
		port = uint16(n)
	}
	return host, port
}
