package ua

import (
	"strconv"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/wire"
)

// maxWaiting bounds the requests that wait for the loop; more are told 503, so
// that a flood costs no memory.
const maxWaiting = 512

// heard is one thing that the network did, on its way to the loop. f, tx or
// server says what it is about.
type heard struct {
	f      *wire.Flight
	res    *gosip.Response
	fault  wire.Fault
	err    error
	req    *gosip.Request
	tx     *wire.ServerTx
	cancel bool
	server *wire.Server
	from   wire.Peer
	query  dns.Query
	answer dns.Answer
}

// ear is the wire's Handler: it hands everything to the loop.
type ear struct{ inbox *queue[heard] }

func (e ear) OnResponse(f *wire.Flight, res *gosip.Response, from wire.Peer) {
	e.inbox.put(heard{f: f, res: res, from: from}, 0)
}

func (e ear) OnUnreachable(f *wire.Flight, fault wire.Fault, err error) {
	e.inbox.put(heard{f: f, fault: fault, err: err}, 0)
}

func (e ear) OnRequest(req *gosip.Request, tx *wire.ServerTx, from wire.Peer) {
	if e.inbox.put(heard{req: req, tx: tx, from: from}, maxWaiting) || tx == nil || !from.Server {
		return
	}
	res := tx.Response(503, phrase(503), nil)
	res.AppendHeader(gosip.NewHeader("Retry-After", strconv.Itoa(2)))
	_ = tx.Respond(res) // the caller tries again by itself
}

func (e ear) OnCancel(tx *wire.ServerTx) { e.inbox.put(heard{tx: tx, cancel: true}, 0) }

func (e ear) OnConnectionLost(s wire.Server, why wire.Fault, err error) {
	e.inbox.put(heard{server: &s, fault: why, err: err}, 0)
}

// hear tells the cores what the network did.
func (a *agent) hear(h heard) {
	switch {
	case h.res != nil:
		a.response(h.f, h.res, h.from)
	case h.f != nil:
		a.unreachable(h.f, h.fault, h.err)
	case h.req != nil:
		a.request(h.req, h.tx, h.from)
	case h.cancel:
		a.cancelled(h.tx)
	case h.server != nil:
		a.connectionLost(*h.server, h.fault, h.err)
	case h.query != dns.Query{}:
		a.named(h.query, h.answer)
	}
}

func (a *agent) unreachable(f *wire.Flight, fault wire.Fault, err error) {
	if p, ok := f.Owner.(*probe); ok {
		p.fault(fault, err)
		return
	}
	t, ok := f.Owner.(*transaction)
	if !ok || t.forgotten {
		return
	}
	t.line.log.Debug("unreachable", "method", t.method, "server", t.line.number(t.server), "fault", fault.String(), "error", err)
	a.tell(t.line, failover.Event{Kind: failover.Unreachable, Tx: t.tx, Method: t.method, Server: int8(t.server), Cause: causeOf(fault)}, nil)
}

func causeOf(f wire.Fault) failover.Cause {
	switch f {
	case wire.ICMP:
		return failover.ICMP
	case wire.Refused:
		return failover.Refused
	case wire.TLSFailed:
		return failover.TLSFailed
	case wire.Certificate:
		return failover.Certificate
	case wire.NoName:
		return failover.NoName
	case wire.NoNetwork:
		return failover.NoNetwork
	default:
		return failover.Overload // nothing was sent, and no server is to blame
	}
}

// connectionLost tells the lines that a connection has ended. "A connection
// closed or reset while idle is no evidence"; one that is kept ahead of need and
// can not be opened is, and no line has found that out by itself.
func (a *agent) connectionLost(s wire.Server, why wire.Fault, err error) {
	a.log.Debug("connection lost", "server", s.Host, "port", s.Port, "why", why.String(), "error", err)
	switch why {
	case wire.Refused, wire.TLSFailed, wire.Certificate, wire.NoName:
		a.judge(nil, 0, health.Event{Kind: health.Dead, Target: keyOf(s), Cause: causeOf(why)})
	}
	for _, l := range a.inOrder() {
		for i, own := range l.servers {
			if own == s {
				a.tell(l, failover.Event{Kind: failover.ConnectionLost, Server: int8(i), Urgent: l.hasCalls()}, nil)
			}
		}
	}
}
