package ua

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

var thirdAddr = netip.MustParseAddrPort("10.0.0.4:5060")

// byName has the bench's servers by the names one.example and two.example.
func (b *bench) byName() *zone {
	z := b.named()
	z.set("one.example A", address(primaryAddr.Addr()))
	z.set("two.example A", address(backupAddr.Addr()))
	servers := b.config.Lines[0].Failover.Servers
	servers[0].Host, servers[1].Host = "one.example", "two.example"
	b.primary.Close()
	b.backup.Close()
	b.primary = b.server(primaryAddr, 2, domains)
	b.backup = b.server(backupAddr, 3, domains)
	return z
}

func domains(c *siptest.Config) { c.Domains = []string{"one.example", "two.example"} }

func TestANameIsItsAddresses(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		z.set("one.example A", address(primaryAddr.Addr()), address(thirdAddr.Addr()))
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.net.SetState(thirdAddr, siptest.Unreachable)
		b.run()
		s := b.registered(2, 5*time.Second)
		b.same("address", s.Address, backupAddr.String())
		// Both addresses of Server 1 were tried before Server 2, each once (ICMP).
		to := b.net.Record.Entries().Requests("REGISTER")
		b.same("tried", []int{len(to.To(primaryAddr)), len(to.To(thirdAddr))}, []int{1, 1})
		b.same("Request-URI", to.To(thirdAddr)[0].URI, "sip:one.example")
		b.same("one registration at the server", to.To(thirdAddr)[0].CallID, to.To(primaryAddr)[0].CallID)
		one := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		two := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		b.same("server", []int{one.Server, two.Server}, []int{1, 1})
		b.same("both addresses", one.Address != two.Address, true)

		// One address of Server 1 is enough.
		b.net.SetState(thirdAddr, siptest.Reachable)
		b.phone.Do(Register{Line: 1})
		s = b.registered(1, 5*time.Second)
		b.same("address", s.Address, thirdAddr.String())
	})
}

func TestSRVNamesPortAndTransport(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.config.Lines[0].DNS = dns.BySRV
		z.set("_sip._udp.one.example SRV", service(1, 5080, "dead.one.example"), service(2, 5060, "live.one.example"))
		z.set("dead.one.example A", address(primaryAddr.Addr()))
		z.set("live.one.example A", address(thirdAddr.Addr()))
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		b.run()
		s := b.registered(1, 10*time.Second)
		b.same("address", s.Address, thirdAddr.String())
		tried := b.net.Record.Entries().Requests("REGISTER").To(netip.AddrPortFrom(primaryAddr.Addr(), 5080))
		b.same("the first by priority", len(tried), 1)
		b.same("Request-URI", third.Record.Requests("REGISTER")[0].URI, "sip:one.example")
		// A call through it has the name in its URIs and the address as its way.
		b.call("600")
		invite := third.Record.Requests("INVITE")[0]
		b.same("INVITE", invite.URI, "sip:600@one.example")
	})
}

func TestNAPTRChoosesTheTransport(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.config.Lines[0].DNS = dns.ByNAPTR
		z.set("one.example NAPTR", pointer(1, "SIP+D2T", "_sip._tcp.one.example"))
		z.set("_sip._tcp.one.example SRV", service(1, 5060, "one.example"))
		b.run()
		b.registered(1, 10*time.Second)
		reg := b.primary.Record.Requests("REGISTER")[0]
		b.same("transport", []any{reg.Transport, reg.ContactTo}, []any{"TCP", "sip:alice@10.0.0.1:5060;transport=tcp"})
	})
}

func TestAGivenPortLeavesNoChoiceToSRV(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.config.Lines[0].DNS = dns.BySRV
		z.set("_sip._udp.one.example SRV", service(1, 5060, "two.example"))
		b.config.Lines[0].Failover.Servers[0].Port = 5090
		b.run()
		b.registered(2, 20*time.Second)
		b.same("at the port that is given", len(b.net.Record.Entries().Requests("REGISTER").To(netip.AddrPortFrom(primaryAddr.Addr(), 5090))), 1)
	})
}

// While DNS is down the phone goes on with what it knows, for as long as it
// takes, and no call waits.
func TestCallsGoOnWhileDNSIsDown(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.run()
		b.registered(1, 5*time.Second)
		z.silence()
		time.Sleep(2 * time.Hour)
		began := time.Now()
		b.dial("600")
		next(b, time.Second, func(p Progress) bool { return p.Status == 180 })
		b.same("at once", time.Since(began), time.Duration(0))
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.phone.Do(Register{Line: 1})
		b.registered(2, time.Second)
	})
}

func TestANameThatNeverResolvedMovesOnAtOnceOrWhenTheLimitIsOver(t *testing.T) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent ", silent), func(t *testing.T) {
			story(t, func(b *bench) {
				z := b.byName()
				z.set("one.example A")
				b.config.Lines[0].Failover.Servers[1] = server(backupAddr, sip.UDP)
				if silent {
					z.silence()
				}
				b.run()
				// The first look-up of a silent DNS gives up within the limit of SPEC's attempt.
				s := b.registered(2, 7600*time.Millisecond)
				b.same("address", s.Address, backupAddr.String())
				n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
				b.same("cause", []any{n.Server, n.Cause, n.Address}, []any{1, failover.NoName, "one.example:5060"})
			})
		})
	}
}

// DNS is down when the phone starts. With Smart Failover the line registers as
// soon as it is back, by the order of the records; else at the next attempt.
func TestANameThatIsBackEndsTheWait(t *testing.T) {
	for _, smart := range []bool{false, true} {
		t.Run(fmt.Sprint("smart ", smart), func(t *testing.T) {
			story(t, func(b *bench) {
				z := b.byName()
				b.config.Lines[0].Failover.Smart = smart
				b.config.Lines[0].DNS = dns.BySRV
				z.set("_sip._udp.one.example SRV", service(1, 5060, "one.example"), service(2, 5060, "third.example"))
				z.set("third.example A", address(thirdAddr.Addr()))
				third := b.server(thirdAddr, 4, domains)
				defer third.Close()
				z.silence()
				b.run()
				failed := next(b, 10*time.Second, func(n LineNotice) bool { return n.Kind == failover.AllFailed })
				b.same("cause", failed.Cause, failover.NoName)
				z.speak()
				back := time.Now()
				s := b.registered(1, time.Minute)
				b.same("address", s.Address, primaryAddr.String())
				// The resolver has to notice, and the fleet to be spread: 1 s and 20.8 s.
				if d := time.Since(back); (d < 22*time.Second) != smart {
					b.fail("registered after %v", d)
				}
			})
		})
	}
}

func TestTwoNamesOfOneAddressAreNoRedundancy(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		z.set("two.example A", address(primaryAddr.Addr()))
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.run()
		n := next(b, 5*time.Second, func(n LineNotice) bool { return n.Kind == NoRedundancy })
		b.same("server", n.Server, 2)
		next(b, 5*time.Second, func(n LineNotice) bool { return n.Kind == failover.AllFailed })
		b.same("tried once", len(b.net.Record.Entries().Requests("REGISTER").To(primaryAddr)), 1)
		// Told once, also when the names are looked up again.
		b.net.SetState(primaryAddr, siptest.Reachable)
		time.Sleep(time.Hour)
		none(b, func(n LineNotice) bool { return n.Kind == NoRedundancy })
		// When the second name gets an address of its own, it is one.
		z.set("two.example A", address(backupAddr.Addr()))
		time.Sleep(2 * time.Minute)
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.phone.Do(Register{Line: 1})
		b.registered(2, 5*time.Second)
	})
}

func TestTwoEqualAddressesAreNoRedundancy(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Failover.Servers[1] = server(primaryAddr, sip.UDP)
		b.run()
		b.registered(1, 5*time.Second)
		next(b, 0, func(n LineNotice) bool { return n.Kind == NoRedundancy })
	})
}

// A call ends through the address it was set up through, also when DNS has
// forgotten that one.
func TestACallKeepsItsAddress(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		b.run()
		b.registered(1, 5*time.Second)
		id := b.call("600")
		z.set("one.example A", address(thirdAddr.Addr()))
		time.Sleep(3 * time.Minute)
		b.phone.Do(Register{Line: 1})
		s := b.registered(1, 5*time.Second)
		b.same("new requests go to the new address", s.Address, thirdAddr.String())
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
		b.same("BYE", []int{len(b.primary.Record.Requests("BYE")), len(third.Record.Requests("BYE"))}, []int{1, 0})
	})
}

// Server 1 wants to be left alone for an hour. That is no wish of the machine
// that DNS names in its place; and it still is one when DNS names it again.
func TestANewAddressInheritsNothing(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.primary.Close()
		b.primary = b.server(primaryAddr, 2, func(c *siptest.Config) {
			domains(c)
			c.Rules = []siptest.Rule{{Method: "REGISTER", Count: 1000, Steps: siptest.Reply(503, "Retry-After: 3600")}}
		})
		b.run()
		b.registered(2, 5*time.Second)
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		z.set("one.example A", address(thirdAddr.Addr()))
		time.Sleep(2 * time.Minute) // longer than the record lives
		b.phone.Do(Register{Line: 1})
		s := b.registered(1, 5*time.Second)
		b.same("address", s.Address, thirdAddr.String())
		third.Close()
		z.set("one.example A", address(primaryAddr.Addr()))
		time.Sleep(2 * time.Minute)
		b.phone.Do(Register{Line: 1})
		b.registered(2, 5*time.Second)
		b.same("left alone", len(b.primary.Record.Requests("REGISTER")), 1)
	})
}

// A name that is gone leaves the line where it is: an earlier answer is known.
func TestANameThatIsGoneKeepsItsAddress(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.run()
		b.registered(1, 5*time.Second)
		z.set("one.example A")
		time.Sleep(time.Minute + 30*time.Second) // longer than the record lives
		b.primary.Record.Reset()
		b.phone.Do(Register{Line: 1})
		synctest.Wait()
		b.same("registered there", len(b.primary.Record.Entries().Sent().Responses("REGISTER").Status(200)), 1)
		none(b, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
	})
}

// A new network has its own name servers: names are asked for at once, and what
// they say is where the line registers.
func TestNamesAreLookedUpAgainOverANewNetwork(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.run()
		b.registered(1, 5*time.Second)
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		z.set("one.example A", address(thirdAddr.Addr()))
		b.phone.Do(Link{Up: false})
		time.Sleep(time.Second)
		b.phone.Do(Link{Up: true})
		s := b.registered(1, 5*time.Second)
		b.same("address", s.Address, thirdAddr.String())
	})
}

// What a BYE turns away from: at another server all of the first one's
// addresses and its name, at another address of the same server that alone.
func TestRoutesOfTargets(t *testing.T) {
	net := siptest.NewNet(1)
	w, err := wire.New(wire.Config{ListenPacket: net.Machine(phoneAddr).ListenPacket}, ear{newQueue[heard]()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	l := line{slots: slots{per: 2}, agent: &agent{wire: w}}
	conf := Line{Failover: failover.Config{Servers: serversOf("one.example", "10.0.0.3")}}
	for i, s := range conf.Failover.Servers {
		l.base = append(l.base, conf.reached(i, s))
	}
	for _, a := range []string{"10.0.0.2", "10.0.0.4"} {
		w := l.base[0]
		w.Host = a
		l.servers = append(l.servers, w)
	}
	backup := l.base[1]
	second := backup
	second.Host = ""
	l.servers = append(l.servers, backup, second)
	for _, c := range []struct {
		target, to int
		route      string
		names      bool
	}{
		{0, 2, "10.0.0.2:5060", true},
		{0, 2, "10.0.0.4:5060", true},
		{0, 2, "one.example:0", true},
		{0, 2, "10.0.0.3:5060", false},
		{0, 2, "10.0.0.9:5060", false},
		{0, 1, "10.0.0.2:5060", true},
		{0, 1, "10.0.0.4:5060", false},
		{0, 1, "one.example:0", false},
	} {
		host, port, _ := strings.Cut(c.route, ":")
		n := uint16(0)
		if port == "5060" {
			n = 5060
		}
		if got := l.names(c.target, c.to)(host, n); got != c.names {
			t.Errorf("from %d to %d: %s names it: %v", c.target, c.to, c.route, got)
		}
	}
	if got := l.routeTo(1); got != "<sip:10.0.0.4:5060;transport=udp;lr>" {
		t.Errorf("route to the second address: %s", got)
	}
}
