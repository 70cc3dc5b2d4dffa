package failover

import (
	"time"

	"phoned/sip"
)

// What a smart line does about silence before the limit of the attempt: at the
// first missed retransmission it asks both the silent server and the next one
// whether they are alive (OPTIONS in quick succession, sent by the owner). If
// the next one answers, and the silent one does not within quietTime and a
// round trip, the request goes on now. Nine unanswered questions beside two
// unanswered copies are less likely on a network that loses every fifth packet
// both ways than one such request in ten thousand.

const (
	// quietTime is how long the questions to the silent server go on: ten of them.
	quietTime = 760 * time.Millisecond
	// promptTime is how soon the next server answers over a network that loses
	// little. If it takes longer, both are asked once more: a burst of losses near
	// the phone silences the one as well as the other.
	promptTime = 240 * time.Millisecond
	// streamTime is how long a connection may be silent: no datagram is lost on it.
	streamTime = 1200 * time.Millisecond
	// bareTime is how long an INVITE may stay at 100 Trying before its server is
	// asked whether it is alive; doubled each time it is, up to bareMax.
	bareTime = 2 * time.Second
	bareMax  = 16 * time.Second
)

// doubt is what a smart line thinks of the silence of a transaction's server.
type doubt uint8

const (
	trusting doubt = iota
	asked          // both servers are asked
	judged         // the silent one gave no answer; the next one has yet to
	spared         // the silent one is alive: copies leave each T1
)

// trust sets the time at which silence is missed.
func (l *Line) trust(t *transaction) {
	t.sent, t.doubt, t.doubtAt = l.now, trusting, Never
	if !l.cfg.Smart || !l.movable(t) || t.method == sip.CANCEL && (!l.registered || t.server != l.active) {
		return
	}
	wait := l.cfg.Timers.T1
	if v := &l.servers[t.server]; v.trip.mean != 0 {
		wait = max(wait, v.trip.limit())
	}
	t.doubtAt = l.now + wait
}

// tickDoubt does what is due about the silence of transaction i; it tells
// whether the table of transactions has changed.
func (l *Line) tickDoubt(i int) bool {
	t := &l.txs[i]
	t.doubtAt = Never
	switch {
	case l.offline: // nothing can be asked
		return false
	case t.state == proceeding && t.bare:
		return l.tickBare(i)
	case t.state != calling:
		return false
	case t.doubt == trusting:
		l.suspect(t)
		return false
	case l.servers[t.server].heard >= t.asked:
		l.spare(t)
		return false
	}
	t.doubt = judged
	return l.judge(i)
}

// suspect asks both servers.
func (l *Line) suspect(t *transaction) {
	s := l.beside(t)
	if s == none || l.servers[s].down { // nowhere to go: questions would only add to the load
		return
	}
	t.other = s
	l.decide(Action{Decision: Suspect, From: t.server, Server: s, Method: t.method, ID: t.id, Tx: t.tx, Cost: l.now - t.sent})
	l.question(t)
}

// question asks the server of t and the other one.
func (l *Line) question(t *transaction) {
	t.doubt, t.asked, t.unsure = asked, l.now, false
	l.emit(Action{Kind: Probe, Server: t.other})
	wait := quietTime + l.servers[t.server].trip.limit()
	if l.servers[t.server].transport.Reliable() {
		wait = max(streamTime-(l.now-t.sent), l.servers[t.server].trip.limit())
	} else {
		l.emit(Action{Kind: Probe, Server: t.server})
	}
	t.doubtAt = l.now + wait
}

// spare goes on at a server that is alive after all: the request or its answer
// was lost.
func (l *Line) spare(t *transaction) {
	l.decide(Action{Decision: Spared, From: t.server, Server: t.server, Method: t.method, ID: t.id, Tx: t.tx})
	t.doubt = spared
	if t.next != Never {
		t.next = l.now
	}
}

// judge moves transaction i on if the next server is proved to be alive.
func (l *Line) judge(i int) bool {
	t := &l.txs[i]
	if v := &l.servers[t.other]; v.heard < t.asked || !l.alive(t.other) || l.beside(t) == none {
		return false
	}
	if t.unsure && !t.twice {
		t.twice = true
		l.question(t)
		return false
	}
	l.moveEarly(t, Silence, 0)
	l.attemptFailed(i, Silence, 0)
	return true
}

// moveEarly tells that t goes on before its limit.
func (l *Line) moveEarly(t *transaction, cause Cause, status uint16) {
	l.decide(Action{
		Decision: MoveEarly, From: t.server, Server: l.beside(t), Cause: cause, Status: status,
		Method: t.method, ID: t.id, Tx: t.tx, Cost: l.now - t.sent,
	})
}

// proven takes the news that s is alive to those who have asked.
func (l *Line) proven(s int8) {
	for i := 0; i < len(l.txs); i++ {
		t := &l.txs[i]
		if t.other == s && l.now-t.asked > promptTime+l.servers[s].trip.limit() {
			t.unsure = true
		}
		switch {
		case t.state == calling && t.doubt == asked && t.server == s:
			l.spare(t)
			t.doubtAt = Never
		case t.state == calling && t.doubt == judged && t.other == s && l.judge(i):
			i = -1
		}
	}
}

// unproven asks another server in place of s, which is not alive either.
func (l *Line) unproven(s int8) {
	for i := range l.txs {
		t := &l.txs[i]
		if t.state != calling || t.doubt != asked && t.doubt != judged || t.other != s {
			continue
		}
		if other := l.beside(t); other != none && other != s {
			t.other = other
			l.emit(Action{Kind: Probe, Server: other})
		}
	}
}

// bareTrying notes that an INVITE has got 100 Trying and no more: its server
// may die without a word.
func (l *Line) bareTrying(t *transaction) {
	if !l.cfg.Smart || t.inDialog {
		return
	}
	if !t.bare {
		t.bare, t.doubt, t.patience = true, trusting, bareTime
	}
	t.doubtAt = l.now + t.patience
	t.doubt = trusting
}

// tickBare asks the server of a bare INVITE, or judges it.
func (l *Line) tickBare(i int) bool {
	t := &l.txs[i]
	s := l.beside(t)
	switch {
	case s == none:
		return false
	case t.doubt == trusting:
		t.doubt, t.asked, t.other = asked, l.now, s
		l.emit(Action{Kind: Probe, Server: t.server})
		l.emit(Action{Kind: Probe, Server: s})
		t.doubtAt = l.now + quietTime + l.servers[t.server].trip.limit()
		return false
	case l.servers[t.server].heard < t.asked && l.servers[t.other].heard >= t.asked && l.alive(t.other):
		l.moveEarly(t, Silence, 0)
		l.moveBare(i, Silence)
		return true
	}
	t.patience = min(2*t.patience, bareMax)
	t.doubt, t.doubtAt = trusting, l.now+t.patience
	return false
}

// moveBare takes an INVITE back that got no more than 100 Trying from a server
// that has died, and goes on at the next one.
func (l *Line) moveBare(i int, cause Cause) {
	t := l.txs[i]
	l.abandon(i)
	l.cancel(i)
	l.blame(t.server, t.asked, cause, 0, true)
	l.requestFailed(t, cause, 0)
}

// sample learns the round trip from a request answered to its first copy
// (Karn's algorithm, RFC 6298 §3). A BYE or CANCEL is answered by the far side
// or not by the server alone.
func (l *Line) sample(t *transaction) {
	if t.state == calling && t.copies == 1 && (t.method == sip.REGISTER || t.method == sip.OPTIONS || t.method == sip.INVITE) {
		l.servers[t.server].trip.learn(l.now - t.sent)
	}
}
