package ua

import (
	"slices"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/wire"
)

// shared is what the lines of a phone know together: the health of their
// targets, and which connections they need.
type shared struct {
	book    *health.Book
	actions []health.Action
	probes  map[health.Target]*probe
	users   map[health.Target][]user
	stale   bool    // users is not what it was made of
	sick    []*line // whose targets' health is news for the phone

	need bool // what follows may have changed
	busy []load
	told needs
}

// A user is a line that has a target.
type user struct {
	line   *line
	target int
}

func newShared() shared {
	return shared{
		book:   health.New(),
		probes: map[health.Target]*probe{},
		users:  map[health.Target][]user{},
	}
}

// A probe is the OPTIONS that asks, for all lines, whether a target is alive. It
// is no transaction of a line: the book says when its copies leave.
type probe struct {
	agent  *agent
	target health.Target
	flight *wire.Flight
	sentAt time.Duration // when the first copy left, if copies is not 0
	copies int
}

// note tells the book what has shown the state of a line's target, or asks for
// it.
func (a *agent) note(l *line, target int, e health.Event) {
	if l == nil {
		a.judge(nil, 0, e)
		return
	}
	e.Target = l.keys[target]
	switch {
	case e.Target == health.Target{}:
		return
	case e.Kind == health.Ask && !l.resolved(target):
		if l.failed[l.home(target)] {
			a.tell(l, failover.Event{Kind: failover.Health, Server: int8(target), Cause: failover.NoName}, nil)
		}
		return
	}
	a.judge(l, target, e)
}

// judge steps the book and carries out what it asks for. l is the line that the
// event came from, or nil.
func (a *agent) judge(l *line, target int, e health.Event) {
	s := &a.shared
	s.actions = s.book.Step(a.now(), e, s.actions[:0])
	for i := range s.actions {
		act := &s.actions[i]
		switch act.Kind {
		case health.Send:
			if l != nil {
				l.probe(target)
			}
		case health.Resend:
			if p := s.probes[act.Target]; p != nil {
				if p.copies > 0 {
					p.copies++
				}
				a.wire.Resend(p.flight)
			}
		case health.End:
			if p := s.probes[act.Target]; p != nil {
				delete(s.probes, act.Target)
				a.wire.Abandon(p.flight, false)
				a.wire.Forget(p.flight)
				if p.flight.Server.Transport.Reliable() {
					s.lean(p.flight.Server, -1)
				}
			}
		case health.News:
			a.spread(l, act)
		}
	}
}

// spread tells the lines that have a target what is known of it. The line that
// has found it out knows; who has asked is told in any case.
func (a *agent) spread(source *line, news *health.Action) {
	r := &news.Record
	e := failover.Event{Kind: failover.Health}
	if r.State == health.Down {
		e.Cause, e.Status, e.Urgent = r.Cause, r.Status, r.Urgent
		e.RetryAfter = max(r.Until-a.now(), 0)
	}
	for _, u := range a.usersOf(r.Target) {
		if news.Changed || !news.Asked {
			u.line.ill()
		}
		if u.line.conf.Failover.Smart && (news.Asked || news.Changed && u.line != source) {
			e.Server = int8(u.target)
			a.tell(u.line, e, nil)
		}
	}
}

// usersOf are the lines in service that have a target.
func (a *agent) usersOf(t health.Target) []user {
	s := &a.shared
	if s.stale {
		s.stale = false
		for k, all := range s.users {
			if len(all) == 0 {
				delete(s.users, k)
				continue
			}
			s.users[k] = all[:0]
		}
		for _, l := range a.order {
			for i, k := range l.keys {
				if k != (health.Target{}) {
					s.users[k] = append(s.users[k], user{l, i})
				}
			}
		}
	}
	return s.users[t]
}

// known is how long what one line has found out is worth telling a new one.
const known = 2 * time.Minute

// brief tells a line what is known of a target that is new to it.
func (l *line) brief(target int) {
	a := l.agent
	r, ok := a.shared.book.Get(l.keys[target])
	if !ok || r.State == health.Unknown || a.now()-r.Seen > known || !l.conf.Failover.Smart {
		return
	}
	e := failover.Event{Kind: failover.Health, Server: int8(target)}
	if r.State == health.Down {
		e.Cause, e.Status, e.RetryAfter = r.Cause, r.Status, max(r.Until-a.now(), 0)
	}
	a.tell(l, e, nil)
}

// probe sends OPTIONS to a target, with the line's identity.
func (l *line) probe(target int) {
	a := l.agent
	p := &probe{agent: a, target: l.keys[target]}
	branch := a.names.branch()
	build := guarded(builder(l.options(target), branch, l.conf.Rport, contactUser(l.conf, true)))
	p.flight = &wire.Flight{Server: l.servers[target], Build: build, Owner: p}
	a.shared.probes[p.target] = p
	l.log.Debug("probe", "server", l.number(target), "address", l.address(target), "branch", branch)
	a.wire.Start(p.flight)
	if _, left := p.flight.Route(); left {
		p.sentAt, p.copies = a.now(), 1
	}
	if p.flight.Server.Transport.Reliable() {
		a.shared.lean(p.flight.Server, 1)
	}
}

// answer takes a response to the probe.
func (p *probe) answer(res *gosip.Response) {
	a := p.agent
	if a.shared.probes[p.target] != p {
		return
	}
	e := health.Event{Kind: health.Answer, Target: p.target, Method: sip.OPTIONS, Status: uint16(res.StatusCode), Probe: true}
	if p.copies == 1 {
		e.RTT = a.now() - p.sentAt
	}
	if after := retryAfter(res); after > 0 {
		e.Until = a.now() + min(after, time.Hour)
	}
	a.judge(nil, 0, e)
}

// fault takes what became of a probe that did not reach its target.
func (p *probe) fault(fault wire.Fault, err error) {
	a := p.agent
	if a.shared.probes[p.target] != p {
		return
	}
	a.log.Debug("probe failed", "address", p.target.Addr, "fault", fault.String(), "error", err)
	a.judge(nil, 0, health.Event{Kind: health.Fault, Target: p.target, Cause: causeOf(fault)})
}

// renew forgets what was known of the servers over a network that has gone or
// changed, and has the names looked up over a new one.
func (a *agent) renew(up bool) {
	a.judge(nil, 0, health.Event{Kind: health.Reset})
	if up && a.resolver != nil {
		a.resolver.Refresh()
	}
}

// ill marks a line whose targets' health is news for the phone.
func (l *line) ill() {
	if !l.sick {
		l.sick = true
		l.agent.shared.sick = append(l.agent.shared.sick, l)
	}
}

// tellHealth tells the phone, once for all that has happened in a turn.
func (a *agent) tellHealth() {
	s := &a.shared
	for _, l := range s.sick {
		if l.sick = false; !l.gone && l.leaveBy == 0 {
			a.emit(Health{Line: l.conf.Number, Targets: l.health()})
		}
	}
	clear(s.sick)
	s.sick = s.sick[:0]
}

// health is what is known of the line's targets, in the order they are tried.
func (l *line) health() []TargetHealth {
	a := l.agent
	var out []TargetHealth
	for _, t := range l.targets() {
		r, _ := a.shared.book.Get(l.keys[t])
		h := TargetHealth{
			Server: l.number(t), Address: l.address(t), Transport: l.keys[t].Transport,
			State: r.State, Cause: r.Cause, Status: int(r.Status), RTT: r.RTT,
		}
		if r.State != health.Unknown {
			h.Since = a.start.Add(r.Since)
		}
		if r.Until > a.now() {
			h.Until = a.date(r.Until)
		}
		out = append(out, h)
	}
	return out
}

// targets are the targets that requests may go to, best first.
func (l *line) targets() []int {
	var out []int
	for i := range l.base {
		for order := l.orders[i]; order&0xf != failover.NoTarget && len(out) < len(l.servers); order = order>>4 | 0xf<<28 {
			if t := i*l.per + int(order&0xf); !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}
