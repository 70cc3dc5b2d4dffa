package ua

import (
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/wire"
)

// response tells the line a copy of a response to one of its transactions.
func (a *agent) response(f *wire.Flight, res *gosip.Response, from wire.Peer) {
	status := res.StatusCode
	if status < 100 || status > 699 {
		return
	}
	if p, ok := f.Owner.(*probe); ok {
		p.answer(res)
		return
	}
	t, ok := f.Owner.(*transaction)
	if !ok || t.forgotten {
		return
	}
	l := t.line
	l.log.Debug("receive", "status", status, "method", t.method, "server", l.number(t.server), "branch", t.branch)
	if from.Addr.IsValid() && l.resolved(t.server) && a.wire.At(l.servers[t.server], from.Addr.Addr()) {
		l.remotes[t.server] = from.Addr
	}
	// RFC 3261 §17.1.1.3: every copy of a final answer other than 2xx to INVITE is
	// acknowledged by the transaction.
	if t.method == sip.INVITE && status >= 300 {
		t.ackFailure(res)
	}
	e := failover.Event{Kind: failover.Response, Tx: t.tx, Method: t.method, Server: int8(t.server), Status: uint16(status)}
	e.RetryAfter = retryAfter(res)
	if to := res.To(); to != nil {
		_, e.Tagged = param(to.Params, "tag")
	}
	if status == 401 || status == 407 {
		e.Challenge = t.challenge(res, from)
	}
	if t.registration != nil {
		switch {
		case status/100 == 2:
			var own gosip.Uri
			if req := f.Request(); req != nil && req.Contact() != nil {
				own = req.Contact().Address
			}
			e.Expires = granted(res, own, t.registration.asked)
		case status == 423:
			e.Expires, _ = seconds(value(res, "Min-Expires"))
		}
	}
	if r, ok := f.Route(); ok && t.drawn.IsValid() && r.Local.Addr().Unmap() != t.drawn {
		// The offer left from another address than foreseen: what the call says
		// later has to name that one too.
		t.drawn = r.Local.Addr().Unmap()
		t.ask.call.core.Offer(t.drawn)
		t.ask.call.media.Addr = t.drawn
	}
	news := health.Event{Kind: health.Answer, Method: t.method, Status: uint16(status)}
	if !t.answered && t.copies == 1 {
		news.RTT = a.now() - t.sentAt // RFC 6298 §3: what was repeated measures nothing
	}
	if t.registration != nil && status == 439 {
		l.plain[l.home(t.server)] = true
	}
	t.answered = true
	t.rest()
	if t.final == nil && status >= 200 {
		t.final = res
	}
	a.tell(l, e, res)
	a.note(l, t.server, news)
}

// challenge tells whether the same request may go out again with credentials.
// Only the first final answer is judged: a copy of it is no new challenge. Only
// the server that was asked may ask: a stranger's challenge would
// be a way to crack the password (RFC 3261 §22).
func (t *transaction) challenge(res *gosip.Response, from wire.Peer) failover.Challenge {
	l := t.line
	if t.final != nil || t.method == sip.CANCEL || l.conf.Password == "" {
		return failover.NoChallenge
	}
	fromServer := from.Server && (l.agent.wire.At(l.servers[t.server], from.Addr.Addr()))
	if !l.store(t.server).Answerable(t.try, res, fromServer) {
		return failover.NoChallenge
	}
	return failover.Answerable
}

// ackFailure sends the ACK of a final answer of 300 to 699: same Request-URI,
// branch and route as the INVITE, the To of the answer (RFC 3261 §17.1.1.3).
func (t *transaction) ackFailure(res *gosip.Response) {
	invite := t.flight.Request()
	if invite == nil || invite.Via() == nil || invite.From() == nil || invite.CallID() == nil || invite.CSeq() == nil || res.To() == nil {
		return
	}
	ack := newRequest(sip.ACK, *invite.Recipient.Clone())
	gosip.CopyHeaders("Route", invite, ack)
	ack.AppendHeader(gosip.HeaderClone(invite.From()))
	ack.AppendHeader(gosip.HeaderClone(res.To()))
	ack.AppendHeader(gosip.HeaderClone(invite.CallID()))
	ack.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: gosip.ACK})
	t.line.sign(ack)
	ack.SetBody(nil)
	ack.PrependHeader(invite.Via().Clone())
	t.line.agent.wire.Ack(t.flight.Server, t.flight, func(wire.Route) (*gosip.Request, error) { return ack, nil })
}

// sendCancel takes back the INVITE of prev: same Request-URI, Call-ID, To, From,
// CSeq number, Route and branch, and the same way (RFC 3261 §9.1).
func (l *line) sendCancel(t, prev *transaction) {
	if prev == nil || prev.flight == nil {
		return
	}
	invite := prev.flight.Request()
	if invite == nil || invite.Via() == nil || invite.From() == nil || invite.To() == nil || invite.CallID() == nil || invite.CSeq() == nil {
		return
	}
	t.ask = prev.ask
	if t.ask != nil {
		t.ask.open++
	}
	req := newRequest(sip.CANCEL, *invite.Recipient.Clone())
	gosip.CopyHeaders("Route", invite, req)
	req.AppendHeader(gosip.HeaderClone(invite.From()))
	req.AppendHeader(gosip.HeaderClone(invite.To()))
	req.AppendHeader(gosip.HeaderClone(invite.CallID()))
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: gosip.CANCEL})
	l.sign(req)
	req.SetBody(nil)
	req.PrependHeader(invite.Via().Clone())
	t.branch = prev.branch
	t.start(prev.flight, func(wire.Route) (*gosip.Request, error) { return req, nil })
}

// readResponse is what a call reads of a response.
func readResponse(res *gosip.Response) dialog.Response {
	r := dialog.Response{
		Status:      res.StatusCode,
		Reason:      clean(res.Reason, 128),
		Contact:     firstContact(res),
		RecordRoute: recordRoutes(res),
		Allow:       allowed(res),
		RetryAfter:  retryAfter(res),
		Require:     tagsOf(res, "Require"),
		Expiry:      expiryOf(res),
		Body:        res.Body(),
	}
	if c := res.CSeq(); c != nil {
		r.CSeq = c.SeqNo
	}
	if to := res.To(); to != nil {
		r.ToTag, _ = param(to.Params, "tag")
	}
	if t := res.ContentType(); t != nil {
		r.ContentType = t.Value()
	}
	if n, err := strconv.ParseUint(value(res, "RSeq"), 10, 32); err == nil {
		r.RSeq = uint32(n)
	}
	return r
}

// firstContact is the URI of the first Contact if requests can be sent there,
// else "".
func firstContact(m headed) string {
	for _, h := range m.Headers() {
		c, ok := h.(*gosip.ContactHeader)
		if !ok {
			continue
		}
		if !usable(c.Address) {
			return ""
		}
		return c.Address.String()
	}
	return ""
}

// recordRoutes are the Record-Route values in the order of the message. One that
// can not be used is left out: the message is not refused for it.
func recordRoutes(m headed) []string {
	var out []string
	for _, h := range m.Headers() {
		r, ok := h.(*gosip.RecordRouteHeader)
		if ok && usable(r.Address) {
			out = append(out, "<"+r.Address.String()+">")
		}
	}
	return out
}

// usable tells whether a URI of the far side can stand in a request of ours: it
// names a host, and what is written is read back as the same.
func usable(u gosip.Uri) bool {
	if u.Wildcard || u.Host == "" || u.Scheme != "sip" && u.Scheme != "sips" || u.Port < 0 || u.Port > 65535 {
		return false
	}
	text := u.String()
	if len(text) > 1024 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
		return false
	}
	var again gosip.Uri
	return gosip.ParseUri(text, &again) == nil && again.Host != "" && again.String() == text
}

// allowed are the methods of the Allow header; nil = none.
func allowed(m headed) []sip.Method {
	var out []sip.Method
	for _, name := range values(m, "Allow") {
		if method, ok := sip.ParseMethod(name); ok && !slices.Contains(out, method) {
			out = append(out, method)
		}
	}
	return out
}
