package dialog

import (
	"slices"

	"phoned/sip"
)

// Bounds against hostile peers: forks of one INVITE, hops of a route set, and
// ACKs kept for repeated answers.
const (
	maxLegs   = 16
	maxRoutes = 32
	maxAcks   = 16
)

// A leg is one dialog of the call, early or confirmed (RFC 3261 §12).
type leg struct {
	dialog    Dialog
	localSeq  uint32   // CSeq of our last request in it
	remoteSeq uint32   // CSeq of the far side's last request in it
	updates   bool     // the far side answers UPDATE
	preview   []byte   // description of a provisional response
	rseq      rseq     // the last of them that came reliably
	session   *session // agreed on before the 2xx: the answer came reliably
	acks      []Ack    // the last ACKs we sent in it
	bye       bool     // our BYE is sent
	gone      bool     // no such dialog any more
}

// snapshot is the copy of the dialog that is handed out.
func (l *leg) snapshot() Dialog {
	d := l.dialog
	d.Routes = slices.Clone(d.Routes)
	return d
}

// answered takes over what a response says of the dialog. The route set of a
// UAC is Record-Route in reverse (RFC 3261 §12.1.2); a 2xx computes it anew
// (§13.2.2.4).
func (l *leg) answered(r Response) {
	l.heard(r)
	routes := slices.Clone(r.RecordRoute[:min(len(r.RecordRoute), maxRoutes)])
	slices.Reverse(routes)
	l.dialog.Routes = routes
}

// heard takes over what every response may change.
func (l *leg) heard(r Response) {
	l.dialog.Server, l.dialog.Way = r.Server, r.Server
	l.refresh(r.Contact)
	l.allows(r.Allow)
}

// refresh moves the remote target (RFC 3261 §12.2.1.2, §12.2.2).
func (l *leg) refresh(contact string) {
	if contact != "" {
		l.dialog.Target = contact
	}
}

// allows notes from Allow whether UPDATE may be sent (RFC 3311 §4).
func (l *leg) allows(methods []sip.Method) {
	if len(methods) > 0 {
		l.updates = slices.Contains(methods, sip.UPDATE)
	}
}

// acked finds the ACK that was sent for req: of the copy of it with that CSeq
// number, else of the last one.
func (l *leg) acked(req Req, cseq uint32) (ack Ack, ok bool) {
	for _, a := range l.acks {
		if a.Req != req {
			continue
		}
		if ack, ok = a, true; a.CSeq == cseq {
			break
		}
	}
	return ack, ok
}

// remember keeps an ACK for repeated copies of the 2xx. The first is that of
// the INVITE that made the dialog; it stays, for a copy that is not known
// would be a dialog nobody wants.
func (l *leg) remember(ack Ack) {
	if len(l.acks) == maxAcks {
		l.acks = slices.Delete(l.acks, 1, 2)
	}
	l.acks = append(l.acks, ack)
}

// byTag finds the dialog with the far side's tag.
func (c *Call) byTag(remote string) *leg {
	for _, l := range c.legs {
		if l.dialog.RemoteTag == remote {
			return l
		}
	}
	return nil
}

// legOf finds the dialog of a response to the first INVITE, or makes it. When
// there are too many, a 2xx takes the place of an early dialog; what finds
// none is not kept (kept is false).
func (c *Call) legOf(r Response) (l *leg, kept bool) {
	if l = c.byTag(r.ToTag); l != nil {
		// The INVITE may have gone out with a higher number since.
		l.localSeq = max(l.localSeq, c.inviteSeq)
		return l, true
	}
	l = &leg{dialog: c.blank()}
	l.dialog.RemoteTag = r.ToTag
	// RFC 3261 §12.1.2: the local sequence number is that of the INVITE.
	l.localSeq = c.inviteSeq
	l.answered(r)
	if len(c.legs) >= maxLegs {
		early := slices.IndexFunc(c.legs, func(l *leg) bool { return len(l.acks) == 0 })
		if r.Status < 200 || early < 0 {
			return l, false
		}
		c.legs = slices.Delete(c.legs, early, early+1)
	}
	c.legs = append(c.legs, l)
	return l, true
}

// blank is a dialog before any answer.
func (c *Call) blank() Dialog {
	return Dialog{
		CallID: c.config.CallID, LocalTag: c.config.LocalTag,
		LocalURI: c.config.LocalURI, RemoteURI: c.config.RemoteURI,
	}
}
