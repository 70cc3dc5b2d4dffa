package ua

import (
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/wire"
)

// sendAsk sends one copy of a call's request to one server.
func (l *line) sendAsk(t *transaction, a failover.Action) {
	k := l.asks[a.ID]
	if k == nil || k.method != a.Method {
		l.log.Error("a request without an asker", "method", a.Method, "id", a.ID)
		return
	}
	t.ask = k
	k.open++
	if k.cseq == 0 || a.Repeat || !k.first {
		// RFC 3261 §22.2: credentials need a higher CSeq. A request inside a dialog
		// needs one too at another server: the far side may have seen the first copy.
		// The INVITE of a call keeps its number there, so that it is known as the same
		// one.
		if k.cseq = k.call.core.NextCSeq(k.req); k.cseq == 0 {
			return // answered meanwhile, over another server
		}
	}
	k.copies[t.server] = t
	if k.first {
		k.call.sendInvite(t)
		return
	}
	if err := k.call.sendInside(t); err != nil {
		l.log.Error("build a request of a call", "method", k.method, "error", err)
	}
}

// sendInvite sends the INVITE that starts a call. Its Request-URI, To and From
// name the server this copy goes to (or SIPN Local Domain), its offer the local
// address towards that server.
func (c *call) sendInvite(t *transaction) {
	l := c.line
	k := t.ask
	if n := l.number(t.server); c.asking != n {
		c.asking = n
		c.tell(Asking{Call: c.id, Server: c.asking})
	}
	addr := c.agent.localAddr(l.servers[t.server])
	t.drawn, c.media.Addr = addr, addr
	body := c.core.Offer(addr)
	req := newRequest(sip.INVITE, c.requestURI(t.server))
	from, to := c.parties(t.server)
	head(req, from, c.tag, to, "", c.callID, k.cseq)
	add(req, l.allow(), gosip.NewHeader("Supported", k.send.Supported.String()), gosip.NewHeader("Accept", "application/sdp"))
	add(req, expiryHeaders(k.send.Expiry)...)
	l.sign(req)
	setBody(req, "application/sdp", body)
	t.launchOffer(req)
}

// sendInside sends a request inside a dialog (RFC 3261 §12.2.1.1). At another
// server than the dialog's, the route is repaired, and an offer names the local
// address towards that server; the rest never changes.
func (c *call) sendInside(t *transaction) error {
	l := c.line
	k := t.ask
	d := k.send.Dialog
	req, err := c.inDialog(k.method, d, t.server, k.cseq)
	if err != nil {
		return err
	}
	contact := k.method == sip.INVITE || k.method == sip.UPDATE
	if contact {
		req.AppendHeader(l.allow())
	}
	add(req, tagHeader("Supported", k.send.Supported)...)
	add(req, expiryHeaders(k.send.Expiry)...)
	add(req, rackHeader(k.send.RAck)...)
	l.sign(req)
	if k.method == sip.INVITE && t.server != d.Way {
		addr := c.agent.localAddr(l.servers[t.server])
		t.drawn, c.media.Addr = addr, addr
		setBody(req, k.send.ContentType, c.core.Offer(addr))
		t.launchOffer(req)
		return nil
	}
	setBody(req, k.send.ContentType, k.send.Body)
	t.launch(req, contact)
	return nil
}

// launchOffer launches an INVITE whose offer was drawn for an address.
func (t *transaction) launchOffer(req *gosip.Request) {
	l := t.line
	l.store(t.server).Authorize(t.try, req)
	t.branch = l.agent.names.branch()
	t.start(nil, readdressed(builder(req, t.branch, l.conf.Rport, contactUser(l.conf, true)), t.drawn))
}

// inDialog makes a request of a dialog that is sent to a server.
func (c *call) inDialog(m sip.Method, d dialog.Dialog, server int, cseq uint32) (*gosip.Request, error) {
	if server != d.Server && c.line.has(int8(d.Server)) {
		d.Routes = dialog.RepairRoutes(d.Routes, c.line.routeTo(server), c.line.names(d.Server, server))
	}
	target, routes := d.RequestURI()
	from, to := c.parties(d.Server)
	uri := to.Address // the far side has told no target
	if c.target != nil {
		uri = c.requestURI(d.Server)
	}
	if target != "" {
		uri = gosip.Uri{}
		if err := gosip.ParseUri(target, &uri); err != nil {
			return nil, fmt.Errorf("read remote target %q: %w", target, err)
		}
	}
	req := newRequest(m, uri)
	for _, r := range routes {
		var hop gosip.Uri
		if err := gosip.ParseUri(strings.Trim(r, "<> "), &hop); err != nil {
			return nil, fmt.Errorf("read route %q: %w", r, err)
		}
		req.AppendHeader(&gosip.RouteHeader{Address: hop})
	}
	head(req, from, d.LocalTag, to, d.RemoteTag, d.CallID, cseq)
	return req, nil
}

// sendAck acknowledges a 2xx (RFC 3261 §13.2.2.4): CSeq number, credentials and
// way are the INVITE's; a further copy of the 2xx gets the same ACK again.
func (c *call) sendAck(act dialog.Ack) {
	k := c.asks[act.Req]
	server := act.Dialog.Way
	if k == nil || !c.line.has(int8(server)) {
		return
	}
	req, err := c.inDialog(sip.ACK, act.Dialog, server, act.CSeq)
	if err != nil {
		c.log.Error("build ACK", "error", err)
		return
	}
	var along *wire.Flight
	if t := k.copies[server]; t != nil && t.flight != nil {
		along = t.flight
		if invite := along.Request(); invite != nil {
			gosip.CopyHeaders("Authorization", invite, req)
			gosip.CopyHeaders("Proxy-Authorization", invite, req)
		}
	}
	c.line.sign(req)
	setBody(req, act.ContentType, act.Body)
	acked := ackKey{tag: act.Dialog.RemoteTag, cseq: act.CSeq}
	branch := k.acks[acked]
	if branch == "" {
		branch = c.agent.names.branch()
		k.acks[acked] = branch
	}
	c.log.Debug("send", "method", sip.ACK, "server", c.line.number(server), "branch", branch)
	c.agent.wire.Ack(c.line.servers[server], along, guarded(builder(req, branch, c.line.conf.Rport, nil)))
}
