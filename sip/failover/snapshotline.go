package failover

// line writes or reads all fields of a Line but those that hold only during a
// Step. A test compares this with the types.
func (s *snapshot) line(l *Line) {
	items(s, &l.servers, s.server)
	items(s, &l.ranks, func(r *uint32) { put(s, r) })
	items(s, &l.order, func(t *int8) {
		put(s, t)
		s.target(l, *t, false)
	})
	items(s, &l.txs, func(t *transaction) {
		s.transaction(t)
		s.target(l, t.server, false)
		s.target(l, t.other, false)
	})
	items(s, &l.requests, func(r *request) {
		s.request(r)
		s.target(l, r.first, true)
	})
	put(s, &l.rand)
	put(s, &l.seq)
	put(s, &l.now)
	s.flags(&l.started, &l.stopping, &l.stopped, &l.offline, &l.boot, &l.registered, &l.troubled)
	put(s, &l.active)
	s.target(l, l.active, false)
	put(s, &l.registeredAt)
	put(s, &l.expiresAt)
	put(s, &l.refreshAt)
	put(s, &l.retryAt)
	put(s, &l.reconnectAt)
	put(s, &l.linkAt)
	put(s, &l.linkFirst)
	s.target(l, l.linkFirst, false)
	put(s, &l.probeAt)
	put(s, &l.aliveAt)
	put(s, &l.warmAt)
	put(s, &l.backAt)
	put(s, &l.relapses)
	put(s, &l.turn)
	s.pass(&l.pass)
	s.target(l, l.pass.first, true)
	s.target(l, l.pass.at, true)
	s.target(l, l.pass.left, true)
	s.watch(&l.watch)
	s.target(l, l.watch.server, false)
	s.second(&l.second)
	s.target(l, l.second.server, false)
	s.exercise(&l.exercise)
	s.target(l, l.exercise.home, false)
	s.target(l, l.exercise.away, false)
	put(s, &l.probe)
	put(s, &l.keepAlive)
	put(s, &l.failed)
	put(s, &l.refused)
	put(s, &l.farewells)
	s.action(&l.told)
}

// target refuses a snapshot that names a target the line does not have.
func (s *snapshot) target(l *Line, t int8, orNone bool) {
	if s.reading && !(orNone && t == none) && (t < 0 || int(t) >= len(l.servers)) {
		s.broken = true
	}
}

func (s *snapshot) server(v *server) {
	put(s, &v.transport)
	s.flags(&v.down)
	put(s, &v.cause)
	put(s, &v.ask)
	put(s, &v.closed)
	put(s, &v.heard)
	put(s, &v.trip.mean)
	put(s, &v.trip.spread)
}

func (s *snapshot) transaction(t *transaction) {
	put(s, &t.tx)
	put(s, &t.id)
	put(s, &t.method)
	put(s, &t.purpose)
	put(s, &t.state)
	put(s, &t.server)
	put(s, &t.repeats)
	put(s, &t.copies)
	s.flags(&t.long, &t.inDialog, &t.slow, &t.cancelled, &t.bare, &t.unsure, &t.twice)
	put(s, &t.doubt)
	put(s, &t.other)
	put(s, &t.sent)
	put(s, &t.asked)
	put(s, &t.doubtAt)
	put(s, &t.patience)
	put(s, &t.next)
	put(s, &t.until)
}

func (s *snapshot) request(r *request) {
	put(s, &r.id)
	put(s, &r.method)
	s.flags(&r.inDialog, &r.direct)
	put(s, &r.state)
	put(s, &r.first)
	put(s, &r.tried)
	put(s, &r.tx)
	put(s, &r.since)
	put(s, &r.began)
	put(s, &r.until)
}

func (s *snapshot) pass(p *pass) {
	s.flags(&p.on, &p.own, &p.quiet, &p.forced, &p.splayed, &p.drill)
	put(s, &p.first)
	put(s, &p.at)
	put(s, &p.left)
	put(s, &p.tried)
	put(s, &p.asked)
	put(s, &p.tx)
	put(s, &p.cause)
	put(s, &p.status)
	put(s, &p.began)
	put(s, &p.wait)
}

func (s *snapshot) watch(w *watch) {
	s.flags(&w.on, &w.pending)
	put(s, &w.server)
	put(s, &w.answers)
	put(s, &w.until)
}

func (s *snapshot) second(b *second) {
	put(s, &b.server)
	put(s, &b.tx)
	s.flags(&b.held)
	put(s, &b.expiresAt)
	put(s, &b.refreshAt)
	put(s, &b.failed)
}

func (s *snapshot) exercise(x *exercise) {
	s.flags(&x.on, &x.back)
	put(s, &x.home)
	put(s, &x.away)
	put(s, &x.began)
}

func (s *snapshot) action(a *Action) {
	put(s, &a.Kind)
	put(s, &a.Method)
	put(s, &a.Purpose)
	s.flags(&a.Repeat, &a.Urgent)
	put(s, &a.Phase)
	put(s, &a.Notice)
	put(s, &a.Cause)
	put(s, &a.Server)
	put(s, &a.Status)
	put(s, &a.ID)
	put(s, &a.Tx)
	put(s, &a.Prev)
	put(s, &a.Expires)
	put(s, &a.At)
	put(s, &a.Decision)
	put(s, &a.From)
	put(s, &a.Cost)
}
