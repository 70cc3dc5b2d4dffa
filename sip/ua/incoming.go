package ua

import (
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/wire"
)

// maxCalls is the number of calls that may be in progress at once; more are
// busy here (486). The phone shows fewer, and says 486 itself before that.
const maxCalls = 16

// allowOutside is the Allow header outside of dialogs.
const allowOutside = dialog.AllowList

// request handles a request that arrived. tx is nil for an ACK.
func (a *agent) request(req *gosip.Request, tx *wire.ServerTx, from wire.Peer) {
	if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil {
		return
	}
	method, known := sip.ParseMethod(string(req.Method))
	a.log.Debug("receive", "method", string(req.Method), "from", from.Addr, "call_id", req.CallID().Value())
	toTag, inside := param(req.To().Params, "tag")
	var c *call
	if inside {
		c = a.inDialog(req, toTag, from)
	}
	switch {
	case method == sip.ACK:
		if c != nil {
			a.wish(c, readRequest(req, 0, c.serverAt(from)))
		}
	case c == nil && !from.Server:
		// A stranger in no dialog of ours learns nothing, not even that we are here.
		a.log.Debug("drop", "method", string(req.Method), "from", from.Addr)
	case !known:
		a.refuse(tx, 501)
	case a.unsupported(req, tx, c, from):
	case c != nil:
		a.wish(c, readRequest(req, a.serve(tx, c), c.serverAt(from)))
	case inside:
		a.refuse(tx, 481) // RFC 3261 §12.2.2
	default:
		a.outside(method, req, tx, from)
	}
}

// inDialog finds the call whose Call-ID and both tags are those of req. A
// request that does not come from a server is taken only from the dialog's
// route or remote target.
func (a *agent) inDialog(req *gosip.Request, toTag string, from wire.Peer) *call {
	fromTag, _ := param(req.From().Params, "tag")
	for _, c := range a.dialogs[req.CallID().Value()] {
		if c.core.Matches(toTag, fromTag) && (from.Server || c.neighbour(from.Addr.Addr())) {
			return c
		}
	}
	return nil
}

// unsupported answers what a request may not ask for: extensions that its line
// does not serve (RFC 3261 §8.2.2.3), and encodings (§8.2.3). c is its call, nil
// if it has none.
func (a *agent) unsupported(req *gosip.Request, tx *wire.ServerTx, c *call, from wire.Peer) bool {
	var served dialog.Tags
	if c != nil {
		served = c.line.served()
	} else if l, _, ok := a.lineFor(req, from); ok {
		served = l.served()
	}
	tags := slices.DeleteFunc(values(req, "Require"), func(v string) bool {
		tag, known := dialog.ParseTag(v)
		return known && served.Has(tag)
	})
	if len(tags) > 0 {
		a.refuse(tx, 420, gosip.NewHeader("Unsupported", strings.Join(tags, ", ")))
		return true
	}
	if coding := value(req, "Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		a.refuse(tx, 415, gosip.NewHeader("Accept-Encoding", "identity"))
		return true
	}
	return false
}

// outside handles a request outside of every dialog, from a server.
func (a *agent) outside(method sip.Method, req *gosip.Request, tx *wire.ServerTx, from wire.Peer) {
	switch method {
	case sip.INVITE:
		a.invited(req, tx, from)
	case sip.OPTIONS:
		a.options(req, tx, from)
	case sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK, sip.CANCEL:
		a.refuse(tx, 481)
	case sip.NOTIFY, sip.SUBSCRIBE:
		// No subscription of ours: check-sync, MWI and the like from anyone who asks
		// are not for us (RFC 6665 §4.1.3, §4.2.1.1).
		a.refuse(tx, 489, gosip.NewHeader("Allow-Events", ""))
	default:
		a.refuse(tx, 405, gosip.NewHeader("Allow", allowOutside))
	}
}

// options says that the line is alive and what it understands (RFC 3261 §11.2).
func (a *agent) options(req *gosip.Request, tx *wire.ServerTx, from wire.Peer) {
	l, _, ok := a.lineFor(req, from)
	if !ok && req.Recipient.User != "" {
		a.refuse(tx, 404)
		return
	}
	allow, offered := gosip.NewHeader("Allow", allowOutside), dialog.Tags(0)
	if ok {
		allow, offered = l.allow(), l.offered()
	}
	a.refuse(tx, 200,
		allow,
		gosip.NewHeader("Accept", dialog.AcceptList(sip.OPTIONS)),
		gosip.NewHeader("Accept-Encoding", "identity"),
		gosip.NewHeader("Supported", offered.String()))
}

// lineFor finds the line that a request from a server is for: the one at that
// server whose user is named in the Request-URI, else in To.
func (a *agent) lineFor(req *gosip.Request, from wire.Peer) (l *line, server int, ok bool) {
	for _, user := range []string{req.Recipient.User, req.To().Address.User} {
		for _, l := range a.inOrder() {
			if user == "" || unescapeUser(user) != l.conf.User {
				continue
			}
			if server, ok := l.serverAt(from.Addr.Addr(), from); ok {
				return l, server, true
			}
		}
	}
	return nil, 0, false
}

// serverAt tells which server of the line a message came from. The active
// server is preferred where several share an address, then the one with the
// port it came from.
func (l *line) serverAt(addr netip.Addr, from wire.Peer) (server int, ok bool) {
	best, score := -1, 0
	for i, s := range l.servers {
		if !l.agent.wire.At(s, addr) {
			continue
		}
		points := 1
		if s.Port == from.Addr.Port() {
			points += 4
		}
		if s.Transport == from.Transport {
			points += 2
		}
		if i == l.core.Active() {
			points++
		}
		if points > score {
			best, score = i, points
		}
	}
	return max(best, 0), best >= 0
}

// invited makes a call of an INVITE.
func (a *agent) invited(req *gosip.Request, tx *wire.ServerTx, from wire.Peer) {
	l, server, ok := a.lineFor(req, from)
	if !ok {
		a.refuse(tx, 404)
		return
	}
	tag, _ := param(req.From().Params, "tag")
	key := mergeKey{callID: req.CallID().Value(), tag: tag}
	if a.isMerged(key, req.CSeq().SeqNo) {
		// RFC 3261 §8.2.2.2; and the same call over both servers rings once.
		a.refuse(tx, 482)
		return
	}
	switch {
	case a.stopping || l.next != nil && l.next.leaves():
		a.refuse(tx, 480)
		return
	case a.live() >= maxCalls:
		a.refuse(tx, 486)
		return
	}
	c := a.newCall(l, a.nextCall)
	a.nextCall += 2
	c.callID = key.callID
	c.tag = tx.Tag()
	c.server = server
	c.request, c.tx = req, tx
	c.core = dialog.NewIncoming(l.dialogConfig(c.callID, c.tag))
	c.fix(req)
	a.know(c)
	a.merged.add(key, req.CSeq().SeqNo, a.now())
	a.wish(c, readRequest(req, a.serve(tx, c), server))
}

// readRequest is what a call reads of a request.
func readRequest(req *gosip.Request, ref dialog.Ref, server int) dialog.Request {
	method, _ := sip.ParseMethod(string(req.Method))
	r := dialog.Request{
		Ref:         ref,
		Method:      method,
		CSeq:        req.CSeq().SeqNo,
		Contact:     firstContact(req),
		RecordRoute: recordRoutes(req),
		Server:      server,
		Allow:       allowed(req),
		Supported:   tagsOf(req, "Supported"),
		Require:     tagsOf(req, "Require"),
		Expiry:      expiryOf(req),
		RAck:        rackOf(req),
		Body:        req.Body(),
	}
	r.FromTag, _ = param(req.From().Params, "tag")
	r.ToTag, _ = param(req.To().Params, "tag")
	if t := req.ContentType(); t != nil {
		r.ContentType = t.Value()
	}
	return r
}

// live is the number of calls that are not over for the phone.
func (a *agent) live() int {
	n := 0
	for _, c := range a.calls {
		if !c.ended {
			n++
		}
	}
	return n
}
