package ua

import (
	"testing"
	"time"

	"phoned/sip/siptest"
)

// refreshing makes the phone refresh its calls each 5 minutes, with UPDATE if
// the far side allows it, else with the offer once more.
func refreshing(h *hall, update bool) {
	timed(10 * time.Minute)(h)
	h.invite = []string{"Allow: INVITE, ACK, BYE", "Session-Expires: 600;refresher=uac", "Require: timer"}
	if update {
		h.invite[0] += ", UPDATE"
	}
	h.inside["UPDATE"] = []string{"Session-Expires: 600;refresher=uac", "Require: timer"}
	h.inside["INVITE"] = h.inside["UPDATE"]
}

// departures are when the transactions of a method inside a dialog left for an
// actor, in ms since a time.
func (h *hall) departures(a *actor, method string, since time.Time) (ms []int) {
	sent := h.net.Record.Entries().Requests(method).To(a.addr).Firsts().Select(func(e siptest.Entry) bool { return e.Message.ToTag != "" })
	for _, at := range sent.OffsetsFrom(since) {
		ms = append(ms, int(at/time.Millisecond))
	}
	return ms
}

// A refresh whose server has died goes on over the backup, without a change to
// the sound; those after it go there at once, for as long as the call lasts and
// wherever the line is registered by then.
func TestASessionIsRefreshedOverTheBackup(t *testing.T) {
	for _, method := range []string{"UPDATE", "INVITE"} {
		t.Run(method, func(t *testing.T) {
			halls(t, true, func(h *hall) {
				refreshing(h, method == "UPDATE")
				h.config.Lines[0].Failover.FailbackInterval = time.Minute
			}, func(h *hall) {
				began := time.Now()
				id := h.call("600")
				offer := h.last(h.one, "INVITE")
				time.Sleep(310 * time.Second)
				h.same("the first refresh", h.departures(h.one, method, began), []int{300000})
				h.dead.Store(true)
				time.Sleep(300 * time.Second)
				left, moved := h.departures(h.one, method, began), h.departures(h.two, method, began)
				h.same("the second", len(left), 2)
				if late := moved[0] - 600000; late <= 0 || late >= 2000 {
					h.fail("the refresh was at the backup %d ms after it was due", late)
				}
				first, second := h.last(h.one, method), h.last(h.two, method)
				h.moved(first, second)
				h.same("its headers", texts(second, timerHeaders...), texts(first, timerHeaders...))
				body := ""
				if method == "INVITE" {
					body = offer.Body()
					h.same("acknowledged there", h.last(h.two, "ACK").CSeq, second.CSeq)
				}
				h.same("the sound", second.Body(), body)

				// The line returns; the call stays where it is.
				h.dead.Store(false)
				h.registered(1, 10*time.Minute)
				time.Sleep(25 * time.Minute)
				later := h.departures(h.two, method, began)
				for i, at := range later[1:] {
					h.same("from one refresh to the next", at-later[i], 300000)
				}
				h.same("refreshes of half an hour", len(later) > 5, true)
				h.same("no further one at the primary", len(h.departures(h.one, method, began)), 2)
				none[MediaChanged](h.bench, nil)
				none[Ended](h.bench, nil)
				h.phone.Do(Hangup{Call: id})
				time.Sleep(time.Second)
				h.same("BYE", []int{len(h.departures(h.one, "BYE", began)), len(h.departures(h.two, "BYE", began))}, []int{0, 1})
			})
		})
	}
}

// The backup does not know the call: it is over, and nobody is asked again.
func TestASessionThatTheBackupDoesNotKnowIsOver(t *testing.T) {
	halls(t, true, func(h *hall) {
		refreshing(h, true)
		h.refuse["UPDATE"] = 481
	}, func(h *hall) {
		began := time.Now()
		id := h.call("600")
		h.dead.Store(true)
		e := next[Ended](h.bench, 310*time.Second, nil)
		h.same("ended by the far side", []any{e.Call, e.ByRemote}, []any{id, true})
		if late := time.Since(began) - 300*time.Second; late >= 2*time.Second {
			h.fail("known %v after the refresh was due", late)
		}
		time.Sleep(20 * time.Minute)
		h.same("refreshes at the backup", len(h.departures(h.two, "UPDATE", began)), 1)
	})
}

// No server is left: the call goes on until the session has expired, and not
// longer (RFC 4028 §10).
func TestASessionThatNobodyRefreshesExpires(t *testing.T) {
	halls(t, true, func(h *hall) {
		refreshing(h, true)
		h.instead = func(m siptest.Message) bool { return m.ToTag != "" && h.dead.Load() } // the second one says nothing either
	}, func(h *hall) {
		began := time.Now()
		id := h.call("600")
		h.dead.Store(true)
		time.Sleep(400 * time.Second)
		none[Ended](h.bench, nil)
		e := next[Ended](h.bench, 300*time.Second, nil)
		h.same("ended", []any{e.Call, e.Reason}, []any{id, "the session has expired"})
		if at := time.Since(began); at < 500*time.Second || at > 600*time.Second {
			h.fail("ended after %v", at)
		}
	})
}
