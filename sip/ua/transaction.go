package ua

import (
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/digest"
	"phoned/sip/failover"
	"phoned/sip/wire"
)

// An ask is one request of a call, over all its copies at all servers.
type ask struct {
	call   *call
	id     failover.ID
	req    dialog.Req
	method sip.Method
	send   dialog.Send
	first  bool // the INVITE that starts the call
	cseq   uint32

	settled bool
	open    int                  // transactions that are not forgotten
	copies  map[int]*transaction // the last one at each server
	acks    map[ackKey]string    // branch of the ACK to each 2xx
}

// An ackKey tells the 2xx to one INVITE apart: those of its forks, and those of
// its copies at several servers.
type ackKey struct {
	tag  string // the far side's
	cseq uint32
}

// A transaction is one client transaction of a line.
type transaction struct {
	line         *line
	tx           failover.Tx
	method       sip.Method
	server       int
	flight       *wire.Flight
	branch       string
	ask          *ask          // nil for what the line itself sends
	registration *registration // of a REGISTER
	try          *digest.Try   // of this request at this server
	drawn        netip.Addr    // address in the offer of an INVITE, where it was drawn for this server
	answered     bool          // any response came
	waits        bool          // for the server's name
	leans        bool          // on a connection
	sentAt       time.Duration // when its first copy left, if copies is not 0
	copies       int
	final        *gosip.Response // the first final one
	forgotten    bool
}

// send starts the transaction that the core names.
func (l *line) send(a failover.Action) {
	if a.Purpose == failover.ForPing {
		if l.has(a.Server) && l.resolved(int(a.Server)) {
			l.agent.wire.Ping(l.servers[a.Server])
		}
		return
	}
	if !l.has(a.Server) {
		l.agent.tell(l, failover.Event{Kind: failover.Unreachable, Tx: a.Tx, Cause: failover.NoName}, nil)
		return
	}
	prev := l.txs[a.Prev]
	t := &transaction{line: l, tx: a.Tx, method: a.Method, server: int(a.Server), try: &digest.Try{}}
	if a.Repeat && prev != nil {
		t.try = prev.try
	}
	l.txs[a.Tx] = t
	switch a.Method {
	case sip.REGISTER:
		l.sendRegister(t, a, prev)
	case sip.OPTIONS:
		if a.ID == 0 {
			l.sendKeepAlive(t)
			break
		}
		l.sendAsk(t, a)
	case sip.CANCEL:
		l.sendCancel(t, prev)
	default:
		l.sendAsk(t, a)
	}
	if t.flight == nil {
		// Nothing can be sent: the core learns it like any other fault.
		l.agent.tell(l, failover.Event{Kind: failover.Unreachable, Tx: t.tx, Cause: failover.Overload}, nil)
	}
}

// launch sends req: credentials first, then Via and Contact when the way is
// known.
func (t *transaction) launch(req *gosip.Request, contact bool) {
	l := t.line
	l.store(t.server).Authorize(t.try, req)
	t.branch = l.agent.names.branch()
	t.start(nil, builder(req, t.branch, l.conf.Rport, contactUser(l.conf, contact)))
}

func (t *transaction) start(along *wire.Flight, build func(wire.Route) (*gosip.Request, error)) {
	l := t.line
	t.flight = &wire.Flight{Along: along, Build: guarded(build), Owner: t, PreferTCP: l.conf.Failover.Smart}
	if !l.resolved(t.server) {
		t.waits = true
		l.waiting = append(l.waiting, t)
		l.depart()
		return
	}
	t.leave()
}

// leave puts the first copy on the wire.
func (t *transaction) leave() {
	l := t.line
	t.flight.Server = l.servers[t.server]
	l.log.Debug("send", "method", t.method, "server", l.number(t.server), "branch", t.branch)
	l.agent.wire.Start(t.flight)
	if _, left := t.flight.Route(); left {
		t.sentAt, t.copies = l.agent.now(), 1
	}
	// A plain line waits out the limit of the attempt, whatever becomes of the
	// connection meanwhile.
	if l.conf.Failover.Smart && t.flight.Server.Transport.Reliable() {
		t.leans = true
		l.agent.shared.lean(t.flight.Server, 1)
	}
}

// rest says that nobody waits for an answer to the transaction any more.
func (t *transaction) rest() {
	if t.leans {
		t.leans = false
		t.line.agent.shared.lean(t.flight.Server, -1)
	}
}

// abandon ends the sending. A server that gave no sign of life has its
// connection closed: the next request must not wait on it again.
func (t *transaction) abandon() {
	if t.flight == nil {
		return
	}
	t.rest()
	silent := !t.answered && (t.ask == nil || t.ask.call == nil || !t.ask.call.hungUp || t.method == sip.BYE)
	t.line.agent.wire.Abandon(t.flight, silent && !t.line.agent.stopping)
}

func (t *transaction) forget() {
	if t.forgotten {
		return
	}
	t.forgotten = true
	delete(t.line.txs, t.tx)
	if t.flight != nil {
		t.line.agent.wire.Forget(t.flight)
	}
	t.rest()
	if t.ask != nil {
		t.ask.open--
	}
}

// deliver gives a response to the call that asked.
func (t *transaction) deliver(res *gosip.Response, unwanted bool) {
	if t.ask == nil {
		return
	}
	r := readResponse(res)
	r.Req = t.ask.req
	r.Server = t.server
	r.Unwanted = unwanted
	t.line.agent.wish(t.ask.call, r)
}
