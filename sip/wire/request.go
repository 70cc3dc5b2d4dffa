package wire

import (
	"errors"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// request handles a request: repeated ones are absorbed by their transaction,
// CANCEL is answered, new ones go up.
func (w *Wire) request(req *gosip.Request, from Peer, s *stream) {
	if err := checkRequest(req); err != nil {
		w.trouble.say("request refused", "from", from.Addr, "err", err)
		w.refuse(req, from, s, err)
		return
	}
	y, route, err := w.wayOf(req, from, s)
	if err != nil {
		w.trouble.say("request dropped", "err", err)
		return
	}
	switch {
	case req.IsAck():
		w.ack(req, from, s)
		return
	case req.IsCancel():
		w.cancelRequest(req, y)
		return
	case w.absorb(req):
		return
	case !w.roomForTx():
		w.trouble.say("too many requests", "from", from.Addr)
		busy := answer(req, gosip.StatusServiceUnavailable, "Too Many Requests", nil, statelessTag(req))
		busy.AppendHeader(gosip.NewHeader("Retry-After", "5"))
		_ = y.WriteMsg(busy) // stateless: its loss costs a retransmission
		return
	}
	if !w.news.take(s.waiting()) {
		return // the sender will repeat it
	}
	t, err := w.newServerTx(txKey(req, req.Method), req, from, y, route)
	if err != nil {
		w.news.give()
		return
	}
	w.news.push(true, func() { w.handler.OnRequest(req, t, from) })
}

// txKey tells server transactions apart (RFC 3261 §17.2.3). ACK and CANCEL find
// the INVITE by its method.
func txKey(req *gosip.Request, method gosip.RequestMethod) string {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	return branch + "\n" + strings.ToLower(via.Host) + "\n" + strconv.Itoa(via.Port) + "\n" + string(method)
}

func (w *Wire) serverTx(key string) *ServerTx {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.txs[key]
}

// absorb gives a repeated request to its transaction.
func (w *Wire) absorb(req *gosip.Request) bool {
	t := w.serverTx(txKey(req, req.Method))
	if t == nil {
		return false
	}
	if err := t.tx.Receive(req); err != nil {
		w.trouble.say("repeated request dropped", "err", err)
	}
	return true
}

// ack gives the ACK of a refusal to its INVITE (RFC 3261 §17.2.1), and every
// other one up: it belongs to a dialog.
func (w *Wire) ack(req *gosip.Request, from Peer, s *stream) {
	t := w.serverTx(txKey(req, gosip.INVITE))
	if t != nil && t.answered()/100 != 2 {
		if t.answered() == 0 {
			return // an ACK before the final answer acknowledges nothing
		}
		if err := t.tx.Receive(req); err != nil {
			w.trouble.say("ACK dropped", "err", err)
		}
		return
	}
	if w.news.take(s.waiting()) {
		w.news.push(true, func() { w.handler.OnRequest(req, nil, from) })
	}
}

// cancelRequest answers a CANCEL (RFC 3261 §9.2): 481 where there is no such
// INVITE, else 200 with the INVITE's To tag, and its owner is told once unless
// it has given a final answer. No transaction is kept: every copy gets the same
// answer, and sipgo's would never end.
func (w *Wire) cancelRequest(req *gosip.Request, y *way) {
	invite := w.serverTx(txKey(req, gosip.INVITE))
	if invite == nil {
		// On an unknown peer's way it is lost: strangers learn nothing.
		_ = y.WriteMsg(answer(req, gosip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil, statelessTag(req)))
		return
	}
	if invite.way.muted() {
		return // nobody knows whether its sender may learn that the phone is here
	}
	y.speak()
	_ = y.WriteMsg(answer(req, gosip.StatusOK, "OK", nil, invite.Tag())) // its loss costs a retransmission
	if invite.cancel() {
		w.news.push(false, func() {
			if invite.answered() == 0 {
				w.handler.OnCancel(invite)
			}
		})
	}
}

// refuse answers a flawed request of a server without keeping anything of it,
// if enough of it is there to address the answer. An ACK is never answered.
func (w *Wire) refuse(req *gosip.Request, from Peer, s *stream, err error) {
	var f *flaw
	via := req.Via()
	if !errors.As(err, &f) || !from.Server || req.IsAck() || via == nil || via.Port < 0 || via.Port > 65535 ||
		req.From() == nil || req.To() == nil || req.CSeq() == nil || req.CallID() == nil ||
		len(req.Headers()) > maxHeaders {
		return
	}
	y, _, err := w.wayOf(req, from, s)
	if err != nil {
		return
	}
	res := answer(req, f.status, f.reason, nil, statelessTag(req))
	res.SipVersion = "SIP/2.0"
	_ = y.WriteMsg(res) // stateless: its loss costs a retransmission
}

// statelessTag is a To tag that is the same for every copy of a request (RFC
// 3261 §8.2.7).
func statelessTag(req *gosip.Request) string {
	if tag := requestTag(req); tag != "" {
		return tag
	}
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range []byte(txKey(req, req.Method)) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return strconv.FormatUint(h, 36)
}
