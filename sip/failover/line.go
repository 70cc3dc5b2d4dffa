package failover

import (
	"math"
	"time"

	"phoned/sip"
)

// Never is the Deadline of a Line that waits for nothing.
const Never = time.Duration(math.MaxInt64)

// What a Line keeps at once. Transactions of INVITEs leave room for the CANCEL
// and BYE that follow them; those of the line itself always find room.
const (
	maxRequests = 32
	maxInvites  = 64
	maxUser     = 96
	reserve     = 4 // for the line, beside one REGISTER for each target
)

// A Line is one SIP account and its servers. Only one goroutine may use it.
type Line struct {
	cfg      Config
	servers  []server      // the targets of all servers
	ranks    []uint32      // of each server: its targets, best first (Event.Order)
	order    []int8        // the targets that are told, best first
	txs      []transaction // in the order they began
	requests []request     // of the line's user, in the order they came
	rand     random
	seq      Tx
	now      time.Duration
	out      []Action

	started, stopping, stopped bool
	offline                    bool // our own link is down
	boot                       bool // an old contact is to be removed first

	active       int8
	registered   bool          // at active
	registeredAt time.Duration // when active last accepted a REGISTER
	expiresAt    time.Duration // when that registration ends
	refreshAt    time.Duration
	retryAt      time.Duration // after a refusal, or when all servers failed
	reconnectAt  time.Duration // an idle connection to active was lost
	linkAt       time.Duration // our own link came back
	linkFirst    int8          // where the pass after that starts
	probeAt      time.Duration
	aliveAt      time.Duration // next keep-alive

	pass      pass
	watch     watch    // of the primary, before a smart line fails back
	second    second   // the registration of Config.Standby
	exercise  exercise // the drill under way
	turn      uint     // which target of the primary is probed
	warmAt    time.Duration
	backAt    time.Duration // when the line last moved back to the primary
	relapses  uint          // losses of the primary soon after that
	probe     Tx            // the probe under way
	keepAlive Tx            // the OPTIONS under way
	failed    uint          // passes that failed in a row
	refused   uint          // REGISTERs refused in a row
	troubled  bool          // the owner was told that all servers failed
	farewells set           // where our contact is to be removed
	told      Action
	tables    tables
}

// tables are those of a line with up to fewTargets. They lie beside its other
// fields, the ones that are used most first, so that a step finds what it needs
// in one place of the memory.
type tables struct {
	servers  [fewTargets]server
	ranks    [fewTargets]uint32
	order    [fewTargets]int8
	txs      [maxUser + fewTargets + reserve]transaction
	requests [maxRequests]request
}

// fewTargets is one for each of two servers.
const fewTargets = 2

// longest is as long as any setting or lifetime can be: 2^31 s.
const longest = 1 << 31 * time.Second

// New returns a Line that waits for Start. The seed decides every random wait.
// Values out of range are replaced by the nearest in range, timers by those of
// RFC 3261; servers after the 64th are ignored.
func New(cfg Config, seed uint64) *Line {
	cfg.Servers = append([]sip.Server(nil), cfg.Servers[:min(len(cfg.Servers), maxServers)]...)
	cfg.Register = cfg.Register && len(cfg.Servers) > 0
	if t := cfg.Timers; min(t.T1, t.T2) < time.Millisecond || max(t.T1, t.T2) > time.Hour {
		cfg.Timers = sip.DefaultTimers
	}
	cfg.Retries = min(max(cfg.Retries, 0), 10)
	cfg.RetryTime = max(cfg.RetryTime, 0)
	cfg.Targets = min(max(cfg.Targets, 1), MaxTargets)
	cfg.Servers = cfg.Servers[:min(len(cfg.Servers), maxServers/cfg.Targets)]
	if cfg.KeepAliveEvery <= 0 {
		cfg.KeepAlive = NoKeepAlive
	}
	for _, d := range []*time.Duration{&cfg.FailbackInterval, &cfg.RegFailInterval, &cfg.KeepAliveEvery} {
		*d = min(max(*d, time.Second), longest)
	}
	l := &Line{
		cfg:  cfg,
		rand: random(seed),
		told: Action{Kind: State},

		expiresAt: Never, refreshAt: Never, retryAt: Never, reconnectAt: Never,
		linkAt: Never, probeAt: Never, aliveAt: Never, warmAt: Never, backAt: Never,
	}
	l.furnish(len(cfg.Servers) * cfg.Targets)
	for i, s := range cfg.Servers {
		l.ranks[i] = OrderOf(0)
		for t := range cfg.Targets {
			l.servers[i*cfg.Targets+t] = server{transport: s.Transport, ask: min(max(s.TTL, time.Second), longest)}
		}
	}
	l.arrange()
	return l
}

// furnish gives the line its tables, for n targets.
func (l *Line) furnish(n int) {
	t := &l.tables
	l.requests = t.requests[:0]
	if n <= fewTargets {
		l.servers, l.ranks, l.order = t.servers[:n:n], t.ranks[:len(l.cfg.Servers)], t.order[:0:n]
		l.txs = t.txs[: 0 : maxUser+n+reserve]
		return
	}
	l.servers, l.ranks, l.order = make([]server, n), make([]uint32, len(l.cfg.Servers)), make([]int8, 0, n)
	l.txs = make([]transaction, 0, maxUser+n+reserve)
}

// Active is the target that new requests go to.
func (l *Line) Active() int { return int(l.active) }

// NextLook is when the line will look at the primary again, to return to it; 0
// if it will not.
func (l *Line) NextLook() time.Duration {
	switch {
	case l.watch.on:
		return l.watch.until
	case l.probe != 0 || l.probeAt == Never || l.isPrimary(l.active):
		return 0
	}
	return max(l.probeAt, l.servers[l.probed()].closed)
}

// Registered tells whether the line holds a registration at Active.
func (l *Line) Registered() bool { return l.registered }

// Open is the number of client transactions the owner has to keep.
func (l *Line) Open() int { return len(l.txs) }

// Step takes one event at time now, appends what to do about it to buf, in
// order, and returns buf. A time before that of the last Step counts as that.
func (l *Line) Step(now time.Duration, e Event, buf []Action) []Action {
	l.now = max(l.now, now)
	l.out = buf
	if !l.stopped {
		l.event(e)
		l.tick()
	}
	buf, l.out = l.out, nil
	return buf
}

func (l *Line) event(e Event) {
	switch e.Kind {
	case Start:
		l.start()
	case Stop:
		l.stop()
	case Register:
		l.registerNow()
	case Dial:
		l.dial(e.ID)
	case Hangup:
		l.hangup(e.ID)
	case Bye:
		l.bye(e.ID, l.valid(e.Server))
	case Request:
		l.inDialog(e.ID, e.Method, l.valid(e.Server))
	case Response:
		l.response(e)
	case Unreachable:
		l.unreachable(e.Tx, e.Cause)
	case ConnectionLost:
		l.connectionLost(l.valid(e.Server), e.Urgent)
	case LinkDown:
		l.linkDown()
	case LinkUp:
		l.linkUp()
	case Targets:
		l.targets(e)
	case Health:
		l.health(l.valid(e.Server), e)
	case Drill:
		l.drill()
	}
}

// tick does what is due. The order matters where deadlines meet: what a
// request has learnt first, then the registration, keep-alive last.
func (l *Line) tick() {
	l.tickTransactions()
	l.tickRequests()
	if l.stopping {
		l.tickStop()
		return
	}
	l.tickRegistration()
	l.tickProbe()
	l.tickStandby()
	l.tickWarmth()
	l.tickKeepAlive()
}

// Deadline is when Step next wants a Tick; Never if it waits for events alone.
func (l *Line) Deadline() time.Duration {
	d := Never
	for i := range l.txs {
		d = min(d, l.txs[i].next, l.txs[i].until, l.txs[i].doubtAt)
	}
	for i := range l.requests {
		d = min(d, l.requests[i].until)
	}
	if l.stopping || l.stopped {
		return d
	}
	return min(d, l.registrationDue(), l.probeDue(), l.standbyDue(), l.warmthDue(), l.keepAliveDue())
}

func (l *Line) emit(a Action) { l.out = append(l.out, a) }
