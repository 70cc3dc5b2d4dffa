package siptest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// RFC 3261 table 4.
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
)

// A serverTx is a request that arrived, and what it was answered.
type serverTx struct {
	st     *station
	flow   flow
	req    *gosip.Request
	began  time.Time
	copies int    // of the request that arrived
	last   []byte // the last answer
	status int    // of the last answer; 0 = none
	tag    string // To tag of our answers
	acked  bool
	stop   func() // ends the repetition of a final answer to INVITE
	again  func() // what a copy of an unanswered request does; nil = nothing
	cancel func() // what a CANCEL of this INVITE does; nil = nothing
}

func (tx *serverTx) forget() {
	if tx.stop != nil {
		tx.stop()
	}
}

// method is the key under which a request is known: an ACK belongs to its
// INVITE (RFC 3261 §17.2.3).
func serverKey(req *gosip.Request, method gosip.RequestMethod) string {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	return branch + " " + via.SentBy() + " " + string(method)
}

// request finds the transaction of a request; the lock is held.
func (s *station) request(f flow, req *gosip.Request) {
	if req.Via() == nil || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return
	}
	s.prune()
	method := req.Method
	if method == gosip.ACK {
		method = gosip.INVITE
	}
	key := serverKey(req, method)
	if tx := s.servers[key]; tx != nil {
		if req.Method == gosip.ACK {
			tx.acknowledged()
			return
		}
		tx.copies++
		switch {
		case tx.last != nil:
			s.write(tx.flow, tx.last)
		case tx.again != nil:
			tx.again()
		}
		return
	}
	if req.Method == gosip.ACK && !s.deaf {
		s.acknowledge(req)
	}
	tx := &serverTx{st: s, flow: f, req: req, began: time.Now(), copies: 1}
	if f.conn == nil {
		tx.flow.remote = answerTo(f.remote, req.Via())
	}
	if tag, ok := req.To().Params.Get("tag"); ok {
		tx.tag = tag
	} else {
		tx.tag = s.token()
	}
	if req.Method != gosip.ACK {
		s.servers[key] = tx
	}
	s.handle(tx)
}

// answerTo is where answers over UDP go (RFC 3261 §18.2.2, RFC 3581 §4).
func answerTo(source netip.AddrPort, via *gosip.ViaHeader) netip.AddrPort {
	if via.Params.Has("rport") {
		return source
	}
	port := via.Port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(source.Addr(), uint16(port))
}

// acknowledge ends the repetition of our 2xx that an ACK of its own transaction
// is for (RFC 3261 §13.3.1.4).
func (s *station) acknowledge(ack *gosip.Request) {
	tag, _ := ack.To().Params.Get("tag")
	for _, tx := range s.servers {
		if tx.req.Method == gosip.INVITE && tx.status/100 == 2 && tx.tag == tag &&
			tx.req.CallID().Value() == ack.CallID().Value() && tx.req.CSeq().SeqNo == ack.CSeq().SeqNo {
			tx.acknowledged()
		}
	}
}

func (tx *serverTx) acknowledged() {
	tx.acked = true
	tx.forget()
}

// answer makes a response to the request with our tag.
func (tx *serverTx) answer(status int, reason string, headers ...gosip.Header) *gosip.Response {
	if reason == "" {
		reason = reasonOf(status)
	}
	res := gosip.NewResponseFromRequest(tx.req, status, reason, nil)
	if to := res.To(); to != nil && status != 100 {
		to.Params.Remove("tag")
		to.Params.Add("tag", tx.tag)
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	return res
}

// respond sends a response and remembers it for copies of the request. A final
// answer to INVITE is repeated until the ACK comes (RFC 3261 §13.3.1.4,
// §17.2.1); passed says that the answer is another's, who repeats a 2xx himself.
func (tx *serverTx) respond(res *gosip.Response, passed bool) {
	s := tx.st
	if tx.req.Method == gosip.ACK {
		return
	}
	if tx.status >= 200 && !(passed && res.IsSuccess()) {
		return // answered already
	}
	tx.status, tx.last = res.StatusCode, []byte(res.String())
	s.write(tx.flow, tx.last)
	if tx.req.Method != gosip.INVITE || tx.status < 200 || passed && tx.status < 300 || tx.flow.conn != nil && tx.status >= 300 {
		return
	}
	tx.forget()
	tx.repeat(t1, time.Now().Add(64*t1))
}

func (tx *serverTx) repeat(wait time.Duration, until time.Time) {
	tx.stop = tx.st.after(wait, func() {
		if tx.acked || time.Now().After(until) {
			return
		}
		tx.st.write(tx.flow, tx.last)
		tx.repeat(min(2*wait, t2), until)
	})
}

// A clientTx is a request of ours on its way.
type clientTx struct {
	st          *station
	flow        flow
	req         *gosip.Request
	raw         []byte
	began       time.Time
	provisional bool
	status      int
	stop        func()
	on          func(*gosip.Response) // nil: nobody answered within 64*T1
}

func (tx *clientTx) forget() {
	if tx.stop != nil {
		tx.stop()
	}
}

// send starts a request over a flow; its top Via is put on here. on is called
// with the lock held for every response, and with nil if there is none.
func (s *station) send(f flow, req *gosip.Request, branch string, on func(*gosip.Response)) *clientTx {
	req.PrependHeader(s.via(f, branch))
	tx := &clientTx{st: s, flow: f, req: req, raw: []byte(req.String()), began: time.Now(), on: on}
	if req.Method != gosip.ACK {
		s.prune()
		s.clients[branch+" "+string(req.Method)] = tx
	}
	s.write(f, tx.raw)
	if req.Method != gosip.ACK {
		tx.wait(t1, time.Now().Add(64*t1))
	}
	return tx
}

func (s *station) via(f flow, branch string) *gosip.ViaHeader {
	local := f.local
	if f.conn != nil {
		if a := s.addr(f.transport); a.IsValid() {
			local = a
		}
	}
	params := gosip.NewParams()
	params.Add("branch", branch)
	return &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.transport,
		Host: local.Addr().String(), Port: int(local.Port()), Params: params,
	}
}

func (s *station) branch() string { return "z9hG4bK" + s.token() }

// wait repeats the request as RFC 3261 §17.1 says until it is answered.
func (tx *clientTx) wait(interval time.Duration, until time.Time) {
	tx.stop = tx.st.after(min(interval, time.Until(until)), func() {
		if tx.status >= 200 || tx.provisional && tx.req.Method == gosip.INVITE {
			return
		}
		if !time.Now().Before(until) {
			tx.status = 408
			tx.on(nil)
			return
		}
		if tx.flow.conn == nil {
			tx.st.write(tx.flow, tx.raw)
		}
		interval *= 2
		if tx.req.Method != gosip.INVITE {
			interval = min(interval, t2)
		}
		tx.wait(interval, until)
	})
}

// response finds the transaction of a response; the lock is held.
func (s *station) response(res *gosip.Response) {
	via, cseq := res.Via(), res.CSeq()
	if via == nil || cseq == nil {
		return
	}
	branch, _ := via.Params.Get("branch")
	tx := s.clients[branch+" "+string(cseq.MethodName)]
	if tx == nil {
		return
	}
	final := tx.status >= 200
	switch {
	case res.StatusCode < 200:
		if final {
			return
		}
		tx.provisional = true
	default:
		tx.forget()
		if tx.req.Method == gosip.INVITE && res.StatusCode >= 300 {
			s.ackFailure(tx, res)
		}
		if final && (tx.req.Method != gosip.INVITE || !res.IsSuccess()) {
			return // a copy
		}
		tx.status = res.StatusCode
	}
	tx.on(res)
}

// ackFailure acknowledges a final answer that is no 2xx (RFC 3261 §17.1.1.3).
func (s *station) ackFailure(tx *clientTx, res *gosip.Response) {
	ack := gosip.NewRequest(gosip.ACK, *tx.req.Recipient.Clone())
	ack.AppendHeader(tx.req.Via().Clone())
	gosip.CopyHeaders("Route", tx.req, ack)
	ack.AppendHeader(gosip.NewHeader("Max-Forwards", "70"))
	gosip.CopyHeaders("From", tx.req, ack)
	gosip.CopyHeaders("To", res, ack)
	gosip.CopyHeaders("Call-ID", tx.req, ack)
	ack.AppendHeader(&gosip.CSeqHeader{SeqNo: tx.req.CSeq().SeqNo, MethodName: gosip.ACK})
	ack.SetBody(nil)
	s.write(tx.flow, []byte(ack.String()))
}

// prune forgets transactions nothing can belong to any more; the lock is held.
func (s *station) prune() {
	if len(s.servers)+len(s.clients) < 64 {
		return
	}
	old := time.Now().Add(-5 * time.Minute)
	for key, tx := range s.servers {
		if tx.began.Before(old) && tx.status >= 200 {
			tx.forget()
			delete(s.servers, key)
		}
	}
	for key, tx := range s.clients {
		if tx.began.Before(old) && tx.status >= 200 {
			tx.forget()
			delete(s.clients, key)
		}
	}
}

// number reads a header that holds a number; ok is false if it does not.
func number(h gosip.Header) (n int, ok bool) {
	if h == nil {
		return 0, false
	}
	n, err := strconv.Atoi(h.Value())
	return n, err == nil
}

// reasonOf is the usual phrase of a status.
func reasonOf(status int) string {
	if r, ok := reasons[status]; ok {
		return r
	}
	return "Answer " + strconv.Itoa(status)
}

var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
	200: "OK", 202: "Accepted", 301: "Moved Permanently", 302: "Moved Temporarily",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	407: "Proxy Authentication Required", 408: "Request Timeout", 415: "Unsupported Media Type",
	423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline",
}

// sendCancel cancels an INVITE of ours that was answered provisionally.
func (s *station) sendCancel(invite *clientTx) {
	req := gosip.NewRequest(gosip.CANCEL, *invite.req.Recipient.Clone())
	gosip.CopyHeaders("Route", invite.req, req)
	req.AppendHeader(gosip.NewHeader("Max-Forwards", "70"))
	for _, name := range []string{"From", "To", "Call-ID"} {
		gosip.CopyHeaders(name, invite.req, req)
	}
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.req.CSeq().SeqNo, MethodName: gosip.CANCEL})
	req.SetBody(nil)
	branch, _ := invite.req.Via().Params.Get("branch")
	s.send(invite.flow, req, branch, func(*gosip.Response) {})
}

// answerCancel answers a CANCEL and tells the INVITE of it (RFC 3261 §9.2).
func (s *station) answerCancel(tx *serverTx) {
	invite := s.servers[serverKey(tx.req, gosip.INVITE)]
	if invite == nil {
		tx.respond(tx.answer(481, ""), false)
		return
	}
	tx.tag = invite.tag
	tx.respond(tx.answer(200, ""), false)
	if invite.cancel != nil && invite.status < 200 {
		invite.cancel()
	}
}

// contact is the station's own contact on a way.
func (s *station) contact(f flow, user string) *gosip.ContactHeader {
	a := s.addr(f.transport)
	if !a.IsValid() {
		a = f.local
	}
	uri := gosip.Uri{Scheme: "sip", User: user, Host: a.Addr().String(), Port: int(a.Port()), UriParams: gosip.NewParams()}
	if f.transport != "UDP" {
		uri.UriParams.Add("transport", strings.ToLower(f.transport))
	}
	return &gosip.ContactHeader{Address: uri, Params: gosip.NewParams()}
}

func cutHeader(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	return strings.TrimSpace(name), strings.TrimSpace(value), ok
}
