// Package dialog is the INVITE usage of a call (RFC 3261 §12 to §15): early
// and confirmed dialogs, offers and answers, hold, session changes, BYE. It is
// a pure state machine: messages and user's wishes in, messages and news out;
// it owns no timer but its Deadline, and never learns which server failed.
//
// A Call is one call: the INVITE, every dialog that its answers create, and
// what happens inside them. The shell drives it like this:
//
//	call := dialog.NewOutgoing(config)      // or NewIncoming
//	for {
//		acts = call.Step(now, event, acts[:0]) // one event
//		carry out every action in acts, in order
//		wait for the next event, or until call.Deadline(), then Step a Tick
//	}
//
// What the shell does for a Call:
//
//   - Send starts a client request, named by its Req. The shell draws the
//     number of each CSeq with Call.NextCSeq: once for the first copy and again
//     for each repeat that needs a higher one (credentials; a request inside a
//     dialog at another server). The first INVITE keeps its number at another
//     server. The body of an INVITE is drawn again with Call.Offer where the local
//     address differs.
//     The shell sends it through sip/failover and tells every response with its
//     Req, provisional, final, late and repeated ones, or NoAnswer when no
//     server served it. Challenges that can be answered are not told.
//   - Cancel says that nobody wants the answer to the first INVITE any more.
//     Whether and when a CANCEL leaves (never before a provisional response,
//     RFC 3261 §9.1) is for sip/failover.
//   - Ack is the ACK of a 2xx; it needs no answer and is sent outside every
//     transaction (RFC 3261 §13.2.2.4). The ACK of other final responses
//     belongs to the transaction (§17.1.1.3): the Call never hears of it.
//   - Respond answers the server transaction named by the Ref that came with
//     the Request. A 2xx to INVITE is repeated by the Call, not by the
//     transaction; Release says that no further copy will be asked for.
//   - An ACK to a 2xx is a Request with Method ACK. A CANCEL is answered with
//     200 by the shell and told as Cancelled. Retransmitted requests are
//     absorbed by the server transaction and not told.
//   - After Ended the user is free and hears nothing more of this call; the Call
//     goes on alone (BYE, ACKs to late answers) until Closed. It still accepts
//     events after Closed, acknowledges and ends what comes late, and is Closed
//     again; so the shell keeps it as long as sip/failover keeps a transaction
//     of its INVITE.
//
// A Call never learns why a request went over another server, but where it was
// answered: Dialog.Way is the server that served the dialog last, and requests
// start there. Routes and URIs stay those of Dialog.Server.
//
// Session timers (RFC 4028) end a call whose far side is gone. Each INVITE and
// UPDATE inside the dialog is a refresh; a refresh of its own is UPDATE without a
// description where the far side takes it, else a re-INVITE with the description
// that is in force, word for word. Reliable provisional responses (RFC 3262) are
// acknowledged by PRACK; an answer in one is the answer. Both are offered only
// where the Config says so, except that a session timer which the far side
// requires is served.
package dialog
