package failover

import (
	"slices"
	"time"

	"phoned/sip"
)

// A move is one thing that can happen next in a scene.
type move struct {
	kind moveKind
	arg  uint8 // a transaction of scene.txs, or a server
	say  uint8 // an index into replies
}

type moveKind uint8

const (
	wait    moveKind = iota // nothing, until the Line or a Probe wants something
	answers                 // a server answers transaction arg with replies[say]
	icmp                    // transaction arg is unreachable, or its connection refused
	dials
	hangsUp
	endsCall
	pressesRegister
	turnsLink
	loses // the idle connection to server arg
	stops
	drills
	requests  // inside the dialog of call arg; say is the method
	names     // DNS tells targetOrders[arg]
	alive     // the OPTIONS that Probe asked for are answered by server arg
	hearsUp   // another line tells that arg is alive
	hearsDown // ... or that it is not
)

// targetOrders are what DNS may tell of a server with two targets.
var targetOrders = [][]int{{0}, {1}, {0, 1}, {1, 0}}

// A reply is what a server may answer.
type reply struct {
	status    uint16
	challenge bool
	tagged    bool
	retry     time.Duration
	least     time.Duration // Min-Expires
}

var replies = [...]reply{
	{status: 100},
	{status: 180, tagged: true},
	{status: 200, tagged: true},
	{status: 401, challenge: true},
	{status: 403},
	{status: 482},
	{status: 486},
	{status: 503},
	{status: 503, retry: 20 * time.Second},
	{status: 500},
	{status: 487},
	{status: 423, least: 400 * time.Second},
	{status: 481},
}

// muted is all replies but those with the given statuses.
func muted(but ...uint16) (bits uint) {
	for i, r := range replies {
		if !slices.Contains(but, r.status) {
			bits |= 1 << i
		}
	}
	return bits
}

// says tells whether the server of t may still answer it with r.
func (s *scene) says(t *sceneTx, r *reply) bool {
	again := r.status == 200 && t.send.Method == sip.INVITE && s.now-t.finalAt < sip.DefaultTimers.Timeout()
	switch {
	case t.final/100 == 2: // its copies, until they end (RFC 3261 §13.3.1.4)
		return again
	case t.final != 0: // one branch of a fork refused, another one answers
		return again && s.left.forks > 0 && !t.inDialog
	case t.gone && s.now-t.goneAt >= unwantedFor: // timer C has ended it
		return false
	case r.challenge && t.send.Repeat: // answered already
		return false
	}
	switch t.send.Method {
	case sip.INVITE:
		switch r.status {
		case 487:
			return t.cancelled
		case 423, 500, 481:
			return false
		}
		return true
	case sip.REGISTER:
		switch r.status {
		case 423:
			return !t.send.Repeat
		case 180, 482, 486, 487, 481:
			return false
		}
		return true
	case sip.BYE:
		switch r.status {
		case 100, 200, 401, 481, 503:
			return true
		}
	case sip.CANCEL:
		return r.status == 200 || r.status == 481
	default:
		return r.status == 200 || r.status == 503 && r.retry == 0
	}
	return false
}

// enumerate lists what can happen next in s.
func (x *explorer) enumerate(s *scene) []move {
	m := x.moves[:0]
	add := func(kind moveKind, arg, say int) {
		m = append(m, move{kind: kind, arg: uint8(arg), say: uint8(say)})
	}
	x.moves = m
	if s.stopped {
		return m
	}
	if s.due() != Never {
		add(wait, 0, 0)
	}
	for i := range s.txs[:s.n] {
		t := &s.txs[i]
		if s.offline {
			break
		}
		for j := range replies {
			if x.mute>>j&1 == 0 && s.says(t, &replies[j]) {
				add(answers, i, j)
			}
		}
		if t.underWay() {
			add(icmp, i, 0)
		}
	}
	switch d := s.dial(); {
	case d >= 0 && s.calls[d].state == up:
		add(endsCall, d, 0)
		if s.left.requests > 0 && s.calls[d].asking == 0 {
			add(requests, d, int(sip.INFO))
			add(requests, d, int(sip.INVITE))
		}
	case d >= 0 && !s.calls[d].hung:
		add(hangsUp, d, 0)
	case d < 0 && s.left.dials > 0:
		add(dials, 0, 0)
	}
	if s.left.registers > 0 {
		add(pressesRegister, 0, 0)
	}
	if s.left.links > 0 || s.offline {
		add(turnsLink, 0, 0)
	}
	if s.left.names > 0 {
		for i := range targetOrders {
			add(names, i, 0)
		}
	}
	if s.left.drills > 0 {
		add(drills, 0, 0)
	}
	if s.left.stop {
		add(stops, 0, 0)
	}
	for i := range exploredServers {
		if s.left.resets > 0 && x.transport(int8(i)).Reliable() {
			add(loses, i, 0)
		}
		if s.asked[i] != Never && !s.offline {
			add(alive, i, 0)
		}
		if s.left.hears > 0 && !s.offline {
			add(hearsUp, i, 0)
			add(hearsDown, i, 0)
		}
	}
	x.moves = m
	return m
}

// due is when something happens by itself.
func (s *scene) due() time.Duration {
	d := s.line.Deadline()
	for i := range s.asked {
		d = min(d, s.asked[i])
	}
	return d
}

// wait lets time pass until something happens by itself.
func (x *explorer) wait(s *scene) {
	s.now = max(s.now, s.due())
	for i := range s.asked {
		if s.asked[i] <= s.now {
			s.asked[i] = Never
			x.step(s, Event{Kind: Health, Server: int8(i), Cause: Silence})
			return
		}
	}
	x.step(s, Event{})
}

// answer lets the server of transaction i answer r.
func (x *explorer) answer(s *scene, i int, r *reply) {
	t := &s.txs[i]
	if t.final != 0 && t.final/100 != 2 && s.left.forks > 0 {
		s.left.forks--
	}
	e := Event{Kind: Response, Tx: t.send.Tx, Status: r.status, Tagged: r.tagged, RetryAfter: r.retry, Expires: r.least}
	if r.challenge {
		e.Challenge = Answerable
	}
	x.step(s, e)
}

// do makes a move.
func (x *explorer) do(s *scene, m move) {
	switch m.kind {
	case wait:
		x.wait(s)
	case answers:
		x.answer(s, int(m.arg), &replies[m.say])
	case icmp:
		t := &s.txs[m.arg]
		cause := ICMP
		if x.transport(t.send.Server).Reliable() {
			cause = Refused
		}
		x.step(s, Event{Kind: Unreachable, Tx: t.send.Tx, Cause: cause})
	case dials:
		x.dials(s)
	case hangsUp:
		x.step(s, Event{Kind: Hangup, ID: ID(m.arg) + 1})
		if s.calls[m.arg].state == dialling {
			s.fail("hung up, and call %d is not done", m.arg+1)
		}
	case endsCall:
		x.bye(s, int(m.arg))
	case pressesRegister:
		s.left.registers--
		x.step(s, Event{Kind: Register})
	case turnsLink:
		s.left.links = max(s.left.links-1, 0)
		x.turnLink(s)
	case loses:
		s.left.resets--
		x.step(s, Event{Kind: ConnectionLost, Server: int8(m.arg)})
	case stops:
		s.left = budget{forks: s.left.forks}
		x.step(s, Event{Kind: Stop})
	case drills:
		s.left.drills--
		x.step(s, Event{Kind: Drill})
	case names:
		s.left.names--
		order := targetOrders[m.arg]
		s.told = 0
		for _, t := range order {
			s.told.add(int8(t))
		}
		x.step(s, Event{Kind: Targets, Order: OrderOf(order...)})
	case requests:
		s.left.requests--
		c := &s.calls[m.arg]
		c.asking = sip.Method(m.say)
		x.step(s, Event{Kind: Request, ID: ID(m.arg) + 1, Method: c.asking, Server: c.server})
	case alive:
		s.asked[m.arg] = Never
		x.step(s, Event{Kind: Health, Server: int8(m.arg)})
	case hearsUp:
		s.left.hears--
		x.step(s, Event{Kind: Health, Server: int8(m.arg)})
	case hearsDown:
		s.left.hears--
		x.step(s, Event{Kind: Health, Server: int8(m.arg), Cause: Silence})
	}
}

func (x *explorer) turnLink(s *scene) {
	if s.offline {
		x.step(s, Event{Kind: LinkUp})
		return
	}
	x.step(s, Event{Kind: LinkDown})
}

func (x *explorer) dials(s *scene) {
	if s.nc == maxSceneCalls {
		return
	}
	s.left.dials--
	s.refused = 0
	c := &s.calls[s.nc]
	*c = sceneCall{}
	for i := range s.txs[:s.n] {
		if t := &s.txs[i]; t.send.Method == sip.REGISTER && t.underWay() {
			c.tried.add(t.send.Server)
		}
	}
	for i := range s.openAt {
		if s.openAt[i] > s.now {
			c.shut.add(int8(i))
		}
	}
	if p := &s.line.pass; p.on { // it has just found them dead
		c.tried |= p.tried
	}
	s.nc++
	x.step(s, Event{Kind: Dial, ID: ID(s.nc)})
}

// The ends of a scene: what must come of it in the long run, whatever it is.

// silence: no server ever answers again. Everything the user asked for is done
// all the same.
func (x *explorer) silence(s *scene) { x.live(s, 0, func() bool { return s.idle() }) }

// health: both servers answer everything from now on. The line is registered at
// the primary in the end, and every BYE is answered.
func (x *explorer) health(s *scene) {
	x.live(s, 1<<exploredServers-1, func() bool { return s.idle() && s.line.Registered() && s.line.isPrimary(s.line.active) })
}

// only: server i alone answers from now on. The line registers there, and the
// next call is set up through it.
func (x *explorer) only(s *scene, i int8) {
	if !s.told.has(i) {
		return
	}
	alone := set(0).with(i)
	x.live(s, alone, func() bool {
		return s.idle() && s.line.Registered() && s.line.Active() == int(i) && s.openAt[i] <= s.now
	})
	if s.broken != "" || s.line.stopping || s.nc == maxSceneCalls {
		return
	}
	s.left.dials = 1
	x.dials(s)
	x.live(s, alone, func() bool { return s.idle() })
	if c := &s.calls[s.nc-1]; s.broken == "" && (c.owner == 0 || c.server != i) {
		s.fail("server %d is alive, and a dial does not reach it", i)
	}
}

// live lets time pass with a user who ends every call, and servers of which only
// some answer, until it is done.
func (x *explorer) live(s *scene, answering set, done func() bool) {
	if s.offline {
		x.step(s, Event{Kind: LinkUp})
	}
	for began := s.now; s.broken == "" && !s.stopped && !done(); {
		d := s.dial()
		switch {
		case d >= 0 && s.calls[d].state == up:
			x.bye(s, d)
		case x.answerOne(s, answering):
		case d >= 0 && x.ringing(s, d) && (s.due() == Never || s.now > began+300*time.Second):
			x.step(s, Event{Kind: Hangup, ID: ID(d + 1)})
		case s.due() > began+4*time.Hour:
			s.fail("what must come of it does not: %s at %d, calls %v", phaseNames[s.phase], s.at, s.calls[:s.nc])
		default:
			x.wait(s)
		}
	}
}

// ringing tells whether a dial has had a 1xx.
func (x *explorer) ringing(s *scene, d int) bool {
	for i := range s.txs[:s.n] {
		t := &s.txs[i]
		if t.send.Method == sip.INVITE && t.send.ID == ID(d+1) && t.underWay() && t.taken {
			return true
		}
	}
	return false
}

func (x *explorer) answerOne(s *scene, answering set) bool {
	for i := range s.txs[:s.n] {
		if t := &s.txs[i]; t.underWay() && answering.has(t.send.Server) {
			x.answer(s, i, &reply{status: 200})
			return true
		}
	}
	for i := range s.asked {
		if s.asked[i] != Never && answering.has(int8(i)) {
			x.do(s, move{kind: alive, arg: uint8(i)})
			return true
		}
	}
	return false
}

// end: the Line is told to stop, and no server answers. It stops.
func (x *explorer) end(s *scene) {
	if !s.line.stopping {
		x.do(s, move{kind: stops})
	}
	for end := s.now + 600*time.Second; s.broken == "" && !s.stopped; x.wait(s) {
		if s.due() > end {
			s.fail("never stopped")
		}
	}
	if s.broken != "" {
		return
	}
	for i := range s.calls[:s.nc] {
		if st := s.calls[i].state; st == dialling || st == ending {
			s.fail("stopped, and call %d is not done", i+1)
		}
	}
}
