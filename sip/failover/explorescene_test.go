package failover

import (
	"fmt"
	"strings"
	"time"

	"phoned/sip"
)

// A scene is one state of the small world that is explored: a Line, what its
// two servers could still say about every transaction, and what its user has
// done. It is plain data, so that a search can copy it instead of living
// through it again.
type scene struct {
	line  Line
	now   time.Duration
	seq   Tx
	txs   [maxSceneTxs]sceneTx // that the Line has not forgotten, as they began
	n     int
	calls [maxSceneCalls]sceneCall
	nc    int

	phase   Phase // as told
	at      int8
	offline bool
	stopped bool
	failed  set // servers that have failed since something was under way
	refused set // servers that refused a REGISTER since the dial
	up      set // servers whose last news was good
	down    set // servers whose last news was bad
	told    set // targets that DNS tells
	openAt  [exploredServers]time.Duration
	asked   [exploredServers]time.Duration // Probe: when its answer is due, or Never
	left    budget
	shape   bool // explored by shape: see key64.time
	next    time.Duration
	broken  string
}

const (
	exploredServers = 2
	maxSceneTxs     = 14
	maxSceneCalls   = 6
)

// sceneTx is what the world knows of a transaction that is not forgotten.
type sceneTx struct {
	send      Action
	copies    uint8
	first     uint16 // final answer
	final     uint16 // the last one
	finalAt   time.Duration
	long      bool          // it may leave more than N+1 times
	gone      bool          // abandoned, or hung up
	goneAt    time.Duration // when
	provision bool          // a 1xx was told
	taken     bool          // ... while it was wanted
	tagged    bool          // ... with a To tag
	oldLink   bool          // sent before the link was lost
	cancelled bool
	late      bool
	inDialog  bool // an INVITE inside a dialog
}

// sceneCall is what the world knows of a dial, or of a dialog nobody wants.
type sceneCall struct {
	state  callState
	hung   bool
	asking sip.Method // a request inside the dialog that is under way
	server int8
	owner  Tx  // of its dialog
	tried  set // servers that INVITE, BYE or REGISTER was sent to
	shut   set // servers that wanted to be left alone meanwhile
}

type callState uint8

const (
	dialling callState = iota
	failed             // the dial is done, without a call
	up
	ending // BYE asked for
	over2  // BYE done
)

// budget is how often the world may still do what would lead to ever more
// states.
type budget struct {
	dials, registers, links, forks, hears, resets, requests, drills, names int8
	stop                                                                   bool
}

func newScene(cfg Config, left budget) *scene {
	s := &scene{line: *New(cfg, 1), left: left, now: time.Second, told: 1<<exploredServers - 1}
	for i := range s.asked {
		s.asked[i] = Never
	}
	return s
}

// transport to target i.
func (x *explorer) transport(i int8) sip.Transport {
	return x.cfg.Servers[int(i)/max(x.cfg.Targets, 1)].Transport
}

// set makes s a copy of o, in the tables that s has.
func (s *scene) set(o *scene) {
	l := s.line
	*s = *o
	s.line.txs = append(l.txs[:0], o.line.txs...)
	s.line.requests = append(l.requests[:0], o.line.requests...)
	s.line.servers = append(l.servers[:0], o.line.servers...)
	s.line.ranks = append(l.ranks[:0], o.line.ranks...)
	s.line.order = append(l.order[:0], o.line.order...)
}

func (s *scene) fail(format string, args ...any) {
	if s.broken == "" {
		s.broken = fmt.Sprintf(format, args...)
	}
}

// tx is what is known of transaction t, or nil if it is forgotten.
func (s *scene) tx(t Tx) *sceneTx {
	for i := range s.txs[:s.n] {
		if s.txs[i].send.Tx == t && t != 0 {
			return &s.txs[i]
		}
	}
	return nil
}

// underWay tells whether the Line still waits for the final answer.
func (t *sceneTx) underWay() bool { return !t.gone && t.final == 0 }

func (s *scene) forget(t Tx) {
	for i := range s.txs[:s.n] {
		if s.txs[i].send.Tx == t {
			copy(s.txs[i:], s.txs[i+1:s.n])
			s.n--
			s.txs[s.n] = sceneTx{}
			return
		}
	}
}

// An explorer takes scenes from move to move.
type explorer struct {
	cfg   Config
	mute  uint // replies that are not explored, as bits
	buf   []Action
	moves []move
	trace *strings.Builder // nil: not wanted

	broken string // by a walk
}

// step tells the Line of s an event, carries out what it wants, and holds it
// against the rules.
func (x *explorer) step(s *scene, e Event) {
	late := s.nc
	x.one(s, e)
	for i := 0; s.line.Deadline() <= s.now && s.broken == ""; i++ {
		if x.one(s, Event{}); i > 20 {
			s.fail("the deadline never passes %s", clock(s.now))
		}
	}
	// What the owner does with a 2xx that nobody wants: a BYE with an ID of its
	// own for that dialog.
	for ; late < s.nc && s.broken == ""; late++ {
		if c := &s.calls[late]; c.state == up {
			x.bye(s, late)
		}
	}
}

// one is one Step of the Line.
func (x *explorer) one(s *scene, e Event) {
	if x.trace != nil {
		fmt.Fprintf(x.trace, "%s %s\n", clock(s.now), eventText(e))
	}
	wasReady := s.before(e)
	if !x.advance(s, e) {
		return
	}
	took := 0
	for _, a := range x.buf {
		if x.trace != nil {
			fmt.Fprintf(x.trace, "%12s  %s\n", clock(s.now), actionText(a))
		}
		x.check(s, a)
		if a.Tx == e.Tx && e.Tx != 0 && (a.Kind == Late || (a.Kind == Done || a.Kind == Deliver) && a.Status/100 == 2) {
			took++
		}
	}
	if wasReady && took != 1 {
		s.fail("the 2xx to t%d was taken %d times", e.Tx, took)
	}
	x.after(s)
}

// advance steps the Line; it returns false if that panics.
func (x *explorer) advance(s *scene, e Event) (ok bool) {
	defer func() {
		if why := recover(); why != nil {
			s.fail("panic: %v", why)
		}
	}()
	s.line.rand = 1 // the same waits whatever came before
	x.buf = s.line.Step(s.now, e, x.buf[:0])
	return true
}

// bye lets the owner end the dialog of call i.
func (x *explorer) bye(s *scene, i int) {
	c := &s.calls[i]
	c.state, c.tried, c.shut = ending, 0, 0
	for j := range s.txs[:s.n] {
		if t := &s.txs[j]; t.send.Method == sip.REGISTER && t.underWay() {
			c.tried.add(t.send.Server)
		}
	}
	for j := range s.openAt {
		if s.openAt[j] > s.now {
			c.shut.add(int8(j))
		}
	}
	x.step(s, Event{Kind: Bye, ID: ID(i + 1), Server: c.server})
}

// eventText is an event as a transcript shows it.
func eventText(e Event) string {
	var b strings.Builder
	b.WriteString(name(eventNames, int(e.Kind)))
	if e.Method != 0 {
		fmt.Fprintf(&b, " method=%v", e.Method)
	}
	if e.ID != 0 {
		fmt.Fprintf(&b, " call=%d", e.ID)
	}
	if e.Tx != 0 {
		fmt.Fprintf(&b, " t=%d", e.Tx)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " status=%d", e.Status)
	}
	if e.Challenge == Answerable {
		b.WriteString(" challenge")
	}
	if e.Cause != 0 {
		fmt.Fprintf(&b, " cause=%s", name(causeNames, int(e.Cause)))
	}
	if e.Server != 0 {
		fmt.Fprintf(&b, " server=%d", e.Server)
	}
	if e.Expires != 0 {
		fmt.Fprintf(&b, " expires=%v", e.Expires)
	}
	if e.RetryAfter != 0 {
		fmt.Fprintf(&b, " retry-after=%v", e.RetryAfter)
	}
	if e.Tagged {
		b.WriteString(" tagged")
	}
	if e.Urgent {
		b.WriteString(" urgent")
	}
	return b.String()
}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}

// actionText is an action as a transcript shows it, whatever its kind.
func actionText(a Action) string {
	if int(a.Kind) < len(kindNames) && int(a.Purpose) < len(purposeNames) && int(a.Notice) < len(noticeNames) {
		return a.String()
	}
	return fmt.Sprintf("%s %+v", name(kindNames, int(a.Kind)), a)
}
