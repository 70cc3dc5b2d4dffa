package ua

import (
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/wire"
)

// served is a server transaction that a call has to answer.
type served struct {
	ref    dialog.Ref
	tx     *wire.ServerTx
	call   *call
	method sip.Method
}

// serve names a server transaction for a call.
func (a *agent) serve(tx *wire.ServerTx, c *call) dialog.Ref {
	method, _ := sip.ParseMethod(string(tx.Request().Method))
	s := &served{ref: a.nextRef, tx: tx, call: c, method: method}
	a.nextRef++
	tx.Owner = s
	a.served[s.ref] = s
	return s.ref
}

// release forgets a server transaction.
func (a *agent) release(ref dialog.Ref) {
	delete(a.served, ref)
}

// cancelled tells a call that its INVITE was cancelled.
func (a *agent) cancelled(tx *wire.ServerTx) {
	if s, ok := tx.Owner.(*served); ok && a.served[s.ref] == s {
		a.wish(s.call, dialog.Cancelled{Ref: s.ref})
		return
	}
	a.refuse(tx, 487)
}

// refuse answers without a call: a refusal, or what needs no dialog.
func (a *agent) refuse(tx *wire.ServerTx, status int, headers ...gosip.Header) {
	if tx == nil {
		return
	}
	a.respond(tx, tx.Response(status, phrase(status), nil), headers...)
}

func (a *agent) respond(tx *wire.ServerTx, res *gosip.Response, headers ...gosip.Header) {
	if res == nil {
		return
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	a.log.Debug("answer", "status", res.StatusCode, "method", string(tx.Request().Method), "to", tx.Peer().Addr)
	if err := tx.Respond(res); err != nil {
		a.log.Debug("answer not sent", "status", res.StatusCode, "error", err)
	}
}

// respond carries out a call's answer to a server transaction.
func (c *call) respond(act dialog.Respond) {
	s := c.agent.served[act.Ref]
	if s == nil {
		return
	}
	res := s.tx.Response(act.Status, phrase(act.Status), act.Body)
	var headers []gosip.Header
	if act.Contact {
		headers = append(headers, contactAt(s.tx.Route(), *contactUser(c.line.conf, true)))
	}
	if act.Allow {
		headers = append(headers, c.line.allow())
	}
	headers = append(headers, tagHeader("Supported", act.Supported)...)
	headers = append(headers, tagHeader("Require", act.Require)...)
	headers = append(headers, expiryHeaders(act.Expiry)...)
	if act.RSeq > 0 {
		headers = append(headers, gosip.NewHeader("RSeq", strconv.FormatUint(uint64(act.RSeq), 10)))
	}
	if act.Accept {
		headers = append(headers, gosip.NewHeader("Accept", dialog.AcceptList(s.method)))
	}
	if act.RetryAfter > 0 {
		headers = append(headers, gosip.NewHeader("Retry-After", strconv.Itoa(int(act.RetryAfter/time.Second))))
	}
	if act.ContentType != "" {
		t := gosip.ContentTypeHeader(act.ContentType)
		headers = append(headers, &t)
	}
	c.agent.respond(s.tx, res, headers...)
	// A 2xx to INVITE is repeated by the call until it says Release.
	if act.Status >= 300 || act.Status >= 200 && s.method != sip.INVITE {
		c.agent.release(act.Ref)
	}
}

// phrase is the reason phrase of a status (RFC 3261 §21).
func phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Moved"
	case 4:
		return "Bad Request"
	case 5:
		return "Server Internal Error"
	default:
		return "Decline"
	}
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
	200: "OK", 202: "Accepted", 302: "Moved Temporarily",
	400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
	408: "Request Timeout", 413: "Request Entity Too Large", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
	420: "Bad Extension", 422: "Session Interval Too Small", 423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
	491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable",
	504: "Server Time-out",
	600: "Busy Everywhere", 603: "Decline", 606: "Not Acceptable",
}
