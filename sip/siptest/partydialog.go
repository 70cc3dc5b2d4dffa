package siptest

import (
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// learn takes the dialog's data from a 2xx (RFC 3261 §12.1.2).
func (c *PartyCall) learn(tx *clientTx, res *gosip.Response) {
	c.out, c.via = tx.flow, tx.flow.remote
	c.farTag, _ = res.To().Params.Get("tag")
	if contact := res.Contact(); contact != nil {
		c.target = contact.Address
	}
	c.routes = nil
	for _, h := range res.GetHeaders("Record-Route") {
		if rr, ok := h.(*gosip.RecordRouteHeader); ok {
			c.routes = append([]gosip.Uri{rr.Address}, c.routes...)
		}
	}
	c.heard(res.Body())
}

// incoming takes the dialog's data from an INVITE (RFC 3261 §12.1.1).
func (c *PartyCall) incoming(tx *serverTx) {
	req := tx.req
	c.out, c.via = tx.flow, tx.flow.remote
	c.farTag, _ = req.From().Params.Get("tag")
	c.local, c.remote = req.To().Address, req.From().Address
	c.target = c.remote
	if contact := req.Contact(); contact != nil {
		c.target = contact.Address
	}
	for _, h := range req.GetHeaders("Record-Route") {
		if rr, ok := h.(*gosip.RecordRouteHeader); ok {
			c.routes = append(c.routes, rr.Address)
		}
	}
	c.farCSeq = req.CSeq().SeqNo
	c.heard(req.Body())
}

// build makes a request inside the dialog, or the first INVITE.
func (c *PartyCall) build(method gosip.RequestMethod, cseq uint32) *gosip.Request {
	req := gosip.NewRequest(method, *c.target.Clone())
	for i := range c.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *c.routes[i].Clone()})
	}
	req.AppendHeader(gosip.NewHeader("Max-Forwards", "70"))
	from := &gosip.FromHeader{Address: c.local, Params: gosip.NewParams()}
	from.Params.Add("tag", c.localTag)
	to := &gosip.ToHeader{Address: c.remote, Params: gosip.NewParams()}
	if c.farTag != "" {
		to.Params.Add("tag", c.farTag)
	}
	id := gosip.CallIDHeader(c.callID)
	req.AppendHeader(from)
	req.AppendHeader(to)
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: cseq, MethodName: method})
	return req
}

// hop is where a request of the dialog goes: its first route, else its target.
func (c *PartyCall) hop() flow {
	uri := &c.target
	if len(c.routes) > 0 {
		uri = &c.routes[0]
	}
	to, err := parseHostPort(strings.Trim(uri.Host, "[]"), uri.Port)
	if err != nil {
		return c.out
	}
	transport, _ := uri.UriParams.Get("transport")
	f, err := c.p.st.flowTo(transport, to)
	if err != nil {
		return c.out
	}
	return f
}

func (c *PartyCall) ack(cseq uint32) {
	req := c.build(gosip.ACK, cseq)
	req.SetBody(nil)
	c.p.st.send(c.hop(), req, c.p.st.branch(), nil)
}

// ask sends a request inside the dialog.
func (c *PartyCall) ask(method gosip.RequestMethod, fill func(*gosip.Request), on func(*gosip.Response)) {
	c.cseq++
	req := c.build(method, c.cseq)
	req.SetBody(nil)
	if fill != nil {
		fill(req)
	}
	if on == nil {
		on = func(*gosip.Response) {}
	}
	c.p.st.send(c.hop(), req, c.p.st.branch(), on)
}

// request handles a request inside the call; the lock is held.
func (c *PartyCall) request(tx *serverTx) {
	switch req := tx.req; req.Method {
	case gosip.ACK:
		if len(req.Body()) > 0 {
			c.heard(req.Body())
		}
	case gosip.BYE:
		tx.respond(tx.answer(200, ""), false)
		c.over = true
		c.set(Ended)
	case gosip.CANCEL:
		c.p.st.answerCancel(tx)
	case gosip.INVITE, gosip.UPDATE:
		// RFC 3261 §12.2.2: an out-of-order request is refused.
		if req.CSeq().SeqNo <= c.farCSeq {
			tx.respond(tx.answer(500, "CSeq Did Not Rise"), false)
			return
		}
		c.farCSeq = req.CSeq().SeqNo
		if contact := req.Contact(); contact != nil {
			c.target = contact.Address
		}
		tx.respond(c.withMedia(tx, tx.answer(200, "", c.p.st.contact(tx.flow, c.number)), req.Body()), false)
		c.p.changed()
	default:
		tx.respond(tx.answer(200, ""), false)
	}
}

// offer puts this side's description into a request.
func (c *PartyCall) offer(req *gosip.Request) {
	c.version++
	req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(c.media.describe(c.version, "", c.holding)))
}

// withMedia puts an answer to the offer, or an offer of this side's, into res.
func (c *PartyCall) withMedia(tx *serverTx, res *gosip.Response, offer []byte) *gosip.Response {
	if tx.req.Method == gosip.UPDATE && len(offer) == 0 {
		return res
	}
	c.heard(offer)
	c.version++
	res.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte(c.media.describe(c.version, string(offer), c.holding)))
	return res
}

// heard takes the other side's description.
func (c *PartyCall) heard(sdp []byte) {
	if len(sdp) == 0 {
		return
	}
	c.farSDP = string(sdp)
	c.held = c.media.learn(c.farSDP)
}
