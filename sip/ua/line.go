package ua

import (
	"log/slog"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/digest"
	"phoned/sip/failover"
	"phoned/sip/journal"
	"phoned/sip/wire"
)

// A line runs one failover.Line: it tells the core what happens and carries
// out what the core asks for.
type line struct {
	agent   *agent
	conf    Line
	log     *slog.Logger
	core    *failover.Line
	servers []wire.Server    // where what is for each configured server is sent
	remotes []netip.AddrPort // the address of each server that answered last
	stores  []*digest.Store  // challenges of each server
	service []*registration  // the registration at each server, nil before the first

	recorder *journal.Recorder // what the core is told, for a replay

	txs    map[failover.Tx]*transaction
	asks   map[failover.ID]*ask // requests of the calls that are known
	nextID failover.ID

	state   LineState     // as told last
	next    *Line         // what Reload wants when the last call has ended
	leaveBy time.Duration // when unregistering is given up; 0 = in service
	gone    bool          // the core has stopped, or was given up
}

func newLine(a *agent, conf Line) *line {
	seed := a.names.uint64()
	l := &line{
		agent:    a,
		conf:     conf,
		log:      a.log.With("line", conf.Number),
		core:     failover.New(conf.Failover, seed),
		recorder: journal.NewRecorder(conf.Number, conf.Failover, seed),
		txs:      map[failover.Tx]*transaction{},
		asks:     map[failover.ID]*ask{},
		nextID:   1,
	}
	credentials := digest.Credentials{User: conf.AuthUser, Password: conf.Password}
	if credentials.User == "" {
		credentials.User = conf.User
	}
	for i, s := range conf.Failover.Servers {
		if i == 0 && conf.Proxy != nil {
			s = *conf.Proxy // SIPN Proxy Addr: another way, the same URIs
		}
		l.servers = append(l.servers, conf.reached(i, s))
		l.remotes = append(l.remotes, netip.AddrPort{})
		// SIPN Local Domain, where empty, is the server's own address.
		domain, _ := l.uriHost(i)
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
	case failover.Stopped:
		l.stopped()
	}
}

// home is the configured server that a target of the core belongs to.
func (l *line) home(target int) int { return target / max(l.conf.Failover.Targets, 1) }

// number is that server as the phone's owner counts: from 1.
func (l *line) number(target int) int { return l.home(target) + 1 }

// store holds the challenges of the server that a target belongs to: nonces
// and realms are the service's, not the address's.
func (l *line) store(target int) *digest.Store { return l.stores[l.home(target)] }

// has tells whether a server index of the core is one of ours.
func (l *line) has(server int8) bool { return server >= 0 && int(server) < len(l.servers) }

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
	}
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
	if s.Port != defaultPort(s.Transport) {
		port = int(s.Port)
	}
	return s.Host, port
}

func defaultPort(t sip.Transport) uint16 {
	if t == sip.TLS {
		return 5061 // RFC 3261 §19.1.2
	}
	return 5060
}
