package failover

import (
	"time"

	"phoned/sip"
)

// A desk is a phone with some lines, its two servers and the network between
// them, on virtual time. It does what the owner of the lines does: it carries
// out what they want, asks servers whether they are alive when a Probe wants to
// know, tells every line what another one has found out, answers digest
// challenges, and repeats nothing by itself.
type desk struct {
	rand    random
	now     time.Duration
	queue   []deskEvent
	order   uint32
	lines   []*deskLine
	servers []deskServer
	buf     []Action

	talks bool                            // the far side picks up
	delay func(server int8) time.Duration // one way
	lost  func() bool
	seen  func(l *deskLine, a Action) // every action, before it is carried out
}

type deskEvent struct {
	at  time.Duration
	seq uint32
	do  func()
}

// deskServer is one server: how it behaves, and the question under way.
type deskServer struct {
	fault  deskFault
	asking bool
	asked  uint32 // questions so far
}

type deskFault uint8

const (
	wellServer   deskFault = iota
	blackServer            // drops everything
	icmpServer             // port unreachable
	resetServer            // TCP refused
	busyServer             // 503
	unsureServer           // drops INVITE after 100
)

// deskLine is a line and what its owner and its servers know of its requests.
type deskLine struct {
	desk  *desk
	line  *Line
	txs   map[Tx]*deskTx
	knows [8][2]bool // per server: a challenge to REGISTER, one to a call
	next  ID         // the last ID given out
	ends  map[ID]int8
}

// deskTx is a transaction.
type deskTx struct {
	send   Action
	signed bool   // holds credentials
	final  uint16 // the server's answer, which copies get again
	taken  bool   // the server has seen it
	acked  bool
	late   bool // its dialog is being ended
}

func newDesk(cfg Config, lines int, seed uint64) *desk {
	d := &desk{rand: random(seed), servers: make([]deskServer, len(cfg.Servers))}
	d.delay = func(int8) time.Duration { return 10 * time.Millisecond }
	d.lost = func() bool { return false }
	d.seen = func(*deskLine, Action) {}
	for range lines {
		d.lines = append(d.lines, &deskLine{
			desk: d, line: New(cfg, d.rand.next()), txs: map[Tx]*deskTx{}, ends: map[ID]int8{},
		})
	}
	return d
}

// after plans do.
func (d *desk) after(wait time.Duration, do func()) {
	d.order++
	d.queue = append(d.queue, deskEvent{at: d.now + wait, seq: d.order, do: do})
	q := d.queue
	for i := len(q) - 1; i > 0 && q[i].before(&q[(i-1)/2]); i = (i - 1) / 2 {
		q[i], q[(i-1)/2] = q[(i-1)/2], q[i]
	}
}

func (e *deskEvent) before(o *deskEvent) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

func (d *desk) pop() deskEvent {
	q := d.queue
	first, last := q[0], len(q)-1
	q[0], q[last] = q[last], deskEvent{}
	d.queue = q[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < last && q[c+1].before(&q[c]) {
			c++
		}
		if c >= last || !q[c].before(&q[i]) {
			return first
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
}

// run lives until end, or until done says so.
func (d *desk) run(end time.Duration, done func() bool) {
	for done == nil || !done() {
		var due *deskLine
		at := Never
		for _, l := range d.lines {
			if t := l.line.Deadline(); t < at {
				due, at = l, t
			}
		}
		queued := len(d.queue) > 0 && d.queue[0].at < at
		if queued {
			at = d.queue[0].at
		}
		if at > end {
			d.now = max(d.now, end)
			return
		}
		d.now = max(d.now, at)
		if queued {
			d.pop().do()
		} else {
			due.step(Event{})
		}
	}
}

// step tells the line an event and carries out what it wants.
func (l *deskLine) step(e Event) {
	d := l.desk
	mark := len(d.buf)
	d.buf = l.line.Step(d.now, e, d.buf)
	for i, to := mark, len(d.buf); i < to; i++ {
		a := d.buf[i]
		d.seen(l, a)
		l.carryOut(a)
	}
	d.buf = d.buf[:mark]
}

func (l *deskLine) carryOut(a Action) {
	d := l.desk
	switch a.Kind {
	case Send:
		if a.Purpose == ForPing {
			return
		}
		t := &deskTx{send: a, signed: a.Repeat || a.Purpose != ForWarmth && l.knows[a.Server][kindOf(a.Method)]}
		l.txs[a.Tx] = t
		l.transmit(t)
	case Resend:
		l.transmit(l.txs[a.Tx])
	case Forget:
		delete(l.txs, a.Tx)
	case Late:
		l.ack(l.txs[a.Tx])
		if t := l.txs[a.Tx]; !t.late {
			t.late = true
			l.next++
			id := l.next
			d.after(0, func() { l.step(Event{Kind: Bye, ID: id, Server: a.Server}) })
		}
	case Done, Deliver:
		if t := l.txs[a.Tx]; t != nil && a.Status/100 == 2 && a.Method == sip.INVITE {
			l.ends[a.ID] = a.Server
			l.ack(t)
		}
	case Probe:
		d.ask(a.Server)
	case Evidence:
		e := Event{Kind: Health, Server: a.Server, Cause: a.Cause, Status: a.Status, Urgent: a.Urgent}
		if a.At > 0 {
			e.RetryAfter = a.At - d.now
		}
		for _, o := range d.lines {
			if o != l {
				d.after(0, func() { o.step(e) })
			}
		}
	}
}

// kindOf tells which challenge a method meets: 401 of the registrar, or 407 of
// the proxy.
func kindOf(m sip.Method) int {
	if m == sip.REGISTER {
		return 0
	}
	return 1
}

// ask sends OPTIONS to server s in quick succession, once for all lines.
func (d *desk) ask(s int8) {
	srv := &d.servers[s]
	if srv.asking {
		return
	}
	srv.asking = true
	srv.asked++
	n := srv.asked
	over := func(cause Cause) {
		if srv.asking && srv.asked == n {
			srv.asking = false
			for _, l := range d.lines {
				l.step(Event{Kind: Health, Server: s, Cause: cause})
			}
		}
	}
	for k := range 16 {
		d.after(time.Duration(k)*80*time.Millisecond, func() {
			if !srv.asking || srv.asked != n || d.lost() {
				return
			}
			d.after(d.delay(s), func() {
				switch {
				case srv.fault == blackServer, srv.fault == wellServer && d.lost():
				case srv.fault == icmpServer, srv.fault == resetServer:
					d.after(d.delay(s), func() { over(ICMP) })
				default:
					d.after(d.delay(s), func() { over(NoCause) })
				}
			})
		})
	}
	d.after(2*time.Second, func() { over(Silence) })
}

// transmit puts one copy on the wire.
func (l *deskLine) transmit(t *deskTx) {
	d := l.desk
	if d.lost() {
		return
	}
	d.after(d.delay(t.send.Server), func() { l.arrive(t) })
}

// arrive takes a copy at its server.
func (l *deskLine) arrive(t *deskTx) {
	a := t.send
	switch l.desk.servers[a.Server].fault {
	case blackServer:
		return
	case icmpServer:
		l.tell(t, Event{Kind: Unreachable, Cause: ICMP})
		return
	case resetServer:
		l.tell(t, Event{Kind: Unreachable, Cause: Refused})
		return
	case busyServer:
		l.respond(t, 503)
		return
	}
	switch {
	case t.final != 0: // a copy: the same answer again
		l.respond(t, t.final)
	case a.Method == sip.INVITE && t.taken: // the last provisional one (RFC 3261 §17.2.1)
		l.respond(t, 180)
	case !t.signed && a.Method == sip.REGISTER:
		l.respond(t, 401)
	case !t.signed && (a.Method == sip.INVITE || a.Method == sip.BYE):
		l.respond(t, 407)
	case a.Method == sip.INVITE:
		l.ring(t)
	case a.Method == sip.CANCEL:
		l.respond(t, 200)
		if p := l.txs[a.Prev]; p != nil && p.final == 0 {
			l.respond(p, 487)
		}
	default:
		l.respond(t, 200)
	}
}

// ring lets the far side ring, and pick up where the user wants to talk.
func (l *deskLine) ring(t *deskTx) {
	d := l.desk
	t.taken = true
	l.respond(t, 100)
	d.after(d.rand.between(5*time.Millisecond, 60*time.Millisecond), func() {
		if t.final == 0 {
			l.respond(t, 180)
		}
	})
	if !d.talks {
		return
	}
	d.after(d.rand.between(time.Second, 8*time.Second), func() {
		if t.final == 0 {
			l.accept(t, sip.DefaultTimers.T1)
		}
	})
}

// accept repeats the 2xx until its ACK (RFC 3261 §13.3.1.4).
func (l *deskLine) accept(t *deskTx, wait time.Duration) {
	if t.acked || wait > 32*time.Second {
		return
	}
	l.respond(t, 200)
	l.desk.after(min(wait, sip.DefaultTimers.T2), func() { l.accept(t, 2*wait) })
}

func (l *deskLine) ack(t *deskTx) {
	if d := l.desk; t != nil && !d.lost() {
		d.after(d.delay(t.send.Server), func() { t.acked = true })
	}
}

// respond sends an answer.
func (l *deskLine) respond(t *deskTx, status uint16) {
	if status >= 200 {
		t.final = status
	}
	if l.desk.lost() {
		return
	}
	e := Event{Kind: Response, Status: status, Tagged: status > 100}
	switch status {
	case 401, 407:
		e.Challenge = Answerable
	case 200:
		e.Expires = t.send.Expires
	}
	l.tell(t, e)
}

// tell brings an event about t to the phone.
func (l *deskLine) tell(t *deskTx, e Event) {
	e.Tx = t.send.Tx
	l.desk.after(l.desk.delay(t.send.Server), func() {
		if l.txs[e.Tx] != t {
			return
		}
		if e.Challenge == Answerable {
			l.knows[t.send.Server][kindOf(t.send.Method)] = true
		}
		l.step(e)
	})
}

// dial starts a call and returns its ID.
func (l *deskLine) dial() ID {
	l.next++
	l.step(Event{Kind: Dial, ID: l.next})
	return l.next
}
