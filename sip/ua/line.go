package ua

import (
	"log/slog"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip/digest"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/journal"
)

// A line runs one failover.Line: it tells the core what happens and carries
// out what the core asks for.
type line struct {
	agent   *agent
	conf    Line
	log     *slog.Logger
	core    *failover.Line
	slots                   // its targets
	stores  []*digest.Store // challenges of each server
	service []*registration // the registration at each server, nil before the first
	plain   []bool          // servers that want no outbound (RFC 5626 §6, 439)

	recorder *journal.Recorder // what the core is told, for a replay

	txs    map[failover.Tx]*transaction
	asks   map[failover.ID]*ask // requests of the calls that are known
	nextID failover.ID

	due    time.Duration // on the clock of the agent
	place  int           // in its heap, from 1; 0 = not there
	active int           // target, as seen last
	sick   bool          // the health of a target is news

	state   LineState     // as told last
	next    *Line         // what Reload wants when the last call has ended
	leaveBy time.Duration // when unregistering is given up; 0 = in service
	gone    bool          // the core has stopped, or was given up
}

func newLine(a *agent, conf Line) *line {
	seed := a.names.uint64()
	slots := newSlots(a, conf)
	core := conf.Failover
	core.Targets, core.Device = slots.per, a.config.Device
	l := &line{
		agent:    a,
		conf:     conf,
		log:      a.log.With("line", conf.Number),
		core:     failover.New(core, seed),
		slots:    slots,
		plain:    make([]bool, len(core.Servers)),
		recorder: journal.NewRecorder(conf.Number, core, seed),
		txs:      map[failover.Tx]*transaction{},
		asks:     map[failover.ID]*ask{},
		nextID:   1,
	}
	credentials := digest.Credentials{User: conf.AuthUser, Password: conf.Password}
	if credentials.User == "" {
		credentials.User = conf.User
	}
	for i := range core.Servers {
		// SIPN Local Domain, where empty, is the server's own address.
		domain, _ := l.uriHost(i * l.per)
		l.stores = append(l.stores, digest.NewStore(credentials, domain))
		l.service = append(l.service, nil)
	}
	return l
}

// carry does one thing that the core asks for. e is the event it was told and
// answer the response behind it, if it was one.
func (l *line) carry(a failover.Action, e failover.Event, answer *gosip.Response) {
	t := l.txs[a.Tx]
	switch a.Kind {
	case failover.Send:
		l.send(a)
	case failover.Resend:
		if t != nil && t.flight != nil {
			if t.copies > 0 {
				t.copies++
			}
			l.agent.wire.Resend(t.flight)
		}
	case failover.Abandon:
		if t != nil {
			t.abandon()
		}
	case failover.Forget:
		if t != nil {
			t.forget()
		}
	case failover.Deliver, failover.Late:
		if t != nil && answer != nil && e.Tx == a.Tx {
			t.deliver(answer, a.Kind == failover.Late)
		}
	case failover.Done:
		l.done(a, t)
	case failover.Adopt:
		if t != nil && t.registration != nil && l.has(a.Server) {
			l.service[l.home(int(a.Server))] = t.registration
		}
	case failover.State:
		l.tellState(a)
	case failover.Notice:
		l.tellNotice(a)
	case failover.Evidence:
		if l.has(a.Server) {
			l.agent.note(l, int(a.Server), health.Event{
				Kind: health.Dead, Cause: a.Cause, Status: a.Status, Method: e.Method, Until: a.At, Urgent: a.Urgent,
			})
		}
	case failover.Probe:
		if l.has(a.Server) {
			l.agent.note(l, int(a.Server), health.Event{Kind: health.Ask})
		}
	case failover.Decide:
		l.tellDecided(a)
	case failover.Stopped:
		l.stopped()
	}
}

// store holds the challenges of the server that a target belongs to: nonces
// and realms are the service's, not the address's.
func (l *line) store(target int) *digest.Store { return l.stores[l.home(target)] }

// done settles a request of a call. Its answer may have come earlier: a server
// that said 503 before the others were tried.
func (l *line) done(a failover.Action, t *transaction) {
	k := l.asks[a.ID]
	if a.ID == 0 || k == nil || k.settled || k.method != a.Method {
		return
	}
	k.settled = true
	if a.Status != 0 && t != nil && t.final != nil && t.final.StatusCode == int(a.Status) {
		t.deliver(t.final, false)
		return
	}
	k.call.noAnswer(k, a.Cause)
}

// ask starts a request of a call at the core.
func (l *line) ask(k *ask, e failover.Event) {
	k.id = l.nextID
	l.nextID++
	l.asks[k.id] = k
	e.ID = k.id
	l.agent.tell(l, e, nil)
}

// stopped ends the line: nothing leaves it any more.
func (l *line) stopped() {
	if l.gone {
		return
	}
	l.gone = true
	for _, t := range l.txs {
		t.forget()
	}
	for _, k := range l.asks {
		if !k.settled {
			k.settled = true
			k.call.noAnswer(k, failover.NoCause)
		}
	}
	delete(l.agent.leaving, l)
	if l.agent.lines[l.conf.Number] == l {
		delete(l.agent.lines, l.conf.Number)
		l.agent.sortLines()
	}
	l.agent.rewind(l)
	l.agent.wake(l)
}

// hasCalls tells whether a call of the line has still to be served.
func (l *line) hasCalls() bool {
	for _, c := range l.agent.calls {
		if c.line == l && c.busy() {
			return true
		}
	}
	return false
}

// uriHost is the host that stands in the URIs of a copy for a server: SIPN
// Local Domain, else the server's own address.
func (l *line) uriHost(server int) (host string, port int) {
	if l.conf.LocalDomain != "" {
		return l.conf.LocalDomain, 0
	}
	s := l.conf.Failover.Servers[l.home(server)]
	if s.Port != 0 && s.Port != s.Transport.Port() {
		port = int(s.Port)
	}
	return s.Host, port
}
