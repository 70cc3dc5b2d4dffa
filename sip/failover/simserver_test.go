package failover

import (
	"time"

	"phoned/sip"
)

// carryOut does what the phone wants, as its owner would.
func (w *world) carryOut(a Action) {
	switch a.Kind {
	case Send:
		if a.Purpose != ForPing {
			w.transmit(a.Tx)
		}
	case Resend:
		w.transmit(a.Tx)
	case Done:
		if a.Method == sip.INVITE && a.Status/100 == 2 && !w.recs[a.Tx].abandoned {
			w.acknowledge(a.Tx)
		}
	case Deliver:
		if a.Status/100 == 2 {
			w.acknowledge(a.Tx)
		}
	case Late:
		w.acknowledge(a.Tx)
		if r := &w.recs[a.Tx]; !r.lateAsked {
			r.lateAsked = true
			id := ID(len(w.calls))
			w.calls = append(w.calls, callRecord{server: a.Server, byeTx: a.Tx})
			w.later(0, happening{what: userHangs, id: id})
			w.calls[id].up = true
		}
	case Probe:
		w.ask(a.Server)
	case Stopped:
		w.stopped = true
	}
}

// ask finds out whether a server is alive, as the owner does for a smart line:
// one question at a time, repeated often enough to survive any loss.
func (w *world) ask(s int8) {
	srv := &w.servers[s]
	if srv.asked > w.now || w.offline {
		return
	}
	after, e := w.rand.between(time.Millisecond, 100*time.Millisecond), Event{Kind: Health, Server: s}
	switch srv.mode {
	case silent:
		after, e.Cause = 2*time.Second, Silence
	case closed:
		e.Cause = ICMP
	}
	srv.asked = w.now + after
	w.later(after, happening{what: toPhone, event: e})
}

func (w *world) acknowledge(tx Tx) {
	if !w.lost() {
		w.later(w.delay(), happening{what: ackAt, srv: w.recs[tx].send.Server, tx: tx})
	}
}

// transmit puts one copy of a request on the wire.
func (w *world) transmit(tx Tx) {
	s := w.recs[tx].send.Server
	srv := &w.servers[s]
	if w.offline {
		return
	}
	if srv.mode == closed {
		cause := ICMP
		if w.cfg.Servers[s].Transport.Reliable() {
			cause = Refused
		}
		w.tell(tx, Event{Kind: Unreachable, Cause: cause})
		return
	}
	if w.lost() {
		return
	}
	w.later(w.delay(), happening{what: toServer, tx: tx})
	if w.loss > 0 && w.chance(10) {
		w.later(w.delay(), happening{what: toServer, tx: tx})
	}
}

func (w *world) lost() bool { return w.loss > 0 && w.chance(w.loss) }

// delay of one datagram; now and then long enough to be overtaken.
func (w *world) delay() time.Duration {
	if w.loss > 0 && w.chance(10) {
		return w.rand.between(0, 6*time.Second)
	}
	return w.rand.between(time.Millisecond, 40*time.Millisecond)
}

// tell brings an event about tx to the phone.
func (w *world) tell(tx Tx, e Event) {
	e.Tx = tx
	w.later(w.delay(), happening{what: toPhone, event: e})
}

// respond sends the server's answer to tx, and remembers a final one so that
// copies of the request get the same.
func (w *world) respond(tx Tx, e Event) {
	r := &w.recs[tx]
	if e.Status >= 200 {
		r.reply = e.Status
	}
	srv := &w.servers[r.send.Server]
	if srv.mode == silent || srv.mode == closed || w.lost() {
		return
	}
	e.Kind, e.Tagged = Response, e.Status > 100
	if srv.mode == slow && e.Status >= 200 {
		e.Tx = tx
		w.later(w.rand.between(time.Second, 60*time.Second), happening{what: toPhone, event: e})
		return
	}
	w.tell(tx, e)
}

// arrive takes a request at its server.
func (w *world) arrive(tx Tx) {
	r := &w.recs[tx]
	a := r.send
	s := a.Server
	srv := &w.servers[s]
	if srv.mode == silent || srv.mode == closed {
		return
	}
	r.seen++
	if r.reply != 0 { // a copy: the same answer again (RFC 3261 §17.2)
		e := Event{Status: r.reply}
		if r.reply == 200 && a.Method == sip.REGISTER {
			e.Expires = srv.bound - w.now
		}
		if r.reply == 401 && srv.mode != badLogin {
			e.Challenge = Answerable
		}
		w.respond(tx, e)
		return
	}
	switch {
	case srv.mode == busy503:
		e := Event{Status: 503}
		if w.chance(300) {
			e.RetryAfter = w.rand.between(time.Second, 120*time.Second)
		}
		w.respond(tx, e)
	case srv.mode == broken500:
		w.respond(tx, Event{Status: 500})
	case srv.mode == forbidden && (a.Method == sip.REGISTER || a.Method == sip.INVITE):
		w.respond(tx, Event{Status: 403})
	case srv.mode == badLogin && a.Method != sip.CANCEL:
		e := Event{Status: 401}
		if w.chance(900) {
			e.Challenge = Answerable
		}
		w.respond(tx, e)
	case srv.mode == tooBrief && a.Method == sip.REGISTER:
		w.respond(tx, Event{Status: 423, Expires: w.rand.between(0, 7200*time.Second)})
	case srv.mode == trying:
		w.respond(tx, Event{Status: 100})
	case w.digest && !a.Repeat && a.Method != sip.CANCEL && a.Method != sip.OPTIONS:
		w.respond(tx, Event{Status: 401, Challenge: Answerable})
	default:
		w.serve(tx)
	}
}

// serve answers a request as a healthy server does.
func (w *world) serve(tx Tx) {
	r := &w.recs[tx]
	srv := &w.servers[r.send.Server]
	switch r.send.Method {
	case sip.REGISTER:
		if r.send.Purpose == ForWarmth {
			w.respond(tx, Event{Status: 200})
			return
		}
		granted := r.send.Expires
		if granted > 0 && w.chance(200) {
			granted = w.rand.between(min(granted, 60*time.Second), granted)
		}
		srv.bound, srv.boundBy = w.now+granted, w.now
		w.respond(tx, Event{Status: 200, Expires: granted})
	case sip.INVITE:
		if r.seen > 1 || r.picked {
			w.respond(tx, Event{Status: 100})
			return
		}
		w.respond(tx, Event{Status: 100})
		w.respond(tx, Event{Status: 180})
		if !w.chance(200) {
			w.later(w.rand.between(0, 30*time.Second), happening{what: answer, tx: tx})
		}
	case sip.CANCEL:
		w.respond(tx, Event{Status: 200})
		if i := &w.recs[r.send.Prev]; i.reply == 0 && i.seen > 0 {
			w.respond(r.send.Prev, Event{Status: 487})
		}
	case sip.BYE:
		inv := w.calls[r.send.ID].byeTx
		if inv != 0 {
			w.recs[inv].dialogOver = true
		}
		w.respond(tx, Event{Status: 200})
	default:
		w.respond(tx, Event{Status: 200})
	}
}

// pickUp lets the far side of an INVITE decide.
func (w *world) pickUp(tx Tx) {
	r := &w.recs[tx]
	if r.reply != 0 {
		return
	}
	switch w.rand.next() % 8 {
	case 0:
		w.respond(tx, Event{Status: 486})
	case 1:
		w.respond(tx, Event{Status: 503})
	case 2:
		w.respond(tx, Event{Status: 500})
	default:
		r.picked = true
		w.respond(tx, Event{Status: 200})
		w.later(500*time.Millisecond, happening{what: repeat2x, tx: tx})
	}
}

// repeat2xx repeats the 2xx until its ACK (RFC 3261 §13.3.1.4).
func (w *world) repeat2xx(tx Tx) {
	r := &w.recs[tx]
	if r.acked || r.repeats >= 10 {
		return
	}
	r.repeats++
	w.respond(tx, Event{Status: 200})
	w.later(min(500*time.Millisecond<<r.repeats, 4*time.Second), happening{what: repeat2x, tx: tx})
}
