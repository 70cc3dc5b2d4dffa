package ua

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"phoned/sip"
)

// check finds what can not work in a configuration.
func check(c Config) error {
	if !plain(c.UserAgent) {
		return fmt.Errorf("user agent %q: control characters", c.UserAgent)
	}
	seen := map[int]bool{}
	for _, l := range c.Lines {
		if seen[l.Number] {
			return fmt.Errorf("line %d: configured twice", l.Number)
		}
		seen[l.Number] = true
		if err := checkLine(l); err != nil {
			return fmt.Errorf("line %d: %w", l.Number, err)
		}
	}
	return nil
}

// checkLine finds what can not work in an enabled line. What would end up in a
// header must not hold a line break: sipgo writes it as it is.
func checkLine(l Line) error {
	if l.Number < 1 {
		return fmt.Errorf("line number %d", l.Number)
	}
	if !l.Enabled {
		return nil
	}
	if l.User == "" {
		return errors.New("no user name")
	}
	if !plain(l.AuthUser) || !plain(l.User) {
		return errors.New("control characters in the user name")
	}
	if l.LocalDomain != "" && !isHost(l.LocalDomain) {
		return fmt.Errorf("local domain %q is no host", l.LocalDomain)
	}
	if len(l.Failover.Servers) == 0 {
		return errors.New("no server")
	}
	if len(l.Failover.Servers) > 100 {
		return errors.New("more than 100 servers")
	}
	for i, s := range l.Failover.Servers {
		if err := checkServer(s); err != nil {
			return fmt.Errorf("server %d: %w", i+1, err)
		}
	}
	if l.Proxy != nil {
		if err := checkServer(*l.Proxy); err != nil {
			return fmt.Errorf("proxy: %w", err)
		}
	}
	return nil
}

func checkServer(s sip.Server) error {
	if !isHost(s.Host) {
		return fmt.Errorf("address %q is no host", s.Host)
	}
	if s.Port == 0 {
		return errors.New("port 0")
	}
	if s.Transport != sip.UDP && s.Transport != sip.TCP && s.Transport != sip.TLS {
		return fmt.Errorf("transport %d", s.Transport)
	}
	return nil
}

// isHost tells whether s is an IP address or could be a host name.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(bareHost(s)); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '.' && r != '_'
	})
}

func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
