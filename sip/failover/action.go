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
	// Evidence tells that an attempt has shown Server to be unavailable: Server,
	// Cause, Status, At (until when it wants to be left alone, 0 = not said), Urgent.
	// Other lines of the phone that use the target are to be told as Health. What
	// shows a server to be alive, an answer, the owner sees by itself.
	Evidence
	// Probe asks whether Server is alive: Server. The owner sends OPTIONS there
	// unless one is under way already, for any line, and tells Health. Only with
	// Config.Smart.
	Probe
	// Decide tells a decision and why it was taken: Decision, From, Server (to, or
	// none), Cause, Status, Method, ID, Tx (the evidence), Cost, At.
	Decide
)

// NoServer is the From or Server of an Action that names none.
const NoServer int8 = -1

// A Decision is what a Line has decided.
type Decision uint8

const (
	NoDecision  Decision = iota
	MoveRequest          // the request of ID goes on from From to Server
	MoveLine             // the registration goes on from From to Server
	SkipDown             // a request starts at Server: From is known to be down
	Suspect              // From is silent: Server is asked whether it is alive
	MoveEarly            // From stays silent and Server is alive: on before the limit
	Spared               // From is alive after all: nothing moves
	Splay                // the move from From waits until At, spread over the fleet
	LineServed           // the registration is held at Server; From is where it was
	Watch                // the primary answers again: it has to be steady first, until At at the earliest
	Unsteady             // the primary did not stay alive: the next look is at At
	FailBack             // the primary is registered at again
	Relapse              // the primary was lost soon after: looked at less often, next at At
	GiveUp               // the request of ID, or the pass of the line, has failed everywhere
	LeaveAlone           // Server asked to be left alone until At
	Reconnect            // the connection to Server was lost: registered anew at At
	LinkLost             // the phone's own network is down: nothing moves
	LinkBack             // the network is back: registered at Server at At
	DrillStart           // a drill asks Server
	DrillEnd             // a drill is over at Server
)

// A Purpose tells requests of one method apart.
type Purpose uint8

const (
	ForUser     Purpose = iota // the asker's own request
	ForService                 // REGISTER: the registration at a server; OPTIONS: keep-alive
	ForProbe                   // REGISTER: is the primary back? A Call-ID of its own
	ForFarewell                // REGISTER: removal of our own contact, Expires 0
	ForPing                    // CRLF keep-alive: two bytes, no transaction, no Forget
	ForWarmth                  // REGISTER without Contact: learns a challenge, changes nothing (RFC 3261 §10.2.3)
	ForStandby                 // REGISTER: the second registration of Config.Standby
)

// A Phase is the state of a line's registration.
type Phase uint8

const (
	Idle       Phase = iota // not started, stopped, or a line that does not register
	Trying                  // a registration pass is under way; with At, it is put off until then
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
	// Postponed: the primary was lost soon after the line had moved back to it: it
	// is looked at less often for now, next at At.
	Postponed
	// DrillOver: the drill has registered at Server within Cost; DrillDone: and is
	// back at Server within Cost; DrillFailed: Server did not register the line.
	DrillOver
	DrillDone
	DrillFailed
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
	Server  int8 // a target: index into Config.Servers, times Config.Targets
	Status  uint16
	ID      ID
	Tx      Tx
	Prev    Tx
	Expires time.Duration // REGISTER: what to ask for
	At      time.Duration // when the line goes on; 0 = not planned

	Decision Decision
	From     int8
	Urgent   bool
	Cost     time.Duration // what it took, or has cost who waits
}
