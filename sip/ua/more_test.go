package ua

import (
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestDigitsLeaveAsInfo(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.call("600")
		for _, d := range "1#" {
			b.phone.Do(Info{Call: id, Digit: byte(d)})
		}
		synctest.Wait()
		var digits string
		for _, m := range b.party.Record.Requests("INFO") {
			b.same("type", m.Header("Content-Type"), "application/dtmf-relay")
			_, after, _ := strings.Cut(m.Body(), "Signal=")
			digits += after[:1]
		}
		b.same("digits", digits, "1#")
	})
}

func TestARefusedHoldLeavesTheCallAsItWas(t *testing.T) {
	play := func(a *actor, m siptest.Message) {
		switch {
		case m.Is("INVITE") && m.ToTag == "":
			a.answer(m, 200, "one", "Contact: <sip:one@10.0.0.4:5060>", description(a.addr.Addr()))
		case m.Is("INVITE"):
			a.answer(m, 488, "")
		case m.Is("BYE"):
			a.answer(m, 200, "")
		}
	}
	scripted(t, play, func(b *bench, a *actor) {
		id := b.call("600")
		b.phone.Do(Hold{Call: id})
		b.same("refused", next[HoldFailed](b, 5*time.Second, nil), HoldFailed{Call: id, Status: 488})
		none[Ended](b, nil)
		acks := a.hears().Requests("ACK")
		invites := a.hears().Requests("INVITE")
		b.same("the refusal is acknowledged by its transaction", acks[len(acks)-1].Branch, invites[len(invites)-1].Branch)
	})
}

func TestACallRingsAtTheLineItIsFor(t *testing.T) {
	story(t, func(b *bench) {
		bob := b.config.Lines[0]
		bob.Number, bob.User, bob.Password = 2, "bob", "hidden"
		b.config.Lines = append(b.config.Lines, bob)
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Registered })
		b.party.Call("600", "bob", primaryAddr)
		b.same("line", next[Incoming](b, time.Second, nil).Line, 2)
		b.party.Call("600", "alice", primaryAddr)
		b.same("line", next[Incoming](b, time.Second, nil).Line, 1)
	})
}

func TestAByeThatReachesNoServerIsTold(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.call("600")
		b.primary.Silence()
		b.backup.Silence()
		b.phone.Do(Hangup{Call: id})
		next[Ended](b, 0, nil)
		n := next(b, 200*time.Second, func(n LineNotice) bool { return n.Kind == failover.ByeLost })
		b.same("call", n.Call, id)
	})
}

func TestAChallengeFromAnotherSourceIsNotAnswered(t *testing.T) {
	story(t, func(b *bench) {
		one, two := b.actor("10.0.0.4:5060"), b.actor("10.0.0.5:5060")
		var invite siptest.Message
		one.registrar(func(m siptest.Message) {
			if m.Is("INVITE") {
				invite = m
			}
		})
		two.registrar(nil)
		line := &b.config.Lines[0]
		line.LocalDomain = "phone.test"
		line.Failover.Servers[0].Host, line.Failover.Servers[1].Host = "10.0.0.4", "10.0.0.5"
		b.run()
		b.registered(1, time.Second)
		id := b.dial("600")
		synctest.Wait()
		two.answer(invite, 407, "x", `Proxy-Authenticate: Digest realm="phone.test", nonce="n", algorithm=MD5, qop="auth"`)
		time.Sleep(time.Second)
		for _, a := range []*actor{one, two} {
			for _, m := range a.hears().Requests("") {
				b.same("credentials", siptest.Authorized(m.Message), false)
			}
		}
		b.same("ended", next[Ended](b, 0, nil).Call, id)
	})
}

func TestTheWordsOfStrangersAreCleaned(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		text := strings.Replace(a.request("INVITE", "z9hG4bKin", "c", "f", "", 1, "Privacy: id", description(a.addr.Addr())),
			`"Bob"`, "\"B\\\"o\u202eb\x07 \\\\ x\"", 1)
		a.say(text)
		in := next[Incoming](b, time.Second, nil)
		b.same("name", in.Name, `B"ob \ x`)
		b.same("private", in.Private, true)
	})
}

func TestANewAddressIsToldToTheFarSide(t *testing.T) {
	story(t, func(b *bench) {
		var moved atomic.Bool
		b.config.Wire.Source = func(netip.AddrPort) (netip.Addr, error) {
			if moved.Load() {
				return netip.MustParseAddr("10.0.0.8"), nil
			}
			return phoneAddr, nil
		}
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		b.primary.Record.Reset()
		b.phone.Do(Link{Up: true})
		time.Sleep(5 * time.Second)
		b.same("nothing while it is the same", len(b.primary.Record.Requests("INVITE")), 0)
		moved.Store(true)
		b.phone.Do(Link{Up: true})
		time.Sleep(5 * time.Second)
		invites := b.primary.Record.Requests("INVITE")
		b.same("c=", strings.Contains(invites[0].Body(), "c=IN IP4 10.0.0.8\r\n"), true)
		b.same("Contact", invites[0].ContactTo, "sip:alice@10.0.0.8:5060")
	})
}

func TestAPanicEndsItsMessageAlone(t *testing.T) {
	log := &lockedBuffer{}
	a := newAgent(Config{}, slog.New(slog.NewTextHandler(log, nil)), func(Event) {})
	a.guard("test", func() { panic("boom") })
	if !strings.Contains(log.String(), "boom") {
		t.Error("the panic is not in the log")
	}
}

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
