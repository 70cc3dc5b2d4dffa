package ua

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestAWrongPasswordDoesNotWander(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Password = "wrong"
		b.run()
		s := next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Rejected })
		b.same("status", []any{s.Status, s.Server, s.Registered}, []any{401, 1, false})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Refusal })
		b.same("again later", n.Next.After(time.Now()), true)
		b.same("REGISTERs", len(b.primary.Record.Requests("REGISTER")), 2)
		time.Sleep(20 * time.Second)
		b.same("REGISTERs later", len(b.primary.Record.Requests("REGISTER")), 2)
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
	})
}

func TestAStaleNonceIsAnsweredOnceMore(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Stale(1)
		b.run()
		b.registered(1, time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("REGISTERs", len(regs), 3)
		b.same("CSeqs", []uint32{regs[0].CSeq, regs[1].CSeq, regs[2].CSeq}, []uint32{1, 2, 3})
		b.same("Call-IDs", len(regs.CallIDs()), 1)
	})
}

func TestAServerThatIsNeverContentIsAskedTwiceOnly(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.ChallengeAlways()
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Rejected })
		b.same("REGISTERs", len(b.primary.Record.Requests("REGISTER")), 2)
	})
}

func TestAForeignRealmGetsNoDigestInACall(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Realm("evil.example")
		b.dial("600")
		e := next[Ended](b, 5*time.Second, nil)
		b.same("the challenge is the result", e.Status, 407)
		for _, m := range b.primary.Record.Requests("INVITE") {
			if strings.Contains(m.Header("Proxy-Authorization"), "evil") {
				b.fail("a digest for a foreign realm")
			}
		}
	})
}

func TestIntervalTooBriefRaisesTheExpiry(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Failover.Servers[0].TTL = 60 * time.Second
		b.primary.MinExpires(900 * time.Second)
		b.run()
		b.registered(1, time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("Expires", []int{regs[0].Expires, regs[len(regs)-1].Expires}, []int{60, 900})
	})
}

func Test503WithRetryAfterMovesAtOnceAndWaits(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Failover.FailbackInterval = 60 * time.Second
		b.primary.Status(503, 600*time.Second)
		b.run()
		b.registered(2, time.Second)
		b.same("at the primary", len(b.primary.Record.Requests("REGISTER")), 1)
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start), []int{0, 0})
		b.must(b.primary.Heal())
		b.primary.Record.Reset()
		b.registered(1, 700*time.Second)
		b.same("the probe waited", offsets(b.primary.Record.Requests("REGISTER"), b.start)[0], 600000)
	})
}

func TestICMPMovesAtOnce(t *testing.T) {
	story(t, func(b *bench) {
		b.net.SetState(netip.AddrPortFrom(primaryAddr.Addr(), 0), siptest.Unreachable)
		b.run()
		b.registered(2, time.Second)
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start), []int{0, 0})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		b.same("cause", n.Cause, failover.ICMP)
	})
}

func TestTCPRefusedMovesAtOnce(t *testing.T) {
	story(t, func(b *bench) {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.net.SetState(netip.AddrPortFrom(primaryAddr.Addr(), 0), siptest.Unreachable)
		b.run()
		b.registered(2, time.Second)
		id := b.call("600")
		invite := b.backup.Record.Requests("INVITE")
		b.same("transport", invite[0].Transport, "TCP")
		b.same("Contact", invite[0].ContactTo, "sip:alice@10.0.0.1:5060;transport=tcp")
		b.same("c=", strings.Contains(invite[0].Body(), "c=IN IP4 10.0.0.1\r\n"), true)
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
	})
}

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

func TestASilentServerMissesItsKeepAlive(t *testing.T) {
	story(t, func(b *bench) {
		line := &b.config.Lines[0]
		line.Failover.KeepAlive, line.Failover.KeepAliveEvery = failover.OptionsAlive, 30*time.Second
		b.run()
		b.registered(1, time.Second)
		time.Sleep(61 * time.Second)
		b.same("OPTIONS", offsets(b.primary.Record.Requests("OPTIONS"), b.start), []int{30000, 60000})
		b.primary.Silence()
		b.registered(2, 60*time.Second)
		// One OPTIONS unanswered for its attempt (7.5 s), then N+1 REGISTERs (7.5 s).
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start)[0], 105000)
	})
}

func TestALate200IsAcknowledgedAndEnded(t *testing.T) {
	play := func(a *actor, m siptest.Message) {
		if m.Is("INVITE") { // nothing before the user hangs up, then 200
			time.AfterFunc(2*time.Second, func() {
				a.answer(m, 200, "late", "Contact: <sip:600@10.0.0.4:5060>", description(a.addr.Addr()))
				a.answer(m, 200, "late", "Contact: <sip:600@10.0.0.4:5060>", description(a.addr.Addr()))
			})
		}
		if m.Is("BYE") {
			a.answer(m, 200, "")
		}
	}
	scripted(t, play, func(b *bench, a *actor) {
		id := b.dial("600")
		time.Sleep(400 * time.Millisecond)
		b.phone.Do(Hangup{Call: id})
		b.same("free at once", next[Ended](b, 0, nil), Ended{Call: id})
		time.Sleep(5 * time.Second)
		heard := a.hears()
		b.same("no copy after the hang-up", len(heard.Requests("INVITE")), 1)
		b.same("no CANCEL", len(heard.Requests("CANCEL")), 0)
		acks, byes := heard.Requests("ACK"), heard.Requests("BYE")
		b.same("an ACK for each copy", len(acks), 2)
		b.same("and always the same one", len(acks.Branches()), 1)
		b.same("one BYE", len(byes), 1)
		b.same("of the same dialog", []string{byes[0].CallID, byes[0].ToTag}, []string{acks[0].CallID, "late"})
		none[Established](b, nil)
	})
}

func TestALate180IsCancelled(t *testing.T) {
	play := func(a *actor, m siptest.Message) {
		switch {
		case m.Is("INVITE"):
			time.AfterFunc(2*time.Second, func() { a.answer(m, 180, "late", "Contact: <sip:600@10.0.0.4:5060>") })
		case m.Is("CANCEL"):
			a.answer(m, 200, "late")
		}
	}
	scripted(t, play, func(b *bench, a *actor) {
		id := b.dial("600")
		time.Sleep(400 * time.Millisecond)
		b.phone.Do(Hangup{Call: id})
		next[Ended](b, 0, nil)
		time.Sleep(5 * time.Second)
		b.same("CANCELs", len(a.hears().Requests("CANCEL")), 1)
		none[Progress](b, nil)
	})
}

func TestOnlyOneOfForkedAnswersRemains(t *testing.T) {
	play := func(a *actor, m siptest.Message) {
		switch {
		case m.Is("INVITE") && m.ToTag == "":
			a.answer(m, 180, "one", "Contact: <sip:one@10.0.0.4:5060>")
			a.answer(m, 180, "two", "Contact: <sip:two@10.0.0.4:5060>")
			a.answer(m, 200, "one", "Contact: <sip:one@10.0.0.4:5060>", description(a.addr.Addr()))
			a.answer(m, 200, "two", "Contact: <sip:two@10.0.0.4:5060>", description(a.addr.Addr()))
		case m.Is("BYE"):
			a.answer(m, 200, "")
		}
	}
	scripted(t, play, func(b *bench, a *actor) {
		id := b.call("600")
		heard := a.hears()
		b.same("both are acknowledged", len(heard.Requests("ACK")), 2)
		byes := heard.Requests("BYE")
		b.same("one is ended", len(byes), 1)
		b.same("the second", []string{byes[0].ToTag, byes[0].URI}, []string{"two", "sip:two@10.0.0.4:5060"})
		none[Ended](b, nil)
		b.phone.Do(Hangup{Call: id})
		byes = a.hears().Requests("BYE")
		b.same("and the first by the user", []string{byes[1].ToTag, byes[1].URI}, []string{"one", "sip:one@10.0.0.4:5060"})
	})
}

func TestTheEndOfRunEndsCallsFirst(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		began := time.Now()
		b.stop()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
		b.same("bindings", len(b.primary.Bindings("alice")), 0)
		b.same("at once", time.Since(began) < time.Second, true)
		next[Ended](b, 0, nil)
	})
}

func TestTheEndOfRunDoesNotWaitForTheDead(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		b.primary.Silence()
		b.backup.Silence()
		began := time.Now()
		b.stop()
		b.same("within seconds", time.Since(began) <= 5*time.Second, true)
	})
}

func TestAReloadChangesOnlyTheLinesThatDiffer(t *testing.T) {
	story(t, func(b *bench) {
		bob := b.config.Lines[0]
		bob.Number, bob.User, bob.Password = 2, "bob", "hidden"
		b.config.Lines = append(b.config.Lines, bob)
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Line == 1 && s.Phase == failover.Registered })
		next(b, time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Registered })
		id := b.call("600") // on line 1
		b.primary.Record.Reset()

		one, two := b.config.Lines[0], b.config.Lines[1]
		one.DisplayName = "Alice the Second"
		b.phone.Do(Reload{Lines: []Line{one, two}})
		time.Sleep(10 * time.Second)
		b.same("nothing while the call is up", len(b.primary.Record.Requests("REGISTER")), 0)
		b.phone.Do(Hangup{Call: id})
		s := next(b, 10*time.Second, func(s LineState) bool { return s.Phase == failover.Registered })
		b.same("line", s.Line, 1)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("unregisters first", regs[0].Expires, 0)
		b.same("then registers under the new name", strings.Contains(regs[len(regs)-1].Header("From"), "Second"), true)
		for _, m := range regs {
			b.same("line 2 is left alone", m.FromUser, "alice")
		}

		b.phone.Do(Reload{Lines: []Line{one}})
		next(b, 10*time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Idle })
		time.Sleep(time.Second)
		b.same("line 2 is gone", len(b.primary.Bindings("bob")), 0)
		b.same("line 1 is not", len(b.primary.Bindings("alice")), 1)
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

func TestAReloadDoesNotWaitForADeadServer(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Silence()
		line := b.config.Lines[0]
		line.Failover.Servers = line.Failover.Servers[1:]
		began := time.Now()
		b.phone.Do(Reload{Lines: []Line{line}})
		next(b, 10*time.Second, func(s LineState) bool {
			return s.Phase == failover.Registered && s.Address == backupAddr.String()
		})
		b.same("after four seconds", time.Since(began), 4*time.Second)
	})
}

func TestAReloadThatCanNotWorkChangesNothing(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		line := b.config.Lines[0]
		line.User = ""
		b.phone.Do(Reload{Lines: []Line{line}})
		time.Sleep(10 * time.Second)
		b.same("still bound", len(b.primary.Bindings("alice")), 1)
		b.same("requests", len(b.primary.Record.Requests("REGISTER")), 2)
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

func TestRegisterNowStartsAtThePrimary(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Silence()
		b.run()
		b.registered(2, 10*time.Second)
		b.must(b.primary.Heal())
		b.phone.Do(Register{Line: 1})
		b.registered(1, time.Second)
	})
}

func TestTheLinkGoesAndReturns(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.phone.Do(Link{Up: false})
		s := next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Offline })
		b.same("registered", s.Registered, false)
		b.phone.Do(Link{Up: true})
		b.registered(1, 5*time.Second)
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
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
