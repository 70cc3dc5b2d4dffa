package siptest

import (
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// register is the registrar (RFC 3261 §10.3).
func (s *Server) register(tx *serverTx) {
	req := tx.req
	user := req.To().Address.User
	if _, known := s.cfg.Users[user]; !known {
		tx.respond(tx.answer(404, ""), false)
		return
	}
	if !s.cfg.NoAuth && !s.authenticate(tx, 401) {
		return
	}
	asked := s.cfg.MaxExpires
	if n, ok := number(req.GetHeader("Expires")); ok {
		asked = time.Duration(n) * time.Second
	}
	var contacts []*gosip.ContactHeader
	for _, h := range req.GetHeaders("Contact") {
		if c, ok := h.(*gosip.ContactHeader); ok {
			contacts = append(contacts, c)
		}
	}
	if len(contacts) == 1 && contacts[0].Address.Wildcard {
		s.loc.clear(user)
		contacts = nil
	}
	for _, c := range contacts {
		expires := asked
		if v, ok := c.Params.Get("expires"); ok {
			if n, err := strconv.Atoi(v); err == nil {
				expires = time.Duration(n) * time.Second
			}
		}
		if least := s.fault.minExpires; expires > 0 && expires < least {
			tx.respond(tx.answer(423, "", gosip.NewHeader("Min-Expires", strconv.Itoa(int(least/time.Second)))), false)
			return
		}
		b := Binding{
			User: user, Contact: c.Address.String(), Source: tx.flow.remote, Transport: tx.flow.transport,
			CallID: req.CallID().Value(), CSeq: req.CSeq().SeqNo,
			Until: time.Now().Add(min(expires, s.cfg.MaxExpires)), flow: tx.flow, owner: s,
		}
		if !s.loc.put(b) {
			tx.respond(tx.answer(400, "CSeq Did Not Rise"), false)
			return
		}
	}
	res := tx.answer(200, "")
	for _, b := range s.loc.Bindings(user) {
		left := int((time.Until(b.Until) + time.Second/2) / time.Second)
		res.AppendHeader(gosip.NewHeader("Contact", "<"+b.Contact+">;expires="+strconv.Itoa(left)))
	}
	tx.respond(res, false)
}
