package ua

import (
	"testing"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestTheLineRegistersWithDigest(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		s := b.registered(1, time.Second)
		b.same("address", s.Address, primaryAddr.String())
		regs := b.primary.Record.Requests("REGISTER")
		b.same("REGISTERs", len(regs), 2)
		first, second := regs[0], regs[1]
		b.same("Request-URI", first.URI, "sip:10.0.0.2")
		b.same("Call-IDs", len(regs.CallIDs()), 1)
		b.same("CSeq", second.CSeq, first.CSeq+1)
		b.same("branches", len(regs.Branches()), 2)
		b.same("credentials", []bool{siptest.Authorized(first.Message), siptest.Authorized(second.Message)}, []bool{false, true})
		b.same("Expires", []int{first.Expires, second.Expires}, []int{3600, 3600})
		b.same("Contact", second.ContactTo, "sip:alice@10.0.0.1:5060")
		b.same("From", second.Header("From"), `"Alice" <sip:alice@10.0.0.2>;tag=`+second.FromTag)
		b.same("Max-Forwards", second.Header("Max-Forwards"), "70")
		b.same("User-Agent", second.Header("User-Agent"), "phoned/test")
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)

		// The refresh carries credentials at once, with a rising count.
		time.Sleep(3600 * time.Second)
		regs = b.primary.Record.Requests("REGISTER")
		b.same("REGISTERs after an hour", len(regs), 3)
		b.same("Call-IDs", len(regs.CallIDs()), 1)
		b.same("status", len(b.primary.Record.Entries().Sent().Responses("REGISTER").Status(401)), 1)
	})
}

func TestTheEndUnregisters(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.stop()
		regs := b.primary.Record.Requests("REGISTER")
		last := regs[len(regs)-1]
		b.same("Expires", last.Expires, 0)
		b.same("Contact", last.ContactTo, "sip:alice@10.0.0.1:5060")
		b.same("bindings", len(b.primary.Bindings("alice")), 0)
	})
}

func TestASilentPrimaryGivesWayToTheBackup(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Silence()
		b.run()
		b.registered(2, 10*time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("at the primary", offsets(regs, b.start), []int{0, 500, 1500, 3500})
		b.same("branches", len(regs.Branches()), 1)
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start), []int{7500, 7500})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		b.same("notice", []any{n.Server, n.Cause}, []any{1, failover.Silence})
	})
}
