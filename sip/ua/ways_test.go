package ua

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

func TestServersByName(t *testing.T) {
	story(t, func(b *bench) {
		known := true
		b.config.Wire.LookupNetIP = func(_ context.Context, _, host string) ([]netip.Addr, error) {
			switch {
			case host == "one.example" && known:
				return []netip.Addr{primaryAddr.Addr()}, nil
			case host == "two.example":
				return []netip.Addr{backupAddr.Addr()}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		servers := b.config.Lines[0].Failover.Servers
		servers[0].Host, servers[1].Host = "one.example", "two.example"
		b.run()
		s := b.registered(1, 5*time.Second)
		b.same("address", s.Address, primaryAddr.String())
		reg := b.primary.Record.Requests("REGISTER")[0]
		b.same("Request-URI", reg.URI, "sip:one.example")
		b.same("To", reg.Header("To"), `"Alice" <sip:alice@one.example>`)
		far := b.party.Call("600", "alice", primaryAddr)
		in := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: in.Call, Media: media(4000)})
		next[Established](b, time.Second, nil)
		b.same("the far party", far.State(), siptest.Up)
		known = false
	})
}

func TestANameThatDoesNotResolveMovesOn(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Wire.LookupNetIP = func(context.Context, string, string) ([]netip.Addr, error) {
			return nil, errors.New("no answer from the name server")
		}
		b.config.Lines[0].Failover.Servers[0].Host = "one.example"
		b.run()
		b.registered(2, 5*time.Second)
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		b.same("cause", []any{n.Server, n.Cause}, []any{1, failover.NoName})
	})
}

// overTLS replaces the bench's servers by ones that speak TLS, the primary with
// a certificate for primaryName.
func (b *bench) overTLS(primaryName string) {
	b.t.Helper()
	authority, err := siptest.NewAuthority()
	b.must(err)
	file := filepath.Join(b.t.TempDir(), "ca.pem")
	b.must(os.WriteFile(file, authority.PEM, 0o600))
	certificate := func(name string) *tls.Config {
		c, err := authority.Server(24*time.Hour, name)
		b.must(err)
		return c
	}
	b.primary.Close()
	b.backup.Close()
	start := func(addr netip.AddrPort, c *tls.Config, seed uint64) *siptest.Server {
		return b.server(addr, seed, func(s *siptest.Config) {
			s.Binds = []siptest.Bind{{Addr: addr}, {Transport: "TLS", Addr: netip.AddrPortFrom(addr.Addr(), 5061), TLS: c}}
		})
	}
	b.primary = start(primaryAddr, certificate(primaryName), 2)
	b.backup = start(backupAddr, certificate(backupAddr.Addr().String()), 3)
	line := &b.config.Lines[0]
	line.TLS = []TLS{{CAFile: file}}
	for i := range line.Failover.Servers {
		line.Failover.Servers[i].Port, line.Failover.Servers[i].Transport = 5061, sip.TLS
	}
}

func TestACallOverTLS(t *testing.T) {
	story(t, func(b *bench) {
		b.overTLS(primaryAddr.Addr().String())
		b.run()
		b.registered(1, 5*time.Second)
		id := b.call("600")
		invite := b.primary.Record.Requests("INVITE")[0]
		b.same("transport", []any{invite.Transport, strings.HasSuffix(invite.ContactTo, ";transport=tls")}, []any{"TLS", true})
		b.same("Request-URI", invite.URI, "sip:600@10.0.0.2")
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
	})
}

func TestABadCertificateIsAnAlarmAndNoReasonForPlainText(t *testing.T) {
	story(t, func(b *bench) {
		b.overTLS("somebody.else")
		b.run()
		n := next(b, 5*time.Second, func(n LineNotice) bool { return n.Kind == failover.BadCertificate })
		b.same("server", n.Server, 1)
		b.registered(2, 40*time.Second)
		b.same("nothing was said to the primary", len(b.primary.Record.Requests("")), 0)
	})
}

func TestATCPConnectionThatIsLostIsMadeAgain(t *testing.T) {
	story(t, func(b *bench) {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.run()
		b.registered(1, 5*time.Second)
		b.primary.Record.Reset()
		b.primary.Reset()
		began := time.Now()
		time.Sleep(5 * time.Second)
		again := b.primary.Record.Requests("REGISTER")
		b.same("registered again", len(again), 1)
		took := again[0].At.Sub(began)
		b.same("the same contact", again[0].ContactTo, "sip:alice@10.0.0.1:5060;transport=tcp")
		b.same("after one to two seconds", took >= time.Second && took <= 2*time.Second, true)
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
	})
}

func TestAFloodFromAServerCostsNoCallAndNoMemory(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		a.say(a.request("INVITE", "z9hG4bKin", "the-call", "far", "", 1, description(a.addr.Addr())))
		up := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: up.Call, Media: media(4002)})
		tag := a.hears().Responses("INVITE").Status(200)[0].ToTag
		a.say(a.request("ACK", "z9hG4bKack", "the-call", "far", tag, 1))
		next[Established](b, time.Second, nil)
		for i := range 5000 {
			n := string(rune('a'+i%26)) + time.Duration(i).String()
			a.say(a.request("INVITE", "z9hG4bK"+n, n, n, "", 1, description(a.addr.Addr())))
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		ringing := 0
		for _, h := range b.heard {
			if _, ok := h.Event.(Incoming); ok {
				ringing++
			}
		}
		b.same("bounded", ringing <= maxCalls, true)
		none[Ended](b, nil)
		a.say(a.request("BYE", "z9hG4bKbye", "the-call", "far", tag, 9))
		b.same("the call is still served", statuses(a.hears().Branch("z9hG4bKbye"), "BYE"), []int{200})
	})
}

// TestOverRealSockets is a phone on this machine's own network.
func TestOverRealSockets(t *testing.T) {
	if testing.Short() {
		t.Skip("uses real sockets and real time")
	}
	local := netip.MustParseAddrPort("127.0.0.1:0")
	party, err := siptest.StartParty(siptest.PartyConfig{Addr: local})
	if err != nil {
		t.Fatal(err)
	}
	defer party.Close()
	start := func() *siptest.Server {
		s, err := siptest.Start(siptest.Config{
			Binds: []siptest.Bind{{Addr: local}}, Users: map[string]string{"alice": "secret"}, Numbers: party.Routes(), AuthCalls: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	primary, backup := start(), start()
	b := &bench{t: t, log: &lockedBuffer{}, grown: make(chan struct{}), calls: 1, primary: primary, backup: backup, party: party}
	b.config = Config{
		Wire: wire.Config{Addr: local.Addr()}, Codecs: codecs, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Lines: []Line{{Number: 1, Enabled: true, User: "alice", Password: "secret", Failover: failover.Config{
			Servers:  []sip.Server{server(primary.Addr("UDP"), sip.UDP), server(backup.Addr("UDP"), sip.UDP)},
			Register: true, Retries: 3, Timers: sip.DefaultTimers,
		}}},
	}
	b.run()
	defer b.stop()
	heard := func(what string, fits func(Event) bool) {
		t.Helper()
		limit := time.After(10 * time.Second)
		for {
			b.mu.Lock()
			for i, h := range b.heard {
				if fits(h.Event) {
					b.heard = b.heard[i+1:]
					b.mu.Unlock()
					return
				}
			}
			grown := b.grown
			b.mu.Unlock()
			select {
			case <-grown:
			case <-limit:
				t.Fatalf("%s: not heard of; %s", what, b.told())
			}
		}
	}
	registered := func(server int) func(Event) bool {
		return func(e Event) bool {
			s, ok := e.(LineState)
			return ok && s.Phase == failover.Registered && s.Server == server
		}
	}
	heard("registered at the primary", registered(1))
	b.dial("600")
	heard("the call is up", func(e Event) bool { _, ok := e.(Established); return ok })
	primary.Stop() // its port answers with ICMP from now on
	began := time.Now()
	b.phone.Do(Hangup{Call: 1})
	heard("registered at the backup", registered(2))
	if took := time.Since(began); took > time.Second {
		t.Errorf("ICMP took %s to move the phone", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := party.Calls()[0].Wait(ctx, siptest.Ended); err != nil {
		t.Error(err)
	}
}
