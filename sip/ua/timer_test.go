package ua

import (
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

// timed sets a session timer that asks for d.
func timed(d time.Duration) func(h *hall) {
	return func(h *hall) {
		line := &h.config.Lines[0]
		line.SessionTimer, line.SessionExpires = true, d
		line.Failover.KeepAlive = 0
	}
}

// texts are the values of headers, "-" for one that is not there.
func texts(m siptest.Message, names ...string) (out []string) {
	for _, name := range names {
		v := "-"
		if all := m.Headers(name); len(all) > 0 {
			v = all[0]
		}
		out = append(out, v)
	}
	return out
}

var timerHeaders = []string{"Supported", "Require", "Session-Expires", "Min-SE"}

// RFC 4028 §7: the INVITE asks, the 2xx decides, and the refresh comes half-way.
func TestASessionTimerIsOfferedAndRefreshed(t *testing.T) {
	halls(t, false, func(h *hall) {
		timed(30 * time.Minute)(h)
		h.invite = []string{"Allow: INVITE, ACK, BYE, UPDATE", "x: 600 ; refresher = UAC", "Require: timer"}
		h.inside["UPDATE"] = []string{"Session-Expires: 600;refresher=uac", "Require: timer"}
	}, func(h *hall) {
		began := time.Now()
		id := h.call("600")
		h.same("INVITE", texts(h.last(h.one, "INVITE"), timerHeaders...), []string{"timer", "-", "1800", "-"})
		time.Sleep(650 * time.Second)
		all := h.one.hears().Requests("UPDATE")
		h.same("refreshes", offsetsOf(all, h, began), []int{300000, 600000})
		update := all[0].Message
		h.same("UPDATE", texts(update, timerHeaders...), []string{"timer", "-", "600;refresher=uac", "-"})
		h.same("it has no description, and our contact", []string{update.Body(), update.ContactTo}, []string{"", "sip:alice@10.0.0.1:5060"})
		h.phone.Do(Hangup{Call: id})
		time.Sleep(1000 * time.Second)
		h.same("none after the call", len(h.one.hears().Requests("UPDATE")), 2)
	})
}

// offsetsOf are the times of messages an actor has heard, in ms since began, as
// the network saw them leave.
func offsetsOf(es siptest.Entries, h *hall, began time.Time) []int {
	var out []int
	for _, e := range es {
		seen := h.net.Record.Entries().Branch(e.Message.Branch)
		out = append(out, int(seen[0].At.Sub(began).Round(10*time.Millisecond)/time.Millisecond))
	}
	return out
}

// RFC 4028 §7.3: 422 is answered with the same call and a longer interval.
func TestASessionIntervalTooSmallIsRaised(t *testing.T) {
	halls(t, false, func(h *hall) {
		timed(120 * time.Second)(h)
		h.invite = []string{"Session-Expires: 600;refresher=uas"}
		h.instead = func(m siptest.Message) bool {
			if !m.Is("INVITE") || m.Header("Session-Expires") != "120" {
				return false
			}
			h.one.answer(m, 422, "no", "Min-SE: 600")
			return true
		}
	}, func(h *hall) {
		id := h.call("600")
		invites := h.one.hears().Requests("INVITE")
		h.same("INVITEs", len(invites), 2)
		first, second := invites[0].Message, invites[1].Message
		h.same("the same call", []string{second.CallID, second.FromTag, second.URI, second.Body()}, []string{first.CallID, first.FromTag, first.URI, first.Body()})
		h.same("a new transaction", []any{second.CSeq, second.Branch != first.Branch}, []any{first.CSeq + 1, true})
		h.same("second", texts(second, timerHeaders...), []string{"timer", "-", "600", "600"})
		acks := h.one.hears().Requests("ACK")
		h.same("both are acknowledged", []any{len(acks), acks[0].Branch, acks[1].CSeq}, []any{2, first.Branch, second.CSeq})
		h.same("one call for the phone", next[Asking](h.bench, 0, nil), Asking{Call: id, Server: 1})
		none[Asking](h.bench, nil)
		none[Ended](h.bench, nil)

		// The far side was to refresh, and does not (§10).
		e := next[Ended](h.bench, 600*time.Second, nil)
		h.same("ended", []any{e.Call, e.ByRemote, e.Reason}, []any{id, false, "the session has expired"})
		synctest.Wait()
		bye := h.one.hears().Requests("BYE")
		h.same("BYE", []any{len(bye), bye[0].CSeq}, []any{1, second.CSeq + 1})
	})
}

// A hang-up after the 422 cancels the second INVITE.
func TestARaisedCallIsCancelled(t *testing.T) {
	halls(t, false, func(h *hall) {
		timed(120 * time.Second)(h)
		h.instead = func(m siptest.Message) bool {
			switch {
			case m.Is("INVITE") && m.Header("Min-SE") == "":
				h.one.answer(m, 422, "no", "Min-SE: 600")
			case m.Is("INVITE"):
				h.one.answer(m, 180, farTag)
			default:
				return false
			}
			return true
		}
	}, func(h *hall) {
		id := h.dial("600")
		next[Progress](h.bench, time.Second, nil)
		h.phone.Do(Hangup{Call: id})
		h.same("free at once", next[Ended](h.bench, 0, nil), Ended{Call: id})
		synctest.Wait()
		h.same("CANCEL", h.last(h.one, "CANCEL").Branch, h.last(h.one, "INVITE").Branch)
	})
}

// RFC 4028 §9, from the side that is called.
func TestASessionTimerIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name   string
		timer  time.Duration // the setting; 0 = off
		asks   []string
		status int
		want   []string // Supported, Require, Session-Expires, Min-SE
	}{
		{"the caller refreshes", 10 * time.Minute, []string{"k: timer", "x: 300;refresher=uac"}, 200, []string{"timer", "timer", "300;refresher=uac", "-"}},
		{"we do", 10 * time.Minute, []string{"Supported: 100rel, timer", "Session-Expires: 1800", "Min-SE: 700"}, 200, []string{"timer", "timer", "700;refresher=uas", "-"}},
		{"too short", 10 * time.Minute, []string{"Supported: timer", "Session-Expires: 30"}, 422, []string{"-", "-", "-", "90"}},
		{"off", 0, []string{"Supported: timer", "Session-Expires: 300"}, 200, []string{"-", "-", "-", "-"}},
		{"off, but required", 0, []string{"Supported: timer", "Require: timer", "Session-Expires: 300"}, 200, []string{"timer", "timer", "300;refresher=uas", "-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			halls(t, false, func(h *hall) {
				if c.timer > 0 {
					timed(c.timer)(h)
				}
			}, func(h *hall) {
				a := h.one
				a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, append(c.asks, description(a.addr.Addr()))...))
				if c.status < 300 {
					in := next[Incoming](h.bench, time.Second, nil)
					h.phone.Do(Answer{Call: in.Call, Media: media(4002)})
				}
				answers := a.hears().Responses("INVITE").Status(c.status)
				if len(answers) == 0 {
					h.fail("no %d", c.status)
				}
				h.same("headers", texts(answers[0].Message, timerHeaders...), c.want)
			})
		})
	}
}

// Require is refused for what the line does not serve, and for that alone.
func TestWhatARequestMayRequire(t *testing.T) {
	for _, c := range []struct {
		require, unsupported string
		prack                bool
	}{
		{"timer", "-", false},
		{"TIMER, 100rel", "100rel", false},
		{"timer, 100rel", "-", true},
		{"100rel, precondition, timer", "precondition", true},
	} {
		halls(t, false, func(h *hall) { h.config.Lines[0].PRACK = c.prack }, func(h *hall) {
			a := h.one
			a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, "Require: "+c.require, description(a.addr.Addr())))
			if refused := a.hears().Responses("INVITE").Status(420); c.unsupported == "-" {
				h.same("refused", len(refused), 0)
				next[Incoming](h.bench, time.Second, nil)
			} else {
				h.same("Unsupported", texts(refused[0].Message, "Unsupported"), []string{c.unsupported})
			}
		})
	}
}

// REGISTER and OPTIONS of the phone tell what the line offers, as its INVITEs do.
func TestRegisterTellsTheExtensions(t *testing.T) {
	for _, on := range []bool{false, true} {
		story(t, func(b *bench) {
			l := &b.config.Lines[0]
			l.SessionTimer, l.PRACK = on, on
			l.Failover.KeepAlive, l.Failover.KeepAliveEvery = failover.OptionsAlive, 30*time.Second
			b.run()
			b.registered(1, time.Second)
			time.Sleep(time.Minute)
			register, options := "path", ""
			if on {
				register, options = "path, timer, 100rel", "timer, 100rel"
			}
			b.same("REGISTER", b.primary.Record.Requests("REGISTER")[0].Message.Header("Supported"), register)
			b.same("OPTIONS", b.primary.Record.Requests("OPTIONS")[0].Message.Header("Supported"), options)
		})
	}
}

// OPTIONS tells what the line offers.
func TestOptionsTellTheExtensions(t *testing.T) {
	for _, on := range []bool{false, true} {
		halls(t, false, func(h *hall) { h.config.Lines[0].SessionTimer, h.config.Lines[0].PRACK = on, on }, func(h *hall) {
			h.one.say(h.one.request("OPTIONS", "z9hG4bKone", "c", "f", "", 1))
			want := []string{"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE", ""}
			if on {
				want = []string{"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK", "timer, 100rel"}
			}
			h.same("answer", texts(h.one.hears().Responses("OPTIONS")[0].Message, "Allow", "Supported"), want)
		})
	}
}
