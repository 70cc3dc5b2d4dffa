package failover

import (
	"time"

	"phoned/sip"
)

// An ID names a request of the line's user, as a rule a call; the asker
// chooses it. 0 is the line itself (registration, probe, keep-alive).
type ID uint32

// A Tx names one client transaction of a Line: rising from 1, never reused.
type Tx uint32

// An EventKind says what happened. The comment names the fields of Event that
// belong to it.
type EventKind uint8

const (
	// Tick says that Deadline has come. Any Event does the work of a Tick too.
	Tick EventKind = iota
	// Start begins service: the first registration, from the primary.
	Start
	// Stop ends service: all requests end, the line unregisters. When the last
	// transaction is over the line emits Stopped. Nothing leaves it any more.
	Stop
	// Register asks for registration now, starting at the primary, or joins the
	// pass under way: manual registration, changed settings.
	Register
	// Dial asks for an INVITE: ID.
	Dial
	// Hangup ends a Dial that has no final answer yet: ID.
	Hangup
	// Bye asks for the end of a confirmed dialog: ID, Server (the one the dialog
	// was set up through). The line tries every server, also while it stops.
	Bye
	// Request asks for another request inside a dialog (re-INVITE, UPDATE, INFO):
	// ID, Method, Server. It goes there alone and is given up after 64*T1.
	Request
	// Response is an answer to transaction Tx: Tx, Status, Challenge, Tagged; Expires
	// with 2xx to REGISTER (granted lifetime) and 423 (Min-Expires); RetryAfter.
	// Every copy of every response is told, also late and repeated ones.
	Response
	// Unreachable says that Tx can not be sent or was refused by the network:
	// Tx, Cause. NoNetwork is no evidence against the server: LinkDown follows it.
	// Nor is Overload, which says that nothing could be sent: the request fails.
	Unreachable
	// ConnectionLost says that an idle TCP or TLS connection ended: Server. Urgent:
	// a call goes over it.
	ConnectionLost
	// LinkDown says that the phone has no carrier, no address or no route.
	LinkDown
	// LinkUp says that the network is back, or that the address changed.
	LinkUp
	// Targets tells the addresses of a server whenever they change: Server (its
	// first target), Order, Reliable. Before the first one a server has one target,
	// its first. A target that is not told any more gets no new request. Once more
	// when a server whose name was not known has got one.
	Targets
	// Health tells what is known of target Server from elsewhere, another line of
	// the phone or the answer to a Probe: it is alive (Cause NoCause) or not
	// (Cause, Status, RetryAfter). Urgent: somebody waits for a call there.
	Health
	// Drill walks the registration to another server and back, when the line is
	// registered and idle. DrillDone or DrillFailed tells the outcome.
	Drill
)

// NoTarget ends the list in Event.Order.
const NoTarget = 0xf

// OrderOf packs the numbers of targets, best first, for Event.Order: 4 bits
// each, the first in the lowest.
func OrderOf(targets ...int) uint32 {
	order := ^uint32(0)
	for i, t := range targets[:min(len(targets), MaxTargets)] {
		order = order&^(0xf<<(4*i)) | uint32(t&0xf)<<(4*i)
	}
	return order
}

// A Challenge says what a 401 or 407 holds for the owner of the credentials.
type Challenge uint8

const (
	// NoChallenge: the answer holds no challenge that may be answered: none
	// supported, a foreign realm, no password, or one answered already.
	NoChallenge Challenge = iota
	// Answerable: the same request with credentials may be sent (once per
	// request, server and realm; again only for stale=true).
	Answerable
)

// A Cause says why a server is unavailable or a request failed.
type Cause uint8

const (
	NoCause     Cause = iota
	Silence           // no response within the attempt's limit
	ICMP              // destination unreachable for one of our own datagrams
	Refused           // TCP refused, reset or not connected
	TLSFailed         // the handshake failed
	Certificate       // the server's certificate does not verify
	NoName            // the name does not resolve and no earlier answer is known
	Answered          // the server answered with a status that is a failure
	NoNetwork         // our own link is down
	Overload          // too many requests at once; nothing was sent
)

// An Event is what Step is told. It is passed by value; unused fields are 0.
type Event struct {
	Kind       EventKind
	Method     sip.Method
	Challenge  Challenge
	Cause      Cause
	Server     int8 // a target: index into Config.Servers, times Config.Targets
	Status     uint16
	ID         ID
	Tx         Tx
	Expires    time.Duration
	RetryAfter time.Duration // 0 = no Retry-After
	Order      uint32        // Targets: their numbers below MaxTargets, see OrderOf
	Reliable   uint8         // Targets: bit t is set if target t is TCP or TLS
	Tagged     bool          // Response: it has a To tag
	Urgent     bool          // Health, ConnectionLost
}
