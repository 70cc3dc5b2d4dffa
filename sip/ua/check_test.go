package ua

import (
	"testing"

	"phoned/sip/failover"
)

func TestAConfigurationThatCanNotWorkIsRefused(t *testing.T) {
	good := func() Config {
		return Config{Lines: []Line{{Number: 1, Enabled: true, User: "alice", Failover: failover.Config{
			Servers: serversOf("10.0.0.2", "two.example", "2001:db8::1"),
		}}}}
	}
	if _, err := New(good()); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Config){
		"no user":         func(c *Config) { c.Lines[0].User = "" },
		"line break":      func(c *Config) { c.Lines[0].User = "a\r\nX: y" },
		"user agent":      func(c *Config) { c.UserAgent = "a\nb" },
		"domain":          func(c *Config) { c.Lines[0].LocalDomain = "a b" },
		"no server":       func(c *Config) { c.Lines[0].Failover.Servers = nil },
		"server's host":   func(c *Config) { c.Lines[0].Failover.Servers[1].Host = "x;y" },
		"server's port":   func(c *Config) { c.Lines[0].Failover.Servers[1].Port = 0 },
		"transport":       func(c *Config) { c.Lines[0].Failover.Servers[1].Transport = 2 },
		"number":          func(c *Config) { c.Lines[0].Number = 0 },
		"the same number": func(c *Config) { c.Lines = append(c.Lines, c.Lines[0]) },
	} {
		c := good()
		spoil(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
