package ua

import (
	"net/netip"
	"strconv"
	"strings"

	"phoned/sip/wire"
)

// routeTo is the Route value that leads to a target.
func (l *line) routeTo(target int) string {
	s := l.servers[target]
	host := bareHost(s.Host)
	if strings.ContainsRune(host, ':') {
		host = "[" + host + "]"
	}
	return "<sip:" + host + ":" + strconv.Itoa(int(s.Port)) + ";transport=" + strings.ToLower(s.Transport.String()) + ";lr>"
}

// names judges whether a route names what a request turns away from when it
// goes to another target than the dialog's: at another server, the whole server
// of that target, by its name or any of its addresses; at the same server that
// address alone, for its name means the other one too. The port may be any that
// is not another target's of the line: a proxy that changes transports records
// itself twice, with two ports (RFC 5658).
func (l *line) names(target, to int) func(host string, port uint16) bool {
	stays := l.home(target) == l.home(to)
	return func(host string, port uint16) bool {
		if !l.isAt(l.servers[target], host) && (stays || !l.isServer(l.home(target), host)) {
			return false
		}
		for i, other := range l.servers {
			if i == target || !stays && l.home(i) == l.home(target) {
				continue
			}
			if other.Port == port && port != l.servers[target].Port && l.isAt(other, host) {
				return false
			}
		}
		return true
	}
}

// isAt tells whether a host is where s is.
func (l *line) isAt(s wire.Server, host string) bool {
	if s.Host == "" {
		return false
	}
	if strings.EqualFold(bareHost(s.Host), host) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && l.agent.wire.At(s, addr.Unmap())
}

// isServer tells whether a host is a configured server, by its name or any
// address it has.
func (l *line) isServer(server int, host string) bool {
	if strings.EqualFold(bareHost(l.base[server].Host), host) {
		return true
	}
	for _, s := range l.servers[server*l.per : (server+1)*l.per] {
		if l.isAt(s, host) {
			return true
		}
	}
	return false
}
