package ua

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/siptest"
)

// smart gives the bench's phone so many smart lines with the same servers: of
// alice, the second of bob.
func (b *bench) smart(lines int) {
	first := b.config.Lines[0]
	first.Failover.Smart = true
	b.config.Lines = nil
	for i := range lines {
		l := first
		l.Number = i + 1
		if i%2 == 1 {
			l.User, l.Password = "bob", "hidden"
		}
		b.config.Lines = append(b.config.Lines, l)
	}
}

func (b *bench) lineAt(line, server int, within time.Duration) LineState {
	b.t.Helper()
	return next(b, within, func(s LineState) bool {
		return s.Line == line && s.Phase == failover.Registered && s.Server == server
	})
}

// sentTo are the requests the phone has sent to an address, each transaction
// once.
func (b *bench) sentTo(addr netip.AddrPort, method string) siptest.Entries {
	return b.net.Record.Entries().Requests(method).From(netip.AddrPortFrom(phoneAddr, 5060)).To(addr).Firsts()
}

// One line meets a primary that is gone: the other one moves within a second,
// without a packet of its own to the primary.
func TestOneLinesDiscoveryMovesTheOthers(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(2)
		b.run()
		b.lineAt(1, 1, time.Second)
		b.lineAt(2, 1, time.Second)
		time.Sleep(time.Minute)
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.net.Record.Reset()
		id := b.dial("600")
		b.lineAt(1, 2, time.Second)
		b.lineAt(2, 2, time.Second)
		next(b, 5*time.Second, func(e Established) bool { return e.Call == id })
		b.same("the only packet to the primary", b.sentTo(primaryAddr, ""), b.sentTo(primaryAddr, "INVITE"))
		b.same("INVITEs to it", len(b.sentTo(primaryAddr, "INVITE")), 1)
	})
}

// The same with a primary that has fallen silent: what the dialling line has
// concluded the idle one acts on, within a second and without waiting for the
// silence to be its own.
func TestOneLinesSuspicionMovesTheOthers(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(2)
		b.run()
		b.lineAt(1, 1, time.Second)
		b.lineAt(2, 1, time.Second)
		time.Sleep(time.Minute)
		b.net.SetState(primaryAddr, siptest.Silent)
		b.net.Record.Reset()
		b.dial("600")
		next(b, 2*time.Second, func(d Decided) bool { return d.Line == 1 && d.Decision == failover.MoveEarly })
		b.lineAt(2, 2, time.Second)
		b.same("probes of the primary", len(b.sentTo(primaryAddr, "OPTIONS")), 1)
		b.same("REGISTERs to it", len(b.sentTo(primaryAddr, "REGISTER")), 0)
	})
}

// A silent primary is asked by one OPTIONS at a time, whoever wants to know.
func TestManyLinesAskWithOneProbe(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(8)
		b.run()
		for i := range 8 {
			b.lineAt(i+1, 1, time.Second)
		}
		time.Sleep(time.Minute)
		b.net.SetState(primaryAddr, siptest.Silent)
		b.net.Record.Reset()
		began := time.Now()
		for i := range 8 {
			b.phone.Do(Dial{Call: CallID(2*i + 1), Line: i + 1, Number: "600", Media: media(4000)})
		}
		for i := range 8 {
			next(b, 2*time.Second, func(p Progress) bool { return p.Call == CallID(2*i+1) && p.Status == 180 })
		}
		if took := time.Since(began); took > 2*time.Second {
			b.fail("dial to ringback through the backup took %s", took)
		}
		b.same("probes of the primary", len(b.sentTo(primaryAddr, "OPTIONS")), 1)
		b.same("probes of the backup", len(b.sentTo(backupAddr, "OPTIONS")), 1)
		time.Sleep(3 * time.Second)
		probe := b.sentTo(primaryAddr, "OPTIONS")[0]
		copies := b.net.Record.Entries().Branch(probe.Branch)
		b.same("copies at most", len(copies) <= 16, true)
		b.same("80 ms apart", copies.Offsets()[1], 80*time.Millisecond)
		b.same("its own Call-ID", len(b.net.Record.Entries().CallID(probe.CallID).Branches()), 1)
		b.same("in the name of a line that asked", strings.Contains(probe.Header("From"), "@10.0.0.2"), true)
	})
}

// A line that is not smart is told nothing and sends nothing for it; what is
// known is shown all the same.
func TestAPlainLineIsOnlyShownWhatIsKnown(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(2)
		b.config.Lines[1].Failover.Smart = false
		b.run()
		b.lineAt(1, 1, time.Second)
		b.lineAt(2, 1, time.Second)
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.dial("600")
		b.lineAt(1, 2, time.Second)
		h := next(b, time.Second, func(h Health) bool { return h.Line == 2 && h.Targets[0].State == health.Down })
		b.same("why", []any{h.Targets[0].Server, h.Targets[0].Address, h.Targets[0].Cause}, []any{1, primaryAddr.String(), failover.ICMP})
		b.same("since when", time.Since(h.Targets[0].Since) < time.Second, true)
		time.Sleep(10 * time.Second)
		none(b, func(s LineState) bool { return s.Line == 2 && s.Server == 2 })
	})
}

// Every state of a target is told, with its reason.
func TestHealthIsTold(t *testing.T) {
	story(t, func(b *bench) {
		b.net.SetLink(siptest.Link{Delay: 20 * time.Millisecond})
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		h := next(b, time.Second, func(h Health) bool { return h.Targets[0].State == health.Up })
		b.same("round trip", h.Targets[0].RTT, 40*time.Millisecond)
		b.same("two servers", []any{len(h.Targets), h.Targets[1].Server, h.Targets[1].Address, h.Targets[1].State}, []any{2, 2, backupAddr.String(), health.Unknown})
		b.primary.Status(503, 90*time.Second)
		b.phone.Do(Register{Line: 1})
		b.registered(2, 2*time.Second)
		h = next(b, 2*time.Second, func(h Health) bool { return h.Targets[0].State == health.Down })
		b.same("why", []any{h.Targets[0].Cause, h.Targets[0].Status}, []any{failover.Answered, 503})
		b.same("until", h.Targets[0].Until.Sub(h.Targets[0].Since).Round(time.Second), 90*time.Second)

		// Over another network nothing is known.
		b.mu.Lock()
		b.heard = nil
		b.mu.Unlock()
		b.phone.Do(Link{Up: false})
		h = next[Health](b, time.Second, nil)
		b.same("states", []any{h.Targets[0].State, h.Targets[1].State}, []any{health.Unknown, health.Unknown})
	})
}

// The line decides and says why, in numbers and addresses that its owner knows.
func TestDecisionsAreTold(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		b.net.SetState(primaryAddr, siptest.Silent)
		began := time.Now()
		id := b.dial("600")
		d := next(b, 5*time.Second, func(d Decided) bool { return d.Decision == failover.MoveEarly })
		b.same("from", []any{d.Line, d.From, d.FromAddress}, []any{1, 1, primaryAddr.String()})
		b.same("to", []any{d.To, d.ToAddress}, []any{2, backupAddr.String()})
		b.same("why", []any{d.Cause, d.Method, d.Call}, []any{failover.Silence, sip.INVITE, id})
		b.same("evidence", d.Branch, b.sentTo(primaryAddr, "INVITE")[0].Branch)
		b.same("cost", []any{d.Cost, d.At}, []any{d.At.Sub(began), began.Add(d.Cost)})
		next(b, 5*time.Second, func(e Established) bool { return e.Call == id })
	})
}

// A probe is answered by whatever its server says, also to another request.
func TestA503AnswersAProbe(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		b.backup.Status(503, 0)
		b.net.SetState(primaryAddr, siptest.Silent)
		b.dial("600")
		h := next(b, 3*time.Second, func(h Health) bool { return h.Targets[1].State == health.Down })
		b.same("the backup", []any{h.Targets[1].Cause, h.Targets[1].Status}, []any{failover.Answered, 503})
	})
}

func TestADrill(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		b.phone.Do(Drill{Line: 1})
		over := next(b, 5*time.Second, func(n LineNotice) bool { return n.Kind == failover.DrillOver })
		done := next(b, 5*time.Second, func(n LineNotice) bool { return n.Kind == failover.DrillDone })
		b.same("servers", []int{over.Server, done.Server}, []int{2, 1})
		b.registered(1, time.Second)
		b.backup.Stop()
		b.net.SetState(backupAddr, siptest.Unreachable)
		b.phone.Do(Drill{Line: 1})
		next(b, 40*time.Second, func(n LineNotice) bool { return n.Kind == failover.DrillFailed })
	})
}

// A new line is told what the others know: its first call goes where it can.
func TestANewLineKnowsWhatTheOthersKnow(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(2)
		both := b.config.Lines
		b.config.Lines = both[:1]
		b.run()
		b.registered(1, time.Second)
		time.Sleep(time.Second)
		b.net.SetState(primaryAddr, siptest.Silent)
		b.dial("600")
		b.lineAt(1, 2, 5*time.Second)
		both[1].Failover.Register = false
		b.net.Record.Reset()
		b.phone.Do(Reload{Lines: both})
		synctest.Wait()
		b.phone.Do(Dial{Call: 99, Line: 2, Number: "600", Media: media(4002)})
		next(b, time.Second, func(a Asking) bool { return a.Call == 99 && a.Server == 2 })
		b.same("no INVITE to the dead one", len(b.sentTo(primaryAddr, "INVITE")), 0)
	})
}

// Over TCP the backup's connection is open before it is needed.
func TestTheBackupIsConnectedAhead(t *testing.T) {
	story(t, func(b *bench) {
		var mu sync.Mutex // each connection is made by a goroutine of its own
		counts := map[string]int{}
		dialled := func() map[string]int {
			mu.Lock()
			defer mu.Unlock()
			return maps.Clone(counts)
		}
		dial := b.config.Wire.DialContext
		b.config.Wire.DialContext = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			mu.Lock()
			counts[address]++
			mu.Unlock()
			return dial(ctx, network, address)
		}
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		time.Sleep(500 * time.Millisecond) // before anything is sent there
		b.same("connections", fmt.Sprint(dialled()), fmt.Sprint(map[string]int{primaryAddr.String(): 1, backupAddr.String(): 1}))
		time.Sleep(time.Minute)
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.primary.Stop()
		id := b.dial("600")
		next(b, time.Second, func(e Established) bool { return e.Call == id })
		b.same("no further one to the backup", dialled()[backupAddr.String()], 1)
	})
}

// A backup that can not be connected is known to be down before it is needed.
func TestABackupThatCanNotBeConnectedIsKnown(t *testing.T) {
	story(t, func(b *bench) {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.smart(1)
		b.net.SetState(backupAddr, siptest.Unreachable)
		b.run()
		b.registered(1, time.Second)
		// Before the first request goes there.
		h := next(b, 500*time.Millisecond, func(h Health) bool { return h.Targets[1].State == health.Down })
		b.same("why", h.Targets[1].Cause, failover.Refused)
	})
}

// Under a call a half-open connection is noticed within 2 s, and what somebody
// waits for goes elsewhere.
func TestAHalfOpenConnectionUnderACall(t *testing.T) {
	story(t, func(b *bench) {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		time.Sleep(time.Minute)
		id := b.call("600")
		time.Sleep(10 * time.Second)
		b.net.SetState(netip.AddrPortFrom(primaryAddr.Addr(), 0), siptest.Silent)
		began := time.Now()
		next(b, 3*time.Second, func(d Decided) bool { return d.Decision == failover.Reconnect })
		if took := time.Since(began); took > 2500*time.Millisecond {
			b.fail("noticed after %s", took)
		}
		b.phone.Do(Hangup{Call: id})
		b.registered(2, 3*time.Second)
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
	})
}

// The next server's challenge is known before it is needed: a REGISTER without
// Contact binds nothing, and the real one carries credentials at once.
func TestAWarmBackupCostsOneRoundTrip(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		time.Sleep(time.Minute)
		regs := b.backup.Record.Requests("REGISTER")
		b.same("asked", len(regs) >= 1, true)
		warm := regs[0]
		b.same("no Contact and no Expires", []string{warm.Header("Contact"), warm.Header("Expires")}, []string{"", ""})
		b.same("nothing is bound", len(b.backup.Bindings("alice")), len(b.primary.Bindings("alice")))
		b.backup.Record.Reset()
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.phone.Do(Register{Line: 1})
		b.registered(2, time.Second)
		regs = b.backup.Record.Requests("REGISTER")
		b.same("one round trip", []any{len(regs), siptest.Authorized(regs[0].Message)}, []any{1, true})
		b.same("a Call-ID of its own", regs[0].CallID != warm.CallID, true)
		b.same("its first CSeq", regs[0].CSeq, uint32(1))
	})
}

// Registered at both servers all the time, each with its own flow.
func TestBackupMode(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.config.DeviceID = "001a2b030405"
		b.config.Lines[0].Failover.Standby = true
		b.run()
		b.registered(1, time.Second)
		time.Sleep(time.Minute)
		id := "urn:uuid:" + strings.TrimPrefix(instance("001a2b030405"), "urn:uuid:")
		for i, s := range []*siptest.Server{b.primary, b.backup} {
			regs := s.Record.Requests("REGISTER")
			b.same("REGISTERs", len(regs), 2)
			m := regs[1]
			b.same("Supported", m.Header("Supported"), "path, outbound")
			b.same("Contact", m.Header("Contact"), fmt.Sprintf(`<sip:alice@10.0.0.1:5060>;reg-id=%d;+sip.instance="<%s>"`, i+1, id))
		}
		b.same("a Call-ID each", b.primary.Record.Requests("REGISTER")[0].CallID != b.backup.Record.Requests("REGISTER")[0].CallID, true)

		// A call moves without a REGISTER, and the registration goes on as it was.
		standby := b.backup.Record.Requests("REGISTER")[1]
		b.backup.Record.Reset()
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.dial("600")
		b.registered(2, time.Second)
		first := b.backup.Record.Entries().Received()[0]
		b.same("the first at the backup", first.Method, "INVITE")
		time.Sleep(time.Hour)
		again := b.backup.Record.Requests("REGISTER")
		b.same("refreshed as the same", []any{again[0].CallID, again[0].CSeq}, []any{standby.CallID, standby.CSeq + 1})
	})
}

// A registrar behind a proxy without outbound says 439 (RFC 5626 §6): the next
// REGISTER is a plain one.
func TestOutboundIsLeftOutWhereItIsNotWanted(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.config.Lines[0].Failover.Standby = true
		b.config.Lines[0].Failover.RegFailInterval = 5 * time.Second
		b.primary.SetRules(siptest.Rule{
			Method: "REGISTER", If: func(m siptest.Message) bool { return strings.Contains(m.Header("Contact"), "reg-id") },
			Steps: siptest.Reply(439),
		})
		b.run()
		b.registered(1, 20*time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("Contact", regs[len(regs)-1].Header("Contact"), "<sip:alice@10.0.0.1:5060>")
	})
}

func TestAPhonesInstanceIsItsOwnAndStays(t *testing.T) {
	one, again, two := instance("001a2b030405"), instance("001a2b030405"), instance("001a2b030406")
	if one != again || one == two {
		t.Error(one, again, two)
	}
	if len(one) != len("urn:uuid:00000000-0000-5000-8000-000000000000") || one[len("urn:uuid:")+14] != '5' || !strings.ContainsRune("89ab", rune(one[len("urn:uuid:")+19])) {
		t.Error("RFC 9562 §5.5:", one)
	}
}
