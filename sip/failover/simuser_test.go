package failover

import (
	"time"

	"phoned/sip"
)

// turn gives a server its next mode.
func (w *world) turn(s int8) {
	srv := &w.servers[s]
	was := srv.mode
	if !was.calm() {
		srv.wild = w.now
	}
	if was == healthy || w.chance(300) {
		srv.mode = mode(w.rand.next() % uint64(modes))
	} else {
		srv.mode = healthy
	}
	if srv.mode != was {
		srv.since = w.now
	}
	stay := w.rand.between(5*time.Second, 20*time.Minute)
	switch {
	case srv.mode == healthy:
		stay = w.rand.between(time.Minute, w.calm)
	case w.chance(200):
		stay = w.rand.between(time.Hour, 4*time.Hour)
	}
	w.later(stay, happening{what: fault, srv: s})
	if srv.mode == closed && w.cfg.Servers[s].Transport.Reliable() || w.chance(100) {
		w.later(time.Millisecond, happening{what: connection, srv: s})
	}
}

func (w *world) turnLink() {
	w.offline = !w.offline
	w.linkAt = w.now
	if w.offline {
		w.step(Event{Kind: LinkDown})
		w.later(w.rand.between(0, 10*time.Minute), happening{what: linkTurns})
		return
	}
	w.step(Event{Kind: LinkUp})
	w.later(w.rand.between(10*time.Minute, 12*time.Hour), happening{what: linkTurns})
}

func (w *world) userActs() {
	w.later(w.rand.between(time.Second, []time.Duration{4, 10, 40, 60}[w.patience]*time.Minute), happening{what: userActs})
	switch w.rand.next() % 10 {
	case 0:
		w.step(Event{Kind: Register})
	case 1:
		if !w.offline { // the address has changed
			w.step(Event{Kind: LinkUp})
		}
	case 2:
		for i := range w.calls {
			if c := &w.calls[i]; c.up && !c.byeAsked {
				m := []sip.Method{sip.INVITE, sip.INFO, sip.UPDATE}[w.rand.next()%3]
				w.step(Event{Kind: Request, ID: ID(i), Method: m, Server: c.server})
				break
			}
		}
	default:
		calls := 1
		if w.chance(100) {
			calls = 4
		}
		for range calls {
			id := ID(len(w.calls))
			w.calls = append(w.calls, callRecord{dialed: true})
			w.later(w.rand.between(50*time.Millisecond, 10*time.Second<<w.patience), happening{what: userHangs, id: id})
			w.step(Event{Kind: Dial, ID: id})
		}
	}
}

// userHangs ends a call, whatever its state.
func (w *world) userHangs(id ID) {
	c := &w.calls[id]
	switch {
	case c.byeAsked || c.hung || w.line.stopping:
	case c.up:
		w.askBye(id, c.server)
	case !c.ended:
		c.hung = true
		w.step(Event{Kind: Hangup, ID: id})
	}
}

func (w *world) askBye(id ID, s int8) {
	c := &w.calls[id]
	c.byeAsked, c.asked, c.tried = true, w.now, 0
	for i := max(1, len(w.recs)-300); i < len(w.recs); i++ {
		if r := &w.recs[i]; r.send.Method == sip.REGISTER && r.underWay() {
			c.tried.add(r.send.Server)
		}
	}
	w.step(Event{Kind: Bye, ID: id, Server: s})
}
