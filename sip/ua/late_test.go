package ua

import (
	"testing"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

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
