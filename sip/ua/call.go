package ua

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/wire"
)

// A call runs one dialog.Call: it carries out what the core asks for, and tells
// the phone. It is known until nothing of it can arrive any more, which may be
// long after the phone was told Ended.
type call struct {
	agent  *agent
	line   *line
	log    *slog.Logger
	id     CallID
	core   *dialog.Call
	callID string
	tag    string // ours

	target  *target        // of a call that was dialled
	request *gosip.Request // the INVITE of a call that arrived
	tx      *wire.ServerTx // and its server transaction
	local   gosip.Uri      // of a call that arrived: our side, the far side
	remote  gosip.Uri

	asks   map[dialog.Req]*ask
	server int            // target that the call came through
	asking int            // server told by Asking, from 1
	hungUp bool           // the phone, or the caller, wants no call any more
	up     bool           // Established was told
	told   bool           // the phone knows the call
	ended  bool           // Ended was told
	cause  failover.Cause // why no server served the INVITE
	dialog dialog.Dialog  // as seen last, for hops
	hops   []netip.Addr   // addresses of its route and remote target
	media  sdp.Local      // our side of the stream, as the phone wants it
}

func (a *agent) newCall(l *line, id CallID) *call {
	return &call{
		agent: a,
		line:  l,
		log:   l.log.With("call", uint32(id)),
		id:    id,
		asks:  map[dialog.Req]*ask{},
	}
}

// know makes a call findable by its number and its Call-ID.
func (a *agent) know(c *call) {
	a.calls[c.id] = c
	a.dialogs[c.callID] = append(a.dialogs[c.callID], c)
}

// drop forgets a call of which nothing can arrive any more.
func (a *agent) drop(c *call) {
	delete(a.calls, c.id)
	rest := slices.DeleteFunc(a.dialogs[c.callID], func(o *call) bool { return o == c })
	if len(rest) == 0 {
		delete(a.dialogs, c.callID)
	} else {
		a.dialogs[c.callID] = rest
	}
	for ref, s := range a.served {
		if s.call == c {
			delete(a.served, ref)
		}
	}
	for _, k := range c.asks {
		delete(c.line.asks, k.id)
	}
	a.peers.stale = true
}

// busy tells whether something of the call still has to be done: it is up, a
// request waits for its answer, or a 2xx of ours for its ACK.
func (c *call) busy() bool {
	if c.told && !c.ended {
		return true
	}
	for _, k := range c.asks {
		if !k.settled {
			return true
		}
	}
	for _, s := range c.agent.served {
		if s.call == c {
			return true
		}
	}
	return false
}

// over tells whether nothing of the call can arrive any more.
func (c *call) over() bool {
	if c.busy() || !c.core.Closed() {
		return false
	}
	for _, k := range c.asks {
		if k.open > 0 {
			return false
		}
	}
	return true
}

// carry does one thing that the core asks for.
func (c *call) carry(act dialog.Action) {
	switch act := act.(type) {
	case dialog.Send:
		c.send(act)
	case dialog.Cancel:
		c.hungUp = true
		if k := c.asks[act.Req]; k != nil && !k.settled {
			c.agent.tell(c.line, failover.Event{Kind: failover.Hangup, ID: k.id}, nil)
		}
	case dialog.Ack:
		c.sendAck(act)
	case dialog.Respond:
		c.respond(act)
	case dialog.Release:
		c.agent.release(act.Ref)
	case dialog.Incoming:
		c.told = true
		c.tell(c.incoming())
	case dialog.Progress:
		c.tell(Progress{Call: c.id, Status: act.Status, Media: act.Media})
	case dialog.Established:
		c.up = true
		c.log.Info("call up", "server", c.line.number(act.Dialog.Server))
		c.tell(Established{Call: c.id, Server: c.line.number(act.Dialog.Server), Media: act.Media})
	case dialog.MediaChanged:
		c.tell(MediaChanged{Call: c.id, Media: act.Media, LocalHold: act.LocalHold, RemoteHold: act.RemoteHold})
	case dialog.HoldFailed:
		c.tell(HoldFailed{Call: c.id, Status: act.Status})
	case dialog.Digit:
		c.tell(Digit{Call: c.id, Digit: act.Digit})
	case dialog.Ended:
		c.end(act)
	case dialog.Closed:
		// tidy looks for itself: a call is kept while its transactions are.
	}
}

// send starts a request at the line.
func (c *call) send(act dialog.Send) {
	k := c.asks[act.Req]
	if k == nil {
		k = &ask{
			call: c, req: act.Req, method: act.Method,
			first:  act.Method == sip.INVITE && c.target != nil && len(c.asks) == 0,
			copies: map[int]*transaction{}, acks: map[ackKey]string{},
		}
		c.asks[act.Req] = k
	} else {
		// The INVITE of the call once more, after a 422.
		delete(c.line.asks, k.id)
		k.settled, k.cseq = false, 0
	}
	k.send = act
	if c.line.gone {
		k.settled = true
		c.agent.wish(c, dialog.NoAnswer{Req: act.Req})
		return
	}
	e := failover.Event{Kind: failover.Request, Method: act.Method, Server: int8(act.Dialog.Way)}
	switch {
	case k.first:
		e = failover.Event{Kind: failover.Dial, Method: sip.INVITE}
	case act.Method == sip.BYE:
		e.Kind = failover.Bye
	}
	c.line.ask(k, e)
}

// noAnswer tells the core that no server served a request.
func (c *call) noAnswer(k *ask, cause failover.Cause) {
	if k.first {
		c.cause = cause
	}
	c.agent.wish(c, dialog.NoAnswer{Req: k.req})
}

// end tells the phone that the call is over; what remains goes on without it.
func (c *call) end(act dialog.Ended) {
	e := Ended{Call: c.id, ByRemote: act.ByRemote, Status: act.Status, Reason: act.Reason}
	if act.Status == 0 && !c.up && !c.hungUp {
		e.Cause = c.cause
	}
	c.tell(e)
	c.ended = true
	c.log.Info("call ended", "by_remote", e.ByRemote, "status", e.Status, "cause", causeText(e.Cause))
}

// tell gives an event of the call to the phone; Ended is the last one.
func (c *call) tell(e Event) {
	if c.told && !c.ended {
		c.agent.emit(e)
	}
}

// parties are our side and the far side as they stand in From and To of a
// request of ours, without tags. For a dialled call they name the server that
// the INVITE of that dialog went to; a request inside a dialog repeats them
// (RFC 3261 §12.2.1.1).
func (c *call) parties(server int) (from gosip.FromHeader, to gosip.ToHeader) {
	if c.target == nil {
		return gosip.FromHeader{Address: *c.local.Clone()}, gosip.ToHeader{Address: *c.remote.Clone()}
	}
	return c.line.self(server), gosip.ToHeader{Address: c.target.address(c.line, server)}
}

// requestURI is the Request-URI of the INVITE at a server.
func (c *call) requestURI(server int) gosip.Uri { return c.target.uri(c.line, server) }

// fix keeps both sides of a call that arrived.
func (c *call) fix(req *gosip.Request) {
	c.local, c.remote = *req.To().Address.Clone(), *req.From().Address.Clone()
}

// incoming is the news of a call that arrived.
func (c *call) incoming() Incoming {
	from := c.request.From()
	number := from.Address.User
	if number == "" && from.Address.Scheme == "tel" {
		number, _, _ = strings.Cut(from.Address.Raw(), ";")
	}
	e := Incoming{
		Call: c.id, Line: c.line.conf.Number, Server: c.line.number(c.server),
		Number: clean(unescapeUser(number), 64), Name: clean(unquote(from.DisplayName), 64),
	}
	// RFC 3323 §4.1.1.3 and RFC 3325 §7: a hidden caller.
	e.Private = strings.EqualFold(from.Address.Host, "anonymous.invalid") || strings.EqualFold(number, "anonymous")
	for _, p := range strings.FieldsFunc(value(c.request, "Privacy"), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		e.Private = e.Private || strings.EqualFold(p, "id") || strings.EqualFold(p, "user") || strings.EqualFold(p, "header")
	}
	c.log.Info("call arrives", "server", e.Server)
	return e
}

// serverAt tells which server of the call's line a message came from; for one
// from the dialog's own neighbour it is the server of the call.
func (c *call) serverAt(from wire.Peer) int {
	if server, ok := c.line.serverAt(from.Addr.Addr(), from); ok {
		return server
	}
	return c.server
}

// neighbour tells whether an address is one of the dialog's route or target.
func (c *call) neighbour(addr netip.Addr) bool {
	return slices.Contains(c.hops, addr.Unmap())
}
