package dialog

import (
	"net/netip"
	"time"

	"phoned/sip"
	"phoned/sip/sdp"
)

// AllowList is the Allow header of the phone: the methods a Call answers.
const AllowList = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"

// AcceptList is the Accept header of a response to method: the bodies a Call
// reads (RFC 3261 §20.1).
func AcceptList(method sip.Method) string {
	if method == sip.INFO {
		return "application/dtmf-relay, application/dtmf"
	}
	return "application/sdp"
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
	// phone rings; nil = any offer with audio rings.
	Codecs []sdp.Codec
}

// A Call is one call. Its methods are not safe for concurrent use.
type Call struct{}

// NewOutgoing makes a call that waits for Dial.
func NewOutgoing(config Config) *Call { return &Call{} }

// NewIncoming makes a call that waits for the Request of its INVITE.
func NewIncoming(config Config) *Call { return &Call{} }

// Step tells the Call one event and appends what is to be done to out.
func (c *Call) Step(now time.Duration, event Event, out []Action) []Action { return out }

// Deadline tells when Step wants a Tick; ok is false when no time is awaited.
func (c *Call) Deadline() (at time.Duration, ok bool) { return 0, false }

// NextCSeq draws the CSeq number of the next copy of Req that needs a new one:
// the first, one with credentials, a BYE at another server. Each is one
// higher than the last of its dialog (RFC 3261 §12.2.1.1).
func (c *Call) NextCSeq(req Req) uint32 { return 0 }

// Offer is the body of the first INVITE as it leaves from local address addr.
// The answer is read against the offer drawn last.
func (c *Call) Offer(addr netip.Addr) []byte { return nil }

// Matches tells whether a message inside a dialog belongs to this Call: local
// and remote are the tags seen from the phone (RFC 3261 §12.2.2).
func (c *Call) Matches(local, remote string) bool { return false }

// Dialog is the dialog that is up, or the last that was; ok is false before
// the first answer with a tag.
func (c *Call) Dialog() (d Dialog, ok bool) { return Dialog{}, false }

// Closed tells whether nothing is left to do.
func (c *Call) Closed() bool { return false }
