package ua

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// reliable is a line that offers reliable provisional responses, and a far side
// that answers the INVITE with what answers says.
func reliable(answers func(h *hall, invite siptest.Message)) func(h *hall) {
	return func(h *hall) {
		h.config.Lines[0].PRACK = true
		h.instead = func(m siptest.Message) bool {
			if !m.Is("INVITE") || m.ToTag != "" {
				return false
			}
			answers(h, m)
			return true
		}
	}
}

// ringing are the headers of a reliable provisional response.
func ringing(rseq int, more ...string) []string {
	return append([]string{
		"Require: 100rel", fmt.Sprintf("RSeq: %d", rseq), "Contact: <sip:far@10.0.0.99>",
		"Record-Route: <sip:10.0.0.4:5060;lr>",
	}, more...)
}

// RFC 3262 §4: each reliable response is acknowledged once, in order, inside the
// early dialog that it makes; its answer is the answer.
func TestReliableResponsesAreAcknowledged(t *testing.T) {
	answer := description(netip.MustParseAddr("10.0.0.99"))
	halls(t, false, reliable(func(h *hall, m siptest.Message) {
		for _, rseq := range []int{30, 30, 32, 31, 30} {
			if rseq == 30 {
				h.one.answer(m, 183, farTag, ringing(rseq, answer)...)
			} else {
				h.one.answer(m, 180, farTag, ringing(rseq)...)
			}
		}
		time.AfterFunc(time.Second, func() {
			h.one.answer(m, 200, farTag, "Contact: <sip:far@10.0.0.99>", "Record-Route: <sip:10.0.0.4:5060;lr>")
		})
	}), func(h *hall) {
		id := h.dial("600")
		up := next[Established](h.bench, 5*time.Second, nil)
		h.same("the answer of the 183", up.Media.Remote, "10.0.0.99:6000")
		invite := h.last(h.one, "INVITE")
		h.same("INVITE", texts(invite, "Supported", "Require", "Allow"), []string{"100rel", "-", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"})
		pracks := h.one.hears().Requests("PRACK")
		var racks []string
		for _, m := range pracks {
			racks = append(racks, m.Header("RAck"))
			h.same("a request of the early dialog", []any{m.URI, m.Routes, m.CallID, m.FromTag, m.ToTag},
				[]any{"sip:far@10.0.0.99", []string{"sip:10.0.0.4:5060;lr"}, invite.CallID, invite.FromTag, farTag})
		}
		h.same("PRACKs", racks, []string{"30 1 INVITE", "31 1 INVITE"})
		h.same("CSeqs", []uint32{pracks[0].CSeq, pracks[1].CSeq}, []uint32{2, 3})
		h.phone.Do(Hangup{Call: id})
		h.same("the BYE counts on", h.last(h.one, "BYE").CSeq, 4)
	})
}

// A line that does not offer it owes nobody a PRACK.
func TestAnRSeqThatWasNotAskedForMeansNothing(t *testing.T) {
	halls(t, false, func(h *hall) {
		reliable(func(h *hall, m siptest.Message) { h.one.answer(m, 180, farTag, ringing(9)...) })(h)
		h.config.Lines[0].PRACK = false
	}, func(h *hall) {
		h.dial("600")
		next[Progress](h.bench, time.Second, nil)
		h.same("PRACKs", len(h.one.hears().Requests("PRACK")), 0)
		h.same("Supported", texts(h.last(h.one, "INVITE"), "Supported"), []string{""})
	})
}

// The server dies between the 180 and its PRACK: with Smart Failover that goes
// over the other one.
func TestAPrackGoesOverTheBackup(t *testing.T) {
	halls(t, true, reliable(func(h *hall, m siptest.Message) {
		h.one.answer(m, 180, farTag, ringing(7)...)
		h.dead.Store(true)
	}), func(h *hall) {
		h.dial("600")
		next[Progress](h.bench, time.Second, nil)
		time.Sleep(15 * time.Second)
		first, second := h.last(h.one, "PRACK"), h.last(h.two, "PRACK")
		h.moved(first, second)
		h.same("RAck", []string{first.Header("RAck"), second.Header("RAck")}, []string{"7 1 INVITE", "7 1 INVITE"})
		h.same("no second INVITE", len(h.two.hears().Requests("INVITE")), 0)
	})
}

// invites lets a caller that requires reliable responses call, and the phone
// ring.
func (h *hall) invites(headers ...string) CallID {
	h.t.Helper()
	a := h.one
	a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, append(headers, "Require: 100rel")...))
	in := next[Incoming](h.bench, time.Second, nil)
	h.phone.Do(Ring{Call: in.Call})
	synctest.Wait()
	return in.Call
}

// prack acknowledges the 180 with a RAck, and tells what that is answered with.
func (h *hall) prack(cseq int, tag, rack string) int {
	h.t.Helper()
	branch := fmt.Sprintf("z9hG4bKprack%d", cseq)
	h.one.say(h.one.request("PRACK", branch, "c", "f", tag, cseq, "RAck: "+rack))
	got := statuses(h.one.hears().Branch(branch), "PRACK")
	if len(got) != 1 {
		h.fail("answers to PRACK %d: %v", cseq, got)
	}
	return got[0]
}

// RFC 3262 §3: 180 is repeated until it is acknowledged.
func TestARequiredReliable180(t *testing.T) {
	on := func(h *hall) { h.config.Lines[0].PRACK = true }
	halls(t, false, on, func(h *hall) {
		began := time.Now()
		id := h.invites(description(h.one.addr.Addr()))
		time.Sleep(2 * time.Second)
		all := h.net.Record.Entries().To(h.one.addr).Responses("INVITE").Status(180)
		h.same("copies", offsets(all, began), []int{0, 500, 1500})
		m := all[0].Message
		rseq := m.Header("RSeq")
		h.same("180", texts(m, "Require", "Supported", "Contact"), []string{"100rel", "100rel", "<sip:alice@10.0.0.1:5060>"})
		h.same("the same one", all[2].Message.Header("RSeq"), rseq)
		h.same("another number", h.prack(2, m.ToTag, "1 1 INVITE"), 481)
		h.same("another request", h.prack(3, m.ToTag, rseq+" 2 INVITE"), 481)
		h.same("none", h.prack(4, m.ToTag, "x"), 481)
		h.same("this one", h.prack(5, m.ToTag, rseq+" 1 INVITE"), 200)
		time.Sleep(20 * time.Second)
		h.same("no more copies", len(h.one.hears().Responses("INVITE").Status(180)), 3)
		h.phone.Do(Answer{Call: id, Media: media(4002)})
		h.one.say(h.one.request("ACK", "z9hG4bKack", "c", "f", m.ToTag, 1))
		next[Established](h.bench, time.Second, nil)
	})
	halls(t, false, on, func(h *hall) { // no PRACK comes
		began := time.Now()
		h.invites(description(h.one.addr.Addr()))
		e := next[Ended](h.bench, 40*time.Second, nil)
		h.same("after 64*T1", []any{time.Since(began), e.Status}, []any{32 * time.Second, 504})
		h.same("answered", h.one.hears().Responses("INVITE").Status(504)[0].Message.Reason, "Server Time-out")
	})
	halls(t, false, on, func(h *hall) { // and without an offer there is none to send
		h.invites()
		h.same("nothing but 100", slices.Compact(statuses(h.one.hears(), "INVITE")), []int{100})
	})
}
