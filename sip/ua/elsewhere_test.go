package ua

import (
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// A hall is a line with two servers that are actors, and the far side of its
// calls behind both of them.
type hall struct {
	*bench
	one, two *actor
	dead     atomic.Bool                // the first server is silent
	invite   []string                   // headers of the 200 to the first INVITE
	inside   map[string][]string        // and of the 200 to a method inside the dialog
	refuse   map[string]int             // status of a method inside the dialog, at the second server
	instead  func(siptest.Message) bool // answers a message in another way
}

const farTag = "far"

// halls runs a story with two scripted servers. The far side's Contact is
// 10.0.0.99, and both the routes of a call name the server it came through.
func halls(t *testing.T, smart bool, setUp, f func(h *hall)) {
	t.Helper()
	story(t, func(b *bench) {
		h := &hall{bench: b, one: b.actor("10.0.0.4:5060"), two: b.actor("10.0.0.5:5060")}
		h.inside, h.refuse = map[string][]string{}, map[string]int{}
		h.one.play = func(m siptest.Message) {
			if !h.dead.Load() {
				h.play(h.one, m)
			}
		}
		h.two.play = func(m siptest.Message) { h.play(h.two, m) }
		conf := &b.config.Lines[0].Failover
		conf.Servers = serversOf(h.one.addr.Addr().String(), h.two.addr.Addr().String())
		conf.Smart = smart
		if setUp != nil {
			setUp(h)
		}
		b.run()
		b.registered(1, time.Second)
		f(h)
	})
}

func (h *hall) play(a *actor, m siptest.Message) {
	status := h.refuse[m.Method]
	switch {
	case !m.Request || m.Is("ACK"):
	case h.instead != nil && h.instead(m):
	case m.Is("REGISTER"):
		var contact []string
		if m.ContactTo != "" {
			contact = []string{"Contact: <" + m.ContactTo + ">;expires=3600"}
		}
		a.answer(m, 200, "r", contact...)
	case m.Is("OPTIONS"):
		a.answer(m, 200, "o")
	case m.ToTag != "" && a == h.two && status != 0:
		a.answer(m, status, "")
	case m.Is("INVITE"):
		headers := h.inside["INVITE"]
		if m.ToTag == "" {
			headers = h.invite
		}
		a.answer(m, 200, farTag, append(slices.Clone(headers), "Contact: <sip:far@10.0.0.99>",
			"Record-Route: <sip:10.0.0.4:5060;lr>", description(netip.MustParseAddr("10.0.0.99")))...)
	default:
		a.answer(m, 200, "", h.inside[m.Method]...)
	}
}

// last is the last request of a method that a server has heard.
func (h *hall) last(a *actor, method string) siptest.Message {
	h.t.Helper()
	all := a.hears().Requests(method)
	if len(all) == 0 {
		h.fail("no %s at %s", method, a.addr)
	}
	return all[len(all)-1].Message
}

// moved checks that second is first over the other server: another branch, a
// higher CSeq, the repaired route, and nothing else.
func (h *hall) moved(first, second siptest.Message) {
	h.t.Helper()
	h.same("Request-URI", second.URI, first.URI)
	h.same("Call-ID, From and To", []string{second.CallID, second.Header("From"), second.Header("To")},
		[]string{first.CallID, first.Header("From"), first.Header("To")})
	h.same("routes", [][]string{first.Routes, second.Routes},
		[][]string{{"sip:10.0.0.4:5060;lr"}, {"sip:10.0.0.5:5060;transport=udp;lr"}})
	h.same("a higher CSeq", second.CSeq > first.CSeq, true)
	h.same("another branch", second.Branch != first.Branch, true)
	h.same("body", second.Body(), first.Body())
}

// With Smart Failover a request inside a dialog goes on at the next server when
// its own is dead, and those that follow begin there.
func TestRequestsInsideADialogGoOverTheBackup(t *testing.T) {
	for _, c := range []struct {
		method string
		wish   func(h *hall, id CallID)
		done   func(h *hall)
	}{
		{"INFO", func(h *hall, id CallID) { h.phone.Do(Info{Call: id, Digit: '5'}) }, func(h *hall) { time.Sleep(10 * time.Second) }},
		{"INVITE", func(h *hall, id CallID) { h.phone.Do(Hold{Call: id}) }, func(h *hall) {
			next(h.bench, 10*time.Second, func(m MediaChanged) bool { return m.LocalHold })
			ack := h.last(h.two, "ACK")
			h.same("the ACK goes the way of its INVITE", []any{ack.CSeq, ack.Routes}, []any{h.last(h.two, "INVITE").CSeq, h.last(h.two, "INVITE").Routes})
		}},
		{"UPDATE", func(*hall, CallID) { time.Sleep(50 * time.Second) }, func(h *hall) { time.Sleep(10 * time.Second) }},
	} {
		t.Run(c.method, func(t *testing.T) {
			halls(t, true, func(h *hall) {
				line := &h.config.Lines[0]
				line.SessionTimer, line.SessionExpires = true, 100*time.Second
				h.invite = []string{"Allow: INVITE, UPDATE", "Session-Expires: 100;refresher=uac", "Require: timer"}
				h.inside["UPDATE"] = []string{"Session-Expires: 100;refresher=uac"}
				h.inside["INVITE"] = h.inside["UPDATE"]
			}, func(h *hall) {
				id := h.call("600")
				h.dead.Store(true)
				c.wish(h, id)
				c.done(h)
				first, second := h.last(h.one, c.method), h.last(h.two, c.method)
				h.moved(first, second)
				h.same("Session-Expires", second.Header("Session-Expires"), first.Header("Session-Expires"))
				none[Ended](h.bench, nil)

				before := len(h.one.hears().CallID(first.CallID))
				h.phone.Do(Info{Call: id, Digit: '7'})
				synctest.Wait()
				h.same("the next digit", strings.Contains(h.last(h.two, "INFO").Body(), "Signal=7"), true)
				h.phone.Do(Hangup{Call: id})
				synctest.Wait()
				bye := h.last(h.two, "BYE")
				h.same("and the BYE", []any{bye.Routes, bye.URI, bye.CSeq > second.CSeq}, []any{second.Routes, first.URI, true})
				h.same("nothing more at the dead one", len(h.one.hears().CallID(first.CallID)), before)
			})
		})
	}
}

// Where the phone has another address towards the other server, the offer and
// the Contact name that one, then and later.
func TestAnOfferOverTheBackupNamesTheAddressTowardsIt(t *testing.T) {
	halls(t, true, func(h *hall) {
		h.config.Wire.Source = func(remote netip.AddrPort) (netip.Addr, error) {
			if remote.Addr() == h.two.addr.Addr() {
				return netip.MustParseAddr("10.0.0.8"), nil
			}
			return phoneAddr, nil
		}
	}, func(h *hall) {
		id := h.call("600")
		h.dead.Store(true)
		h.phone.Do(Hold{Call: id})
		next(h.bench, 10*time.Second, func(m MediaChanged) bool { return m.LocalHold })
		hold := h.last(h.two, "INVITE")
		h.same("hold", []any{strings.Contains(hold.Body(), "c=IN IP4 10.0.0.8\r\n"), hold.ContactTo}, []any{true, "sip:alice@10.0.0.8:5060"})
		h.phone.Do(Resume{Call: id})
		next(h.bench, 10*time.Second, func(m MediaChanged) bool { return !m.LocalHold })
		h.same("resume", strings.Contains(h.last(h.two, "INVITE").Body(), "c=IN IP4 10.0.0.8\r\n"), true)
		time.Sleep(5 * time.Second)
		h.same("nothing is put right after that", len(h.two.hears().Requests("INVITE")), 2)
	})
}

// The other server does not know the call: the call is over (RFC 5057 §5.1).
func TestADialogThatTheBackupDoesNotKnowIsOver(t *testing.T) {
	halls(t, true, func(h *hall) { h.refuse["INVITE"] = 481 }, func(h *hall) {
		id := h.call("600")
		h.dead.Store(true)
		h.phone.Do(Hold{Call: id})
		e := next[Ended](h.bench, 20*time.Second, nil)
		h.same("by the far side", []any{e.Call, e.ByRemote}, []any{id, true})
	})
}

// Without Smart Failover such a request goes to its own server alone, for 64*T1,
// and the call stays as it was.
func TestRequestsInsideADialogStayWithTheirServer(t *testing.T) {
	halls(t, false, nil, func(h *hall) {
		id := h.call("600")
		h.dead.Store(true)
		began := time.Now()
		h.phone.Do(Hold{Call: id})
		next[HoldFailed](h.bench, 40*time.Second, nil)
		h.same("after 64*T1", time.Since(began), 32*time.Second)
		h.same("at the backup", len(h.two.hears().Requests("INVITE")), 0)
		none[Ended](h.bench, nil)
	})
}
