package ua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

var (
	phoneSix   = netip.MustParseAddr("fd00::1")
	primarySix = netip.MustParseAddrPort("[fd00::2]:5060")
	backupSix  = netip.MustParseAddrPort("[fd00::3]:5060")
	partySix   = netip.MustParseAddrPort("[fd00::9]:5060")
)

// twoStacks is a machine with an IPv4 and an IPv6 address.
type twoStacks struct{ four, six siptest.Machine }

func (m twoStacks) to(a netip.Addr) siptest.Machine {
	if a.Is4() {
		return m.four
	}
	return m.six
}

func (m twoStacks) Source(remote netip.AddrPort) (netip.Addr, error) {
	return m.to(remote.Addr()).Source(remote)
}

func (m twoStacks) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	remote, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return m.to(remote.Addr()).DialContext(ctx, network, address)
}

// ListenPacket is a socket for both.
func (m twoStacks) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	four, err := m.four.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	six, err := m.six.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, errors.Join(err, four.Close())
	}
	p := &twoSockets{PacketConn: six.(*siptest.PacketConn), four: four.(*siptest.PacketConn), in: make(chan datagram)}
	for _, c := range []*siptest.PacketConn{p.PacketConn, p.four} {
		p.readers.Go(func() { p.read(c) })
	}
	go func() {
		p.readers.Wait()
		close(p.in)
	}()
	return p, nil
}

type twoSockets struct {
	*siptest.PacketConn // IPv6
	four                *siptest.PacketConn
	in                  chan datagram
	readers             sync.WaitGroup
}

type datagram struct {
	raw  []byte
	from net.Addr
}

func (p *twoSockets) read(c *siptest.PacketConn) {
	b := make([]byte, 65535)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		p.in <- datagram{append([]byte(nil), b[:n]...), from}
	}
}

func (p *twoSockets) ReadFrom(b []byte) (int, net.Addr, error) {
	d, ok := <-p.in
	if !ok {
		return 0, nil, net.ErrClosed
	}
	return copy(b, d.raw), d.from, nil
}

func (p *twoSockets) WriteTo(b []byte, to net.Addr) (int, error) {
	if to.(*net.UDPAddr).AddrPort().Addr().Unmap().Is4() {
		return p.four.WriteTo(b, to)
	}
	return p.PacketConn.WriteTo(b, to)
}

func (p *twoSockets) OnICMP(tell func(netip.AddrPort, syscall.Errno, []byte)) {
	p.PacketConn.OnICMP(tell)
	p.four.OnICMP(tell)
}

func (p *twoSockets) Close() error { return errors.Join(p.PacketConn.Close(), p.four.Close()) }

// moveTo puts the bench's world at other addresses.
func (b *bench) moveTo(machine wire.Config, primary, backup, party netip.AddrPort, change func(*siptest.Config)) {
	b.t.Helper()
	b.primary.Close()
	b.backup.Close()
	b.party.Close()
	var err error
	b.party, err = siptest.StartParty(siptest.PartyConfig{Host: b.net, Addr: party, Seed: 9})
	b.must(err)
	b.primary, b.backup = b.server(primary, 2, change), b.server(backup, 3, change)
	b.config.Wire = machine
	for i, a := range []netip.AddrPort{primary, backup} {
		b.config.Lines[0].Failover.Servers[i].Host = a.Addr().String()
	}
	b.smart(1)
}

// placed checks where a request says that it is from.
func (b *bench) placed(m siptest.Message, transport sip.Transport, local netip.Addr) {
	b.t.Helper()
	host := local.String()
	if local.Is6() {
		host = "[" + host + "]"
	}
	via, contact := "SIP/2.0/"+transport.String()+" "+host+":", "sip:alice@"+host+":5060"
	if transport != sip.UDP {
		contact += ";transport=" + strings.ToLower(transport.String())
	}
	b.same(m.Method+"'s Via", strings.HasPrefix(m.Header("Via"), via), true)
	if m.Method == "INVITE" || m.Method == "REGISTER" {
		b.same(m.Method+"'s Contact", m.ContactTo, contact)
	}
	if m.Method == "INVITE" {
		in := "IN IP4 " + local.String() + "\r\n"
		if local.Is6() {
			in = "IN IP6 " + local.String() + "\r\n"
		}
		b.same("c=", strings.Contains(m.Body(), "\r\nc="+in), true)
		b.same("o=", strings.Contains(m.Body(), " "+in+"s="), true)
	}
}

// The whole story with all addresses of IPv6: brackets where they belong.
func TestFailoverOverIPv6(t *testing.T) {
	for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
		t.Run(transport.String(), func(t *testing.T) {
			story(t, func(b *bench) {
				m := b.net.Machine(phoneSix)
				b.over(transport)
				b.moveTo(wire.Config{
					Port: 5060, ListenPacket: m.ListenPacket, Listen: m.Listen, DialContext: m.DialContext, Source: m.Source,
				}, primarySix, backupSix, partySix, nil)
				b.config.Lines[0].Failover.FailbackInterval = time.Minute
				b.run()
				s := b.registered(1, time.Second)
				b.same("address", s.Address, "[fd00::2]:5060")
				time.Sleep(10 * time.Second)
				reg := b.primary.Record.Requests("REGISTER")[0]
				b.placed(reg.Message, transport, phoneSix)
				b.same("REGISTER", []string{reg.URI, reg.Header("To")}, []string{"sip:[fd00::2]", `"Alice" <sip:alice@[fd00::2]>`})

				// A call, whose hang-up meets a dead primary.
				id := b.call("600")
				invite := b.primary.Record.Requests("INVITE")[0]
				b.placed(invite.Message, transport, phoneSix)
				b.same("INVITE", invite.URI, "sip:600@[fd00::2]")
				b.net.SetState(netip.AddrPortFrom(primarySix.Addr(), 0), siptest.Silent)
				b.phone.Do(Hangup{Call: id})
				next[Ended](b, 0, nil)
				b.must(b.party.Calls()[0].Wait(b.t.Context(), siptest.Ended))
				bye := b.backup.Record.Requests("BYE")[0]
				b.placed(bye.Message, transport, phoneSix)
				b.same("BYE's routes", bye.Routes, []string{"sip:[fd00::3]:5060;transport=" + strings.ToLower(transport.String()) + ";lr"})
				b.same("BYE", bye.URI, "sip:600@[fd00::9]:5060")
				b.registered(2, time.Second)

				// Calls in both directions over the backup.
				id = b.call("600")
				b.placed(b.backup.Record.Requests("INVITE")[0].Message, transport, phoneSix)
				b.phone.Do(Hangup{Call: id})
				far := b.party.Call("600", "alice", backupSix)
				in := next[Incoming](b, time.Second, nil)
				b.phone.Do(Answer{Call: in.Call, Media: media(4002)})
				up := next(b, time.Second, func(e Established) bool { return e.Call == in.Call })
				b.same("both are up", []any{up.Media.Remote.Addr(), far.State()}, []any{partySix.Addr(), siptest.Up})
				b.same("the answer", strings.Contains(far.SDP(), "c=IN IP6 fd00::1\r\n"), true)
				far.Hangup()
				next(b, time.Second, func(e Ended) bool { return e.Call == in.Call })

				// And back; what the network says of an address moves it at once.
				b.net.SetState(netip.AddrPortFrom(primarySix.Addr(), 0), siptest.Reachable)
				b.registered(1, 5*time.Minute)
				b.net.SetState(netip.AddrPortFrom(primarySix.Addr(), 0), siptest.Unreachable)
				began := time.Now()
				b.phone.Do(Register{Line: 1})
				b.registered(2, time.Second)
				b.same("at once", time.Since(began) < 100*time.Millisecond, true)
			})
		})
	}
}

// One server has an IPv4 address, the other one an IPv6 address: each copy of a
// request, and the description in it, is of the family of the server it goes to.
func TestServersOfTwoFamilies(t *testing.T) {
	for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
		for _, sixFirst := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, IPv6 first %v", transport, sixFirst), func(t *testing.T) {
				story(t, func(b *bench) {
					first, second, near, other := primaryAddr, backupSix, phoneAddr, phoneSix
					if sixFirst {
						first, second, near, other = primarySix, backupAddr, phoneSix, phoneAddr
					}
					m := twoStacks{b.net.Machine(phoneAddr), b.net.Machine(phoneSix)}
					b.over(transport)
					b.moveTo(wire.Config{
						Port: 5060, ListenPacket: m.ListenPacket, Listen: m.four.Listen, DialContext: m.DialContext, Source: m.Source,
					}, first, second, partyAddr, nil)
					b.farParty(b.primary, first)
					b.farParty(b.backup, second)
					b.run()
					b.registered(1, time.Second)
					time.Sleep(10 * time.Second)
					b.placed(b.primary.Record.Requests("REGISTER")[0].Message, transport, near)

					// A call that is up when its server dies: hold goes over the other one.
					id := b.call("600")
					invite := b.primary.Record.Requests("INVITE")[0]
					b.placed(invite.Message, transport, near)
					b.net.SetState(netip.AddrPortFrom(first.Addr(), 0), siptest.Silent)
					b.phone.Do(Hold{Call: id})
					next(b, 10*time.Second, func(m MediaChanged) bool { return m.LocalHold })
					hold := b.backup.Record.Requests("INVITE")[0]
					b.placed(hold.Message, transport, other)
					route := "sip:" + second.String() + ";transport=" + strings.ToLower(transport.String()) + ";lr"
					b.same("hold's routes", hold.Routes, []string{route})
					b.same("hold's URI", hold.URI, "sip:far@"+first.String())
					b.phone.Do(Hangup{Call: id})
					synctest.Wait()
					b.same("BYE's routes", b.backup.Record.Requests("BYE")[0].Routes, []string{route})

					// Back, and a dial into silence: the copy at the other server.
					b.net.SetState(netip.AddrPortFrom(first.Addr(), 0), siptest.Reachable)
					b.phone.Do(Register{Line: 1})
					b.registered(1, 10*time.Second)
					time.Sleep(10 * time.Second)
					b.net.SetState(netip.AddrPortFrom(first.Addr(), 0), siptest.Silent)
					b.backup.Record.Reset()
					id = b.call("601")
					moved := b.backup.Record.Requests("INVITE")[0]
					b.placed(moved.Message, transport, other)
					b.same("INVITE", moved.URI, "sip:601@"+strings.TrimSuffix(second.String(), ":5060"))
					b.same("From", strings.Contains(moved.Header("From"), "<sip:alice@"+strings.TrimSuffix(second.String(), ":5060")+">"), true)
					b.phone.Do(Hangup{Call: id})
					synctest.Wait()
					b.same("BYE at the backup", len(b.backup.Record.Requests("BYE")), 1)
				})
			})
		}
	}
}

// Nothing is connected ahead without Smart Failover, so the address towards the
// other server is known only when its connection is up: the offer is put right.
func TestAnOfferIsOfTheFamilyOfAnUnconnectedServer(t *testing.T) {
	story(t, func(b *bench) {
		m := twoStacks{b.net.Machine(phoneAddr), b.net.Machine(phoneSix)}
		b.over(sip.TCP)
		b.moveTo(wire.Config{
			Port: 5060, ListenPacket: m.ListenPacket, Listen: m.four.Listen, DialContext: m.DialContext, Source: m.Source,
		}, primaryAddr, backupSix, partyAddr, nil)
		conf := &b.config.Lines[0].Failover
		conf.Smart, conf.Register = false, false
		b.farParty(b.primary, primaryAddr)
		b.farParty(b.backup, backupSix)
		b.run()
		b.net.SetState(machine(primaryAddr), siptest.Unreachable)
		b.call("600")
		b.placed(b.backup.Record.Requests("INVITE")[0].Message, sip.TCP, phoneSix)
	})
}

// farParty makes a server the far side of all calls, with a description of its
// own address and a route through itself.
func (b *bench) farParty(s *siptest.Server, at netip.AddrPort) {
	family := "IP4"
	if at.Addr().Is6() {
		family = "IP6"
	}
	here := "IN " + family + " " + at.Addr().String()
	answer := []siptest.Step{{
		Status:  200,
		Headers: []string{"Contact: <sip:far@" + at.String() + ">", "Record-Route: <sip:" + at.String() + ";lr>"},
		Body:    "v=0\r\no=- 1 1 " + here + "\r\ns=-\r\nc=" + here + "\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 0\r\n",
	}}
	s.SetRules(
		siptest.Rule{Method: "INVITE", Steps: answer},
		siptest.Rule{Method: "BYE", Steps: siptest.Reply(200)},
	)
}
