package ua

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/siptest"
)

func TestADialledCallFromEndToEnd(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.dial("600")
		b.same("asking", next[Asking](b, time.Second, nil), Asking{Call: id, Server: 1})
		b.same("ringing", next[Progress](b, time.Second, nil), Progress{Call: id, Status: 180})
		up := next[Established](b, time.Second, nil)
		b.same("server", up.Server, 1)
		b.same("remote", up.Media.Remote.Addr(), partyAddr.Addr())
		b.same("codec", up.Media.Codec.Name, "PCMA")

		invites := b.primary.Record.Requests("INVITE")
		b.same("INVITEs", len(invites), 2) // 407, then with credentials
		b.same("CSeqs", []uint32{invites[0].CSeq, invites[1].CSeq}, []uint32{1, 2})
		b.same("From tags", invites[0].FromTag, invites[1].FromTag)
		b.same("Request-URI", invites[1].URI, "sip:600@10.0.0.2")
		acks := b.primary.Record.Requests("ACK")
		b.same("ACKs", len(acks), 2)
		b.same("the first ACK has the INVITE's branch", acks[0].Branch, invites[0].Branch)
		b.same("the second has its own", len(acks.Branches()), 2)
		b.same("and its CSeq is the INVITE's", acks[1].CSeq, 2)
		b.same("and its credentials", acks[1].Header("Proxy-Authorization"), invites[1].Header("Proxy-Authorization"))
		none[Asking](b, nil)
		call := b.party.Calls()[0]
		b.same("the offer names the phone", call.SDP() != "", true)

		b.phone.Do(Hangup{Call: id})
		b.same("ended", next[Ended](b, 0, nil), Ended{Call: id})
		synctest.Wait()
		b.same("the far party", call.State(), siptest.Ended)
		bye := b.primary.Record.Requests("BYE")
		b.same("BYEs", len(bye), 1)
		b.same("BYE's CSeq", bye[0].CSeq, 3)
		b.same("BYE's route", bye[0].Routes, []string{"sip:10.0.0.2:5060;lr"})
	})
}

func TestABusyNumberIsTheCallsResult(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.dial("601")
		e := next[Ended](b, time.Second, nil)
		b.same("ended", []any{e.Call, e.Status, e.ByRemote}, []any{id, 486, true})
		synctest.Wait()
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
		invites := b.primary.Record.Requests("INVITE")
		acks := b.primary.Record.Requests("ACK")
		b.same("the ACK has the INVITE's branch", acks[len(acks)-1].Branch, invites[len(invites)-1].Branch)
	})
}

func TestEarlyMediaIsHeardBeforeTheAnswer(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.dial("602")
		p := next[Progress](b, time.Second, nil)
		b.same("status", p.Status, 183)
		b.same("media", p.Media != nil && p.Media.Remote.IsValid(), true)
		next[Established](b, 10*time.Second, nil)
	})
}

func TestHangupWhileItRingsCancels(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.dial("603")
		next[Progress](b, time.Second, nil)
		b.phone.Do(Hangup{Call: id})
		e := next[Ended](b, 0, nil)
		b.same("ended", e, Ended{Call: id})
		synctest.Wait()
		cancel := b.primary.Record.Requests("CANCEL")
		invites := b.primary.Record.Requests("INVITE")
		last := invites[len(invites)-1]
		b.same("CANCELs", len(cancel), 1)
		b.same("branch", cancel[0].Branch, last.Branch)
		b.same("CSeq", cancel[0].CSeq, last.CSeq)
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
		acks := b.primary.Record.Requests("ACK")
		b.same("the 487 is acknowledged", acks[len(acks)-1].Branch, last.Branch)
		time.Sleep(300 * time.Second)
		b.same("all forgotten", len(b.primary.Record.Requests("CANCEL")), 1)
	})
}

func TestHoldAndResumeFromThePhone(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.call("600")
		far := b.party.Calls()[0]
		b.phone.Do(Hold{Call: id})
		m := next[MediaChanged](b, time.Second, nil)
		b.same("held", []bool{m.LocalHold, m.RemoteHold, far.Held()}, []bool{true, false, true})
		b.phone.Do(Resume{Call: id})
		m = next[MediaChanged](b, time.Second, nil)
		b.same("resumed", []bool{m.LocalHold, far.Held()}, []bool{false, false})
		b.same("direction", m.Media.Direction, sdp.SendRecv)
	})
}

func TestHoldAndResumeFromTheFarSide(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		far := b.party.Calls()[0]
		far.Hold()
		m := next[MediaChanged](b, time.Second, nil)
		b.same("held", []bool{m.LocalHold, m.RemoteHold}, []bool{false, true})
		far.Resume()
		m = next[MediaChanged](b, time.Second, nil)
		b.same("resumed", m.RemoteHold, false)
		far.Info('7')
		b.same("digit", string(next[Digit](b, time.Second, nil).Digit), "7")
		far.Hangup()
		e := next[Ended](b, time.Second, nil)
		b.same("by the far side", e.ByRemote, true)
	})
}

func TestAnIncomingCallRingsAndIsTaken(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		far := b.party.Call("600", "alice", primaryAddr)
		in := next[Incoming](b, time.Second, nil)
		b.same("incoming", []any{in.Line, in.Server, in.Number, in.Call % 2}, []any{1, 1, "600", 0})
		b.phone.Do(Ring{Call: in.Call})
		synctest.Wait()
		b.same("the far party hears it ring", far.State(), siptest.Ringing)
		b.phone.Do(Answer{Call: in.Call, Media: media(4002)})
		up := next[Established](b, time.Second, nil)
		b.same("established", []any{up.Call, up.Server}, []any{in.Call, 1})
		b.same("the far party", far.State(), siptest.Up)
		b.phone.Do(Hangup{Call: in.Call})
		next[Ended](b, 0, nil)
		synctest.Wait()
		b.same("the far party", far.State(), siptest.Ended)
	})
}

func TestAnIncomingCallIsRefusedOrGivenUp(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		far := b.party.Call("600", "alice", primaryAddr)
		in := next[Incoming](b, time.Second, nil)
		b.phone.Do(Reject{Call: in.Call, Status: 603})
		next[Ended](b, time.Second, nil)
		synctest.Wait()
		b.same("refused", far.Status(), 603)

		far = b.party.Call("600", "alice", primaryAddr)
		in = next[Incoming](b, time.Second, nil)
		b.phone.Do(Ring{Call: in.Call})
		synctest.Wait()
		far.Hangup()
		e := next[Ended](b, time.Second, nil)
		b.same("given up", []any{e.Call, e.ByRemote}, []any{in.Call, true})
		b.same("answered with 487", len(b.primary.Record.Responses("INVITE").Status(487)), 1)
	})
}

func TestAnInviteMovesToTheBackup(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Silence()
		b.primary.Record.Reset()
		began := time.Now()
		id := b.dial("600")
		up := next[Established](b, 20*time.Second, nil)
		b.same("server", up.Server, 2)
		b.same("asked", []int{next[Asking](b, 0, nil).Server, next[Asking](b, 0, nil).Server}, []int{1, 2})
		first := b.primary.Record.Requests("INVITE")
		b.same("at the primary", offsets(first, began), []int{0, 500, 1500, 3500})
		b.same("one transaction", len(first.Branches()), 1)
		b.same("REGISTER at the backup first", offsets(b.backup.Record.Requests("REGISTER"), began), []int{7500, 7500})
		second := b.backup.Record.Requests("INVITE")
		b.same("at the backup", offsets(second, began)[0], 7500)
		b.same("Call-ID", second[0].CallID, first[0].CallID)
		b.same("From tag", second[0].FromTag, first[0].FromTag)
		b.same("CSeq", second[0].CSeq, first[0].CSeq)
		b.same("a new branch", second[0].Branch != first[0].Branch, true)
		b.same("Request-URI", second[0].URI, "sip:600@10.0.0.3")
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
	})
}

func TestAByeReachesTheFarPartyThroughTheBackup(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.call("600")
		far := b.party.Calls()[0]
		b.primary.Silence()
		b.primary.Record.Reset()
		began := time.Now()
		b.phone.Do(Hangup{Call: id})
		b.same("free at once", next[Ended](b, 0, nil), Ended{Call: id})
		b.must(far.Wait(b.t.Context(), siptest.Ended))
		first := b.primary.Record.Requests("BYE")
		b.same("at the primary", offsets(first, began), []int{0, 500, 1500, 3500})
		second := b.backup.Record.Requests("BYE")
		b.same("at the backup", offsets(second, began), []int{7500})
		b.same("Request-URI", second[0].URI, first[0].URI)
		b.same("Call-ID", second[0].CallID, first[0].CallID)
		b.same("From and To", second[0].Header("From")+second[0].Header("To"), first[0].Header("From")+first[0].Header("To"))
		b.same("a higher CSeq", second[0].CSeq > first[0].CSeq, true)
		b.same("a new branch", second[0].Branch != first[0].Branch, true)
		b.same("route", second[0].Routes, []string{"sip:10.0.0.3:5060;transport=udp;lr"})
		b.same("REGISTER before it", len(b.backup.Record.Requests("REGISTER")) > 0, true)
	})
}

func TestFailbackByProbeWhileACallIsUp(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Silence()
		b.run()
		b.registered(2, 10*time.Second)
		id := b.call("600")
		time.Sleep(1900 * time.Second) // one probe in vain
		vain := b.primary.Record.Requests("REGISTER")
		b.same("copies of the probe", len(vain), 4+11)
		b.must(b.primary.Heal())
		b.primary.Record.Reset()
		b.registered(1, 1900*time.Second)
		next(b, 0, func(n LineNotice) bool { return n.Kind == failover.MovedBack })
		probe := b.primary.Record.Requests("REGISTER")
		ids := append(append(vain.CallIDs(), b.backup.Record.Requests("REGISTER").CallIDs()...), probe.CallIDs()...)
		slices.Sort(ids)
		b.same("Call-IDs of pass, probe, backup and probe", len(slices.Compact(ids)), 4)
		none[Ended](b, nil)

		// The refresh goes on with the probe's Call-ID.
		time.Sleep(3600 * time.Second)
		b.same("Call-IDs at the primary", len(b.primary.Record.Requests("REGISTER").CallIDs()), 1)

		// The call stays with its server until it ends.
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("BYE at the backup", len(b.backup.Record.Requests("BYE")), 1)
		b.same("not at the primary", len(b.primary.Record.Requests("BYE")), 0)
	})
}

func TestACallThatNoServerServesEndsWithItsCause(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Silence()
		b.backup.Silence()
		id := b.dial("600")
		time.Sleep(39 * time.Second)
		none[Ended](b, nil) // not before the pass is over
		e := next[Ended](b, 60*time.Second, nil)
		b.same("ended", []any{e.Call, e.Status, e.Cause}, []any{id, 0, failover.Silence})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.AllFailed })
		b.same("told once", n.Line, 1)
	})
}

func TestAllServersDeadIsToldAndOvercome(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Silence()
		b.backup.Silence()
		b.run()
		n := next(b, 60*time.Second, func(n LineNotice) bool { return n.Kind == failover.AllFailed })
		b.same("told after the pass", time.Since(b.start), 39500*time.Millisecond)
		b.same("goes on by itself", n.Next.After(time.Now()), true)
		b.same("copies at the backup", len(b.backup.Record.Requests("REGISTER")), 11)
		b.must(b.backup.Heal())
		b.registered(2, time.Until(n.Next)+10*time.Second)
		next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Recovered })
	})
}

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
