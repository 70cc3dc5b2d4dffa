package ua

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

func TestTheFirstInviteOverTCPNamesTheRightAddress(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Close()
		b.primary = b.server(primaryAddr, 2, func(c *siptest.Config) { c.AuthCalls = false })
		line := &b.config.Lines[0]
		line.Failover.Register = false
		line.Failover.Servers[0].Transport, line.Failover.Servers[1].Transport = sip.TCP, sip.TCP
		b.run()
		id := b.call("600")
		b.phone.Do(Hold{Call: id})
		next[MediaChanged](b, time.Second, nil)
		invites := b.primary.Record.Requests("INVITE")
		for _, m := range []siptest.Entry{invites[0], invites[len(invites)-1]} {
			b.same("c=", strings.Contains(m.Body(), "c=IN IP4 10.0.0.1\r\n"), true)
			b.same("o=", strings.Contains(m.Body(), " IN IP4 10.0.0.1\r\ns="), true)
		}
		b.same("the hold has a higher version", strings.Contains(invites[len(invites)-1].Body(), "a=sendonly"), true)
	})
}

func TestALocalDomainStandsInEveryURI(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].LocalDomain = "phone.test"
		b.run()
		b.registered(1, time.Second)
		b.primary.Silence()
		b.call("600")
		for _, m := range b.backup.Record.Requests("REGISTER") {
			b.same("Request-URI", m.URI, "sip:phone.test")
		}
		invite := b.backup.Record.Requests("INVITE")[0]
		b.same("Request-URI", invite.URI, "sip:600@phone.test")
		b.same("To", invite.Header("To"), "<sip:600@phone.test>")
	})
}

func TestAnotherPortStandsInTheRequestURIAlone(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Close()
		addr := netip.AddrPortFrom(primaryAddr.Addr(), 5070)
		b.primary = b.server(addr, 2, nil)
		b.config.Lines[0].Failover.Servers[0].Port = 5070
		b.run()
		b.registered(1, time.Second)
		b.same("REGISTER", b.primary.Record.Requests("REGISTER")[0].URI, "sip:10.0.0.2:5070")
		b.call("600")
		invite := b.primary.Record.Requests("INVITE")[0]
		b.same("INVITE", invite.URI, "sip:600@10.0.0.2:5070")
		b.same("To", invite.Header("To"), "<sip:600@10.0.0.2>")
		b.same("From", strings.Contains(invite.Header("From"), "<sip:alice@10.0.0.2>"), true)
	})
}

func TestAProxyCarriesWhatIsForServer1(t *testing.T) {
	story(t, func(b *bench) {
		proxy := server(backupAddr, sip.UDP)
		b.config.Lines[0].Proxy = &proxy
		b.config.Lines[0].Failover.Servers = b.config.Lines[0].Failover.Servers[:1]
		b.run()
		synctest.Wait()
		regs := b.backup.Record.Requests("REGISTER")
		b.same("Request-URI names Server 1", regs[0].URI, "sip:10.0.0.2")
		b.same("nothing at Server 1 itself", len(b.primary.Record.Entries()), 0)
	})
}

func TestWhatCanNotBeDialledEndsAtOnce(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.phone.Do(Dial{Call: 11, Line: 7, Number: "600", Media: media(4000)})
		b.same("no such line", next[Ended](b, 0, nil).Status, 480)
		b.phone.Do(Dial{Call: 13, Line: 1, Number: "sip:a b\r\nX: y@z", Media: media(4000)})
		b.same("no such address", next[Ended](b, 0, nil).Status, 484)
		b.phone.Do(Dial{Call: 15, Line: 1, Number: "1\r\nX-Injected: yes", Media: media(4000)})
		next[Ended](b, 5*time.Second, nil)
		for _, m := range b.primary.Record.Requests("INVITE") {
			b.same("injected", m.Header("X-Injected"), "")
		}
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
