package dns

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// One name server that misbehaves, in whatever way, does not hurt: the other's
// answer is there within a good second, and it is asked first from then on.
func TestOneBadServer(t *testing.T) {
	for name, f := range map[string]fault{
		"silent": silent, "refuses": refuses, "SERVFAIL": servfail, "REFUSED": rcodeRefused, "lame": lame,
		"other ID": otherID, "other name": otherName, "truncates, no TCP": refusesEveryTCP,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				zone := newNames()
				zone.set(60, "A", "pbx.example", "10.0.0.1")
				zone.fail(f, ns1)
				k := run(t, zone)
				k.Watch([]Query{udp("pbx.example", ByAddress)})
				wait(1100 * time.Millisecond)
				if a := k.one(); where(a) != "10.0.0.1:5060/UDP" || a.Err != nil {
					t.Fatalf("%s, %v", where(a), a.Err)
				}
				zone.take()
				wait(10 * time.Minute)
				k.quiet()
				for _, q := range zone.take() {
					if q.server != ns2 {
						t.Fatalf("asked %v again", q.server)
					}
				}
			})
		})
	}
}

// A question for SRV that fails is not a domain without SRV: its own address
// may be anybody's. One for NAPTR only leaves the transport as configured.
func TestSRVFails(t *testing.T) {
	for f, want := range map[fault]string{failsSRV: "", failsNAPTR: "10.0.0.1:5060/UDP"} {
		synctest.Test(t, func(t *testing.T) {
			zone := newNames()
			zone.set(60, "A", "example", "10.9.9.9")
			zone.set(60, "A", "a.example", "10.0.0.1")
			zone.set(60, "SRV", "_sip._udp.example", "10/0/5060/a.example")
			zone.fail(f, ns1, ns2)
			k := run(t, zone)
			k.Watch([]Query{udp("example", ByNAPTR)})
			wait(time.Second)
			if a := k.one(); where(a) != want || (a.Err == nil) != (want != "") || a.Err != nil && !errors.Is(a.Err, ErrNoAnswer) {
				t.Errorf("fault %d: %s, %v", f, where(a), a.Err)
			}
		})
	}
}

// Half an answer is used when the other half does not come (RFC 8305 §3), and
// EDNS and UDP are given up where they do not work.
func TestCrippledServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.set(60, "AAAA", "pbx.example", "2001:db8::1")
		zone.fail(dropsAAAA, ns1, ns2)
		k := run(t, zone, func(c *Config) { c.Network = "ip" })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(400 * time.Millisecond)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Errorf("without AAAA: %s", where(a))
		}
		zone.fail(well, ns1, ns2)
		wait(time.Minute)
		if a := k.one(); where(a) != "[2001:db8::1]:5060/UDP 10.0.0.1:5060/UDP" {
			t.Errorf("with AAAA: %s", where(a))
		}
	})
	for f, network := range map[fault]string{truncates: "tcp", noEDNS: "udp"} {
		synctest.Test(t, func(t *testing.T) {
			zone := newNames()
			zone.set(60, "A", "pbx.example", "10.0.0.1")
			zone.fail(f, ns1, ns2)
			k := run(t, zone)
			k.Watch([]Query{udp("pbx.example", ByAddress)})
			wait(100 * time.Millisecond)
			if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
				t.Errorf("fault %d: %s, %v", f, where(a), a.Err)
			}
			log := zone.take()
			if len(log) != 2 || log[0].network != "udp" || log[1].network != network || log[1].server != ns1 {
				t.Errorf("fault %d: asked %v", f, log)
			}
		})
	}
}

// The hosts file goes before DNS, for both families, and is read again.
func TestHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.9.9.9")
		zone.set(60, "AAAA", "pbx.example", "2001:db8::9")
		path := t.TempDir() + "/hosts"
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("# a comment pbx.example\n127.0.0.1 localhost\n10.0.0.1\tpbx PBX.Example # the server\nnonsense pbx.example\n")
		k := run(t, zone, func(c *Config) { c.Network, c.Hosts = "ip", path })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Errorf("hosts: %s", where(a))
		}
		if addrs, err := k.LookupNetIP(t.Context(), "ip", "localhost"); fmt.Sprint(addrs) != "[127.0.0.1]" || err != nil {
			t.Errorf("localhost: %v, %v", addrs, err)
		}
		if addrs, err := k.LookupNetIP(t.Context(), "ip", "a.localhost"); fmt.Sprint(addrs) != "[::1 127.0.0.1]" || err != nil {
			t.Errorf("a.localhost: %v, %v", addrs, err)
		}
		if got := zone.questions(); len(got) != 0 {
			t.Errorf("asked %v", got)
		}
		write("10.0.0.2 pbx.example\n")
		wait(time.Minute)
		if a := k.one(); where(a) != "10.0.0.2:5060/UDP" {
			t.Errorf("changed hosts: %s", where(a))
		}
	})
}

// DHCP writes another resolv.conf: the new servers are asked within seconds,
// not when the back-off of the old ones ends.
func TestResolvConf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.fail(silent, ns1)
		path := t.TempDir() + "/resolv.conf"
		k := run(t, zone, func(c *Config) { c.Servers, c.ResolvConf = nil, path })
		k.Watch([]Query{udp("pbx.example", ByAddress)})
		wait(time.Hour)
		if a := k.one(); !errors.Is(a.Err, ErrNoServer) {
			t.Fatalf("no file: %v", a)
		}
		if got := zone.questions(); len(got) != 0 {
			t.Errorf("asked %v", got)
		}
		if err := os.WriteFile(path, []byte("nameserver 192.0.2.1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Minute)
		if a := k.one(); !errors.Is(a.Err, ErrNoAnswer) {
			t.Fatalf("a silent one: %v", a)
		}
		text := "; comment\nsearch example.com\noptions rotate\nnameserver nonsense\nnameserver 192.0.2.2\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(5 * time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Fatalf("a good one: %v", a)
		}
	})
}
