package dialog

import (
	"net/netip"
	"slices"
	"time"

	"phoned/sip"
	"phoned/sip/sdp"
)

// AllowList is the Allow header of the phone: the methods a Call answers.
const AllowList = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"

// Allow is the Allow header of a call, with PRACK where reliable provisional
// responses are offered.
func Allow(reliable bool) string {
	if reliable {
		return AllowList + ", PRACK"
	}
	return AllowList
}

// AcceptList is the Accept header of a response to method: the bodies a Call
// reads (RFC 3261 §20.1).
func AcceptList(method sip.Method) string {
	if method == sip.INFO {
		return typeRelay + ", " + typeDTMF
	}
	return typeSDP
}

// Config is what a Call must know before it starts.
type Config struct {
	CallID    string
	LocalTag  string     // ours: From tag of an outgoing call, To tag of an incoming one
	LocalURI  string     // opaque: our side of From and To, without tag
	RemoteURI string     // opaque: the far side of From and To, without tag
	Timers    sip.Timers // zero = sip.DefaultTimers
	Seed      uint64     // of the waits that RFC 3261 §14.1 and §14.2 want random
	// Codecs lets an incoming offer that has none of them be refused before the
	// phone rings; nil = any offer that can be read rings.
	Codecs []sdp.Codec
	// SessionTimer offers session timers (RFC 4028). SessionExpires is the interval
	// that is asked for, never less than 90 s; 0 = that is left to the far side.
	SessionTimer   bool
	SessionExpires time.Duration
	// Reliable offers reliable provisional responses (RFC 3262).
	Reliable bool
}

// A phase is how far the call is for its user.
type phase uint8

const (
	idle     phase = iota // nothing has happened
	calling               // our INVITE has no final response
	incoming              // their INVITE has no final response
	waiting               // our 2xx holds an offer; the answer comes with the ACK
	up
	over // the user is free
)

// A Call is one call. Its methods are not safe for concurrent use.
type Call struct {
	config   Config
	outgoing bool
	random   random
	phase    phase
	closed   bool
	legs     []*leg
	leg      *leg // the dialog that is up, or was; of an incoming call the only one
	session  session

	invite    Req    // the first INVITE, once sent
	inviteSeq uint32 // its last CSeq
	requests  []request
	last      Req           // the last Req given out
	missed    missed        // the re-INVITE that was given up last
	server    *serverInvite // their INVITE until it is done

	retry   alarm  // when an offer refused for now is made again
	retries int    // how often it was refused
	refresh bool   // Refresh is wished
	watch   watch  // the session timer
	digits  []byte // to be sent as INFO

	acks  alarm // until then copies of a 2xx may come
	quiet alarm // until then responses to a call that is over are awaited

	now time.Duration // of this Step
	out []Action      // of this Step
}

// A request is a client request without final response. leg is nil for the
// first INVITE.
type request struct {
	id     Req
	method sip.Method
	leg    *leg
}

// A missed is a re-INVITE that nobody answered in time, and its offer.
type missed struct {
	id    Req
	leg   *leg
	offer []byte
}

// NewOutgoing makes a call that waits for Dial.
func NewOutgoing(config Config) *Call { return newCall(config, true) }

// NewIncoming makes a call that waits for the Request of its INVITE.
func NewIncoming(config Config) *Call { return newCall(config, false) }

func newCall(config Config, outgoing bool) *Call {
	if config.Timers.T1 <= 0 || config.Timers.T2 <= 0 {
		config.Timers = sip.DefaultTimers
	}
	return &Call{config: config, outgoing: outgoing, random: random(config.Seed)}
}

// Step tells the Call one event and appends what is to be done to out.
func (c *Call) Step(now time.Duration, event Event, out []Action) []Action {
	c.now, c.out = now, out
	switch e := event.(type) {
	case Dial:
		c.dial(e.Media)
	case Ring:
		c.ring()
	case Answer:
		c.answer(e.Media)
	case Reject:
		c.reject(e.Status)
	case Hangup:
		c.hangup()
	case Hold:
		c.session.want.Hold = true
	case Resume:
		c.session.want.Hold = false
	case Change:
		c.change(e.Media)
	case Refresh:
		c.refresh = c.phase == up
	case Info:
		c.info(e.Digit)
	case Request:
		c.request(e)
	case Response:
		c.response(e)
	case NoAnswer:
		c.noAnswer(e.Req)
	case Cancelled:
		c.cancelled(e.Ref)
	case Tick, nil:
	}
	// Time comes after the event: an ACK that meets its own deadline counts.
	c.serverTimers()
	c.expire()
	c.offer()
	c.sendDigit()
	c.settle()
	out, c.out = c.out, nil
	return out
}

// do appends an action.
func (c *Call) do(a Action) { c.out = append(c.out, a) }

// send starts client request s in dialog l; nil = the first INVITE. Its method,
// its body and what belongs to the method alone are set; it gets a number if it
// has none.
func (c *Call) send(l *leg, s Send) Req {
	if s.Req == 0 {
		c.last++
		s.Req = c.last
	}
	c.requests = append(c.requests, request{id: s.Req, method: s.Method, leg: l})
	s.Dialog = c.blank()
	if l != nil {
		s.Dialog = l.snapshot()
	}
	s.Supported, s.Body = c.supported(), slices.Clone(s.Body)
	c.do(s)
	return s.Req
}

// open finds a client request without final response.
func (c *Call) open(req Req) (q request, ok bool) {
	for _, q := range c.requests {
		if q.id == req {
			return q, true
		}
	}
	return request{}, false
}

// count is the number of open requests of one of the methods in dialog l.
func (c *Call) count(l *leg, methods ...sip.Method) (n int) {
	for _, q := range c.requests {
		if q.leg == l && slices.Contains(methods, q.method) {
			n++
		}
	}
	return n
}

// underWay tells whether a request of one of the methods is open in dialog l.
func (c *Call) underWay(l *leg, methods ...sip.Method) bool { return c.count(l, methods...) > 0 }

// done ends a client request.
func (c *Call) done(req Req) {
	c.requests = slices.DeleteFunc(c.requests, func(q request) bool { return q.id == req })
}

// lifetime is 64*T1: how long a transaction may last (RFC 3261 §17).
func (c *Call) lifetime() time.Duration { return 64 * c.config.Timers.T1 }

// Deadline tells when Step wants a Tick; ok is false when no time is awaited.
func (c *Call) Deadline() (at time.Duration, ok bool) {
	var first alarm
	if c.server != nil {
		first = c.server.again.sooner(c.server.end)
	}
	if c.phase == up {
		first = first.sooner(c.retry).sooner(c.watch.due).sooner(c.watch.end)
	}
	if c.phase == over && !c.closed {
		first = first.sooner(c.acks)
		if c.awaiting() {
			first = first.sooner(c.quiet)
		}
	}
	return first.at, first.set
}

// NextCSeq draws the CSeq number of the next copy of Req that needs a new one:
// the first, one with credentials, a request inside a dialog at another server.
// Each is one higher than the last of its dialog (RFC 3261 §12.2.1.1). 0 means
// that Req has its final response or was never sent.
func (c *Call) NextCSeq(req Req) uint32 {
	q, ok := c.open(req)
	switch {
	case !ok:
		return 0
	case q.leg == nil:
		c.inviteSeq++
		return c.inviteSeq
	default:
		q.leg.localSeq++
		return q.leg.localSeq
	}
}

// Offer is the body of our INVITE under way, the first or one inside the dialog,
// as it leaves from local address addr. The answer is read against the offer
// drawn last.
func (c *Call) Offer(addr netip.Addr) []byte {
	s := &c.session
	switch {
	case c.phase == calling:
		s.local.Addr = addr
		s.want.Addr = addr
		s.makeOffer(s.local)
	case c.phase == up && c.underWay(c.leg, sip.INVITE) && s.offered.Addr != addr:
		local := s.offered
		if s.want.Addr == local.Addr {
			s.want.Addr = addr
		}
		local.Addr = addr
		s.makeOffer(local)
	}
	return slices.Clone(s.offer)
}

// Matches tells whether a message inside a dialog belongs to this Call: local
// and remote are the tags seen from the phone (RFC 3261 §12.2.2).
func (c *Call) Matches(local, remote string) bool {
	return local == c.config.LocalTag && c.byTag(remote) != nil
}

// Dialog is the dialog that is up, or the last that was; ok is false before
// the first answer with a tag.
func (c *Call) Dialog() (d Dialog, ok bool) {
	switch {
	case c.leg != nil:
		return c.leg.snapshot(), true
	case len(c.legs) > 0:
		return c.legs[len(c.legs)-1].snapshot(), true
	default:
		return Dialog{}, false
	}
}

// Closed tells whether nothing is left to do.
func (c *Call) Closed() bool { return c.closed }
