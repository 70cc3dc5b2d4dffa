package failover

import (
	"fmt"
	"strings"
	"time"

	"phoned/sip"
)

// mode is how a server of the simulation behaves.
type mode uint8

const (
	healthy   mode = iota
	silent         // drops everything
	closed         // ICMP unreachable, or the connection is refused
	busy503        // 503 to all, now and then with Retry-After
	broken500      // 500 to all
	forbidden      // 403 to REGISTER and INVITE
	badLogin       // challenges without end
	tooBrief       // 423 to REGISTER
	trying         // 1xx, then silence
	slow           // answers very late
	modes
)

// calm modes leave the promise standing that a healthy server is found: the
// others are alive and refuse, and a refusal does not wander.
func (m mode) calm() bool { return m <= broken500 || m == slow }

// happening is an event of the world that is still to come.
type happening struct {
	at    time.Duration
	seq   uint32
	what  what
	srv   int8
	tx    Tx
	id    ID
	event Event
}

type what uint8

const (
	toPhone  what = iota // event
	toServer             // a copy of tx
	ackAt                // an ACK for tx
	answer               // the far side of INVITE tx picks up, or declines
	repeat2x             // the server repeats its 2xx to INVITE tx
	fault                // srv changes its mode
	userActs
	userHangs // id
	linkTurns
	connection // srv's connection breaks
	inspect
)

// record is what the world knows of a transaction.
type record struct {
	send       Action
	sent       time.Duration
	copies     int
	long       bool // it may leave more than N+1 times
	forgotten  bool
	abandoned  bool
	provision  bool // a 1xx reached the phone
	taken      bool // ... while it was wanted
	final      uint16
	starts     bool // an INVITE that starts a call
	took2xx    bool // a 2xx reached the phone
	owned      bool // ... and is the call's
	late       bool // ... or nobody's
	cancelled  bool
	lateAsked  bool
	seen       int // copies that reached the server
	reply      uint16
	picked     bool // the far side has picked up
	repeats    int
	acked      bool
	dialogOver bool
}

// callRecord is what the world knows of a request of the user.
type callRecord struct {
	dialed, hung bool
	up           bool
	server       int8
	asked        time.Duration // BYE
	byeAsked     bool
	byeDone      bool
	ended        bool
	byeTx        Tx  // of the INVITE whose late dialog this BYE ends
	tried        set // servers that BYE or REGISTER was sent to since
}

// simServer is one server of the simulation.
type simServer struct {
	mode    mode
	since   time.Duration // of the mode
	bound   time.Duration // our contact is registered until then
	openAt  time.Duration // Retry-After that reached the phone ends
	failed  time.Duration // last time the phone found it unavailable
	wild    time.Duration // last time it was not calm
	boundBy time.Duration
	asked   time.Duration // a question whether it is alive is under way until then
}

// world is one seed's phone, servers, network and user.
type world struct {
	seed    uint64
	rand    random
	cfg     Config
	line    *Line
	now     time.Duration
	end     time.Duration
	queue   []happening
	order   uint32
	servers []simServer
	recs    []record
	calls   []callRecord
	buf     []Action

	loss     uint64 // of 1000
	digest   bool
	patience uint64
	calm     time.Duration // longest health of a server
	offline  bool
	linkAt   time.Duration // when the link last changed
	state    Action
	stateAt  time.Duration
	lostAt   time.Duration // when a registration was last lost
	stopped  bool
	steps    int
	hash     uint64
	trace    *strings.Builder
	broken   string
	twin     func(time.Duration, Event, []Action) // sees every step
}

func newWorld(seed uint64, length time.Duration) *world {
	w := &world{seed: seed, rand: random(seed), end: length, hash: 14695981039346656037}
	n := []int{1, 2, 2, 2, 2, 3, 4}[w.rand.next()%7]
	w.cfg = testConfig(n)
	w.cfg.Retries = []int{3, 3, 3, 0, 1, 2, 4, 10}[w.rand.next()%8]
	if w.chance(100) {
		w.cfg.RetryTime = w.rand.between(time.Second, 20*time.Second)
	}
	w.cfg.Failback = !w.chance(150)
	w.cfg.FailbackInterval = w.rand.between(60*time.Second, 1800*time.Second)
	w.cfg.Register = !w.chance(80)
	w.cfg.UnregisterOnBoot = w.chance(200)
	w.cfg.KeepAlive = []KeepAlive{NoKeepAlive, CRLF, OptionsAlive, OptionsAlive}[w.rand.next()%4]
	w.cfg.KeepAliveEvery = w.rand.between(15*time.Second, 120*time.Second)
	for i := range w.cfg.Servers {
		w.cfg.Servers[i].TTL = w.rand.between(60*time.Second, 3600*time.Second)
		w.cfg.Servers[i].Transport = []sip.Transport{sip.UDP, sip.UDP, sip.UDP, sip.TCP, sip.TLS}[w.rand.next()%5]
	}
	w.servers = make([]simServer, n)
	for i := range w.servers {
		w.servers[i].wild, w.servers[i].failed = -Never, -Never
	}
	w.loss = []uint64{0, 0, 10, 50, 200}[w.rand.next()%5]
	w.digest = !w.chance(300)
	w.patience = w.rand.next() % 4
	w.calm = []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour}[w.rand.next()%4]
	w.line = New(w.cfg, w.rand.next())
	w.recs = make([]record, 1, 4096)
	w.calls = make([]callRecord, 1, 256)
	w.state = Action{Kind: State}
	w.later(w.rand.between(0, 5*time.Second), happening{what: toPhone, event: Event{Kind: Start}})
	for i := range w.servers {
		w.later(w.rand.between(0, 2*time.Hour), happening{what: fault, srv: int8(i)})
	}
	w.later(w.rand.between(0, 10*time.Minute), happening{what: userActs})
	w.later(w.rand.between(time.Hour, 12*time.Hour), happening{what: linkTurns})
	w.later(5*time.Minute, happening{what: inspect})
	return w
}

// chance is true in n of 1000 cases.
func (w *world) chance(n uint64) bool { return w.rand.next()%1000 < n }

// later plans a happening.
func (w *world) later(after time.Duration, h happening) {
	w.order++
	h.at, h.seq = w.now+after, w.order
	w.queue = append(w.queue, h)
	for i := len(w.queue) - 1; i > 0; {
		up := (i - 1) / 2
		if !w.queue[i].before(&w.queue[up]) {
			break
		}
		w.queue[i], w.queue[up] = w.queue[up], w.queue[i]
		i = up
	}
}

func (h *happening) before(o *happening) bool {
	return h.at < o.at || h.at == o.at && h.seq < o.seq
}

func (w *world) pop() happening {
	q := w.queue
	h := q[0]
	last := len(q) - 1
	q[0] = q[last]
	w.queue = q[:last]
	q = w.queue
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && q[c].before(&q[least]) {
				least = c
			}
		}
		if least == i {
			return h
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

// run lives through the day, stops the line and waits for its end.
func (w *world) run() {
	told := false
	for w.broken == "" {
		next := w.line.Deadline()
		if len(w.queue) > 0 && w.queue[0].at < next {
			next = w.queue[0].at
		}
		if !told && next >= w.end {
			told = true
			w.now = max(w.now, w.end)
			w.step(Event{Kind: Stop})
			continue
		}
		if w.stopped || next == Never {
			break
		}
		w.now = next
		if len(w.queue) == 0 || w.line.Deadline() < w.queue[0].at {
			w.tick()
			continue
		}
		w.happen(w.pop())
	}
	if w.broken == "" {
		w.checkEnd()
	}
}

func (w *world) tick() {
	before := w.line.Deadline()
	if w.step(Event{}) == 0 && w.line.Deadline() <= before {
		w.fail("a Tick at the deadline did nothing and left the deadline where it was")
	}
}

// step tells the phone an event and carries out what it wants.
func (w *world) step(e Event) int {
	w.steps++
	if w.trace != nil {
		fmt.Fprintf(w.trace, "%12s      %s t%d %d call %d server %d %s\n", clock(w.now),
			eventNames[e.Kind], e.Tx, e.Status, e.ID, e.Server, causeNames[e.Cause])
	}
	w.before(e)
	w.buf = w.line.Step(w.now, e, w.buf[:0])
	if w.twin != nil {
		w.twin(w.now, e, w.buf)
	}
	for _, a := range w.buf {
		if w.trace != nil {
			fmt.Fprintf(w.trace, "%12s  %v\n", clock(w.now), a)
		}
		w.mix(a)
		w.check(a)
		w.carryOut(a)
	}
	w.after()
	return len(w.buf)
}

// mix adds an action and its time to the hash of the run (FNV-1a).
func (w *world) mix(a Action) {
	if a.Kind == Evidence || a.Kind == Decide {
		return // what the owner is told, not what it does
	}
	for _, v := range [...]uint64{
		uint64(w.now), uint64(a.Kind) | uint64(a.Method)<<8 | uint64(a.Purpose)<<16 | uint64(a.Phase)<<24 |
			uint64(a.Notice)<<32 | uint64(a.Cause)<<40 | uint64(uint8(a.Server))<<48,
		uint64(a.Status) | uint64(a.ID)<<16, uint64(a.Tx) | uint64(a.Prev)<<32, uint64(a.Expires), uint64(a.At),
	} {
		w.hash = (w.hash ^ v) * 1099511628211
	}
	if a.Repeat {
		w.hash++
	}
}

func (w *world) fail(format string, args ...any) {
	if w.broken == "" {
		w.broken = fmt.Sprintf("at %s: ", clock(w.now)) + fmt.Sprintf(format, args...)
	}
}

// happen lets one happening come true.
func (w *world) happen(h happening) {
	switch h.what {
	case toPhone:
		if !w.offline || h.event.Tx == 0 {
			w.step(h.event)
		}
	case toServer:
		w.arrive(h.tx)
	case ackAt:
		if w.recs[h.tx].reply/100 == 2 && w.servers[h.srv].mode != silent {
			w.recs[h.tx].acked = true
		}
	case answer:
		w.pickUp(h.tx)
	case repeat2x:
		w.repeat2xx(h.tx)
	case fault:
		w.turn(h.srv)
	case userActs:
		w.userActs()
	case userHangs:
		w.userHangs(h.id)
	case linkTurns:
		w.turnLink()
	case connection:
		if !w.offline && !w.line.stopping {
			w.step(Event{Kind: ConnectionLost, Server: h.srv})
		}
	case inspect:
		w.inspect()
		w.later(5*time.Minute, h)
	}
}
