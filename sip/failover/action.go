package failover

import (
	"time"

	"phoned/sip"
)

// An ActionKind says what Step asks for. The comment names the fields that
// belong to it.
type ActionKind uint8

const (
	// Send starts client transaction Tx and sends its first copy: Tx, ID,
	// Method, Purpose, Server, Prev. The owner keeps Tx until Forget.
	//
	//  - Prev 0: the first request for (ID, Method).
	//  - Prev set, Repeat: the same request to the same server again, with
	//    credentials or a raised expiry: new branch, CSeq one higher.
	//  - Prev set, no Repeat: the same request at another server (a BYE also at
	//    the same one, after our own link was down): new branch;
	//    INVITE keeps Call-ID, From tag and CSeq; BYE gets a higher CSeq. Prev is
	//    kept until now.
	//  - CANCEL: Prev is the INVITE's transaction, whose branch it has.
	Send ActionKind = iota
	// Resend sends one more copy of transaction Tx: the same bytes.
	Resend
	// Abandon ends the sending of Tx. Late responses are still told to Step.
	Abandon
	// Forget releases Tx; responses to it mean nothing any more.
	Forget
	// Deliver gives the response just told to the asker: Tx, ID, Method, Status.
	// It is provisional, or one more 2xx to an INVITE (a repeated or forked one).
	Deliver
	// Done settles the request (ID, Method): Tx, Status, Server. With a Status the
	// response just told is the answer, also if it is the 503 of the last server
	// (Cause Answered). With Status 0 no server served it and Cause says why;
	// NoCause: it was not wanted any more (hung up, stopped, or not started).
	Done
	// Late says that an INVITE nobody wants any more was answered with the 2xx
	// just told: acknowledge every copy, and ask once per dialog for a Bye with a
	// fresh ID: Tx, Server; ID is the Dial it once was.
	Late
	// Adopt says that the probe Tx is the line's registration at Server now: later
	// REGISTERs there continue its Call-ID and CSeq.
	Adopt
	// State tells the registration on every change: Phase, Server, Status, Cause,
	// At.
	State
	// Notice tells what the owner should know: Notice, Server, Status, Cause, ID,
	// At.
	Notice
	// Stopped is the last action of a Line.
	Stopped
)

// A Purpose tells requests of one method apart.
type Purpose uint8

const (
	ForUser     Purpose = iota // the asker's own request
	ForService                 // REGISTER: the registration at a server; OPTIONS: keep-alive
	ForProbe                   // REGISTER: is the primary back? A Call-ID of its own
	ForFarewell                // REGISTER: removal of our own contact, Expires 0
	ForPing                    // CRLF keep-alive: two bytes, no transaction, no Forget
)

// A Phase is the state of a line's registration.
type Phase uint8

const (
	Idle       Phase = iota // not started, stopped, or a line that does not register
	Trying                  // a registration pass is under way
	Registered              // at Server
	Rejected                // Server answered Status: wrong password, forbidden ...; again at At
	Waiting                 // every server failed; the next pass starts at At
	Offline                 // our own link is down
)

// A NoticeKind says what the owner should know.
type NoticeKind uint8

const (
	// Unavailable: Server failed for Cause (and Status); the next one is asked.
	Unavailable NoticeKind = iota
	// MovedOver: the line is registered at the backup Server.
	MovedOver
	// MovedBack: the line is registered at the primary again.
	MovedBack
	// AllFailed: a pass is over without success; Cause of the last; again at At.
	// ID 0: of the registration, and of what waited for it; else of that Dial.
	AllFailed
	// Recovered: registered again after AllFailed.
	Recovered
	// Refusal: Server answered REGISTER with Status; again at At.
	Refusal
	// BadCertificate: Server's TLS certificate does not verify.
	BadCertificate
	// ByeLost: the BYE of ID reached no server.
	ByeLost
)

// An Action is what Step asks for. Unused fields are 0.
type Action struct {
	Kind    ActionKind
	Method  sip.Method
	Purpose Purpose
	Repeat  bool
	Phase   Phase
	Notice  NoticeKind
	Cause   Cause
	Server  int8 // index into Config.Servers
	Status  uint16
	ID      ID
	Tx      Tx
	Prev    Tx
	Expires time.Duration // REGISTER: what to ask for
	At      time.Duration // when the line goes on; 0 = not planned
}
