package failover

import (
	"time"

	"phoned/sip"
)

// maxRepeats bounds the repeats of a request at one server (401, 407, 423):
// two realms, each once stale, and a raised expiry.
const maxRepeats = 5

// unwantedFor is how long an INVITE that nobody wants any more is remembered:
// as long as a proxy may keep it (RFC 3261 §16.6, timer C, 3 minutes).
const unwantedFor = 180 * time.Second

// txState is the state of a client transaction (RFC 3261 §17.1).
type txState uint8

const (
	calling    txState = iota // no answer yet: copies leave until it is given up
	proceeding                // INVITE only: a 1xx came, no timer runs
	accepted                  // INVITE only: a 2xx came; more of them may
	refused                   // INVITE only: 3xx-6xx; the owner acknowledges its copies
	unwanted                  // INVITE only: given up or hung up before a final answer
	over                      // kept only until its request goes on at another server
)

// transaction is one client transaction.
type transaction struct {
	tx        Tx
	id        ID
	method    sip.Method
	purpose   Purpose
	state     txState
	server    int8
	repeats   uint8  // repeats before this one in the same attempt
	copies    uint16 // that have left
	long      bool   // the limit is RFC 3261's 64*T1
	inDialog  bool
	slow      bool          // a 1xx to a non-INVITE came
	cancelled bool          // an unwanted INVITE that is ended already
	bare      bool          // an INVITE that got 100 Trying and no more
	unsure    bool          // the other server took long to show life
	twice     bool          // so that both were asked again
	doubt     doubt         // a smart line, about the silence of the server
	other     int8          // that it has asked instead
	sent      time.Duration // when the first copy left
	asked     time.Duration // when both servers were asked whether they are alive
	doubtAt   time.Duration // when it thinks about it again
	patience  time.Duration // with a bare INVITE
	next      time.Duration // when the next copy leaves
	until     time.Duration // when it is given up, or forgotten
}

// attemptTime is how long a request is tried at one server; long is for the
// last one of a pass and for what is no pass.
func (l *Line) attemptTime(m sip.Method, long bool) time.Duration {
	switch {
	case long:
		return l.cfg.Timers.Timeout()
	case l.cfg.RetryTime > 0:
		return min(l.cfg.RetryTime, l.cfg.Timers.Timeout())
	default:
		return l.cfg.Timers.GiveUp(m, l.cfg.Retries)
	}
}

// send starts transaction t, whose id, method, purpose, server, repeats, long
// and inDialog are set. It returns 0 if there is no room.
func (l *Line) send(t transaction, prev Tx, expires time.Duration) Tx {
	if !l.room(t) {
		return 0
	}
	l.seq++
	t.tx, t.state, t.copies = l.seq, calling, 1
	t.until = l.now + l.attemptTime(t.method, t.long)
	// RFC 3261 §17.1.1.2, §17.1.2.2: copies leave over unreliable transports only.
	t.next = Never
	if !l.servers[t.server].transport.Reliable() {
		t.next = l.now + l.cfg.Timers.Interval(t.method, 1)
	}
	t.bare, t.unsure, t.twice, t.patience = false, false, false, 0
	l.trust(&t)
	l.txs = append(l.txs, t)
	l.emit(Action{
		Kind: Send, Tx: t.tx, ID: t.id, Method: t.method, Purpose: t.purpose, Server: t.server,
		Prev: prev, Repeat: t.repeats > 0, Expires: expires,
	})
	return t.tx
}

// room tells whether t fits into the table. INVITEs that wait only for copies
// of an answer give way first.
func (l *Line) room(t transaction) bool {
	limit := cap(l.txs)
	switch {
	case t.purpose != ForUser:
	case t.method == sip.INVITE:
		limit = maxInvites
	default:
		limit = maxUser
	}
	for len(l.txs) >= limit {
		i := l.oldestRefused()
		if i < 0 {
			return false
		}
		l.forget(i)
	}
	return true
}

func (l *Line) oldestRefused() int {
	for i := range l.txs {
		if l.txs[i].state == refused && l.requestOf(l.txs[i].tx) < 0 {
			return i
		}
	}
	return -1
}

// find is the index of transaction tx, or -1.
func (l *Line) find(tx Tx) int {
	if tx != 0 {
		for i := range l.txs {
			if l.txs[i].tx == tx {
				return i
			}
		}
	}
	return -1
}

// forget releases transaction i.
func (l *Line) forget(i int) {
	l.emit(Action{Kind: Forget, Tx: l.txs[i].tx})
	l.txs = append(l.txs[:i], l.txs[i+1:]...)
}

// abandon ends the sending of transaction i. The INVITE of a call stays, since
// it may still ring or be answered.
func (l *Line) abandon(i int) {
	t := &l.txs[i]
	l.emit(Action{Kind: Abandon, Tx: t.tx})
	switch {
	case t.purpose != ForUser, t.method == sip.CANCEL:
		l.forget(i)
	case t.method != sip.INVITE:
		l.keep(i, over, Never)
	case t.inDialog: // a late 2xx is acknowledged; it does not end the dialog
		l.keep(i, accepted, l.now+l.cfg.Timers.Timeout())
	default:
		l.keep(i, unwanted, l.now+unwantedFor)
	}
}

// answered ends transaction i by a final answer. An INVITE is kept for as long
// as copies of the answer may come, so that each is acknowledged (RFC 3261
// §17.1.1.2 timer D, RFC 6026 §7.2 timer M).
func (l *Line) answered(i int, state txState) {
	t := &l.txs[i]
	switch {
	case t.purpose != ForUser, t.method == sip.CANCEL:
		l.forget(i)
	case t.method != sip.INVITE:
		l.keep(i, over, Never)
	case l.stopping && state == refused:
		l.forget(i) // copies of a refusal harm nobody
	default:
		l.keep(i, state, l.now+l.cfg.Timers.Timeout())
	}
}

func (l *Line) keep(i int, state txState, until time.Duration) {
	t := &l.txs[i]
	t.state, t.next, t.until, t.doubtAt = state, Never, until, Never
}

// release forgets transaction tx if it was kept for its request only.
func (l *Line) release(tx Tx) {
	if i := l.find(tx); i >= 0 && l.txs[i].state == over {
		l.forget(i)
	}
}

// drop abandons transaction tx if it is there.
func (l *Line) drop(tx Tx) {
	if i := l.find(tx); i >= 0 {
		l.abandon(i)
	}
}

// tickTransactions sends the copies that are due, gives up and forgets.
func (l *Line) tickTransactions() {
	for i := 0; i < len(l.txs); i++ {
		t := &l.txs[i]
		switch {
		case t.until <= l.now && t.state == calling:
			// The limit comes before the copy that is due at the same moment:
			// N+1 datagrams leave, never N+2.
			l.attemptFailed(i, Silence, 0)
			i = -1 // the table has changed
		case t.until <= l.now && l.requestOf(t.tx) >= 0:
			l.keep(i, over, Never) // its request has yet to go on
		case t.until <= l.now:
			l.forget(i)
			i--
		case t.doubtAt <= l.now && l.tickDoubt(i):
			i = -1
		case t.next <= l.now:
			l.resend(t)
		}
	}
}

// resend sends one more copy of t and plans the one after it. A late Tick does
// not lead to a burst.
func (l *Line) resend(t *transaction) {
	l.emit(Action{Kind: Resend, Tx: t.tx})
	wait := l.cfg.Timers.T2
	switch {
	case t.doubt == spared: // the server is alive, the request or its answer lost
		wait = l.cfg.Timers.T1
	case !t.slow: // RFC 3261 §17.1.2.2: T2 after a 1xx
		wait = l.cfg.Timers.Interval(t.method, int(t.copies)+1)
	}
	t.copies++
	if t.next += wait; t.next <= l.now {
		t.next = l.now + wait
	}
}
