package ua

import (
	"net/netip"

	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/wire"
)

// do carries out a command of the phone.
func (a *agent) do(command Command) {
	switch m := command.(type) {
	case Register:
		if l := a.lines[m.Line]; l != nil {
			a.tell(l, failover.Event{Kind: failover.Register}, nil)
		}
	case Drill:
		if l := a.lines[m.Line]; l != nil {
			a.tell(l, failover.Event{Kind: failover.Drill}, nil)
		}
	case Dial:
		a.dial(m)
	case Ring:
		a.wishOf(m.Call, dialog.Ring{})
	case Answer:
		a.answer(m)
	case Reject:
		a.wishOf(m.Call, dialog.Reject{Status: m.Status})
	case Hangup:
		if c := a.calls[m.Call]; c != nil {
			c.hungUp = true
			a.wish(c, dialog.Hangup{})
		}
	case Hold:
		a.wishOf(m.Call, dialog.Hold{})
	case Resume:
		a.wishOf(m.Call, dialog.Resume{})
	case Info:
		a.wishOf(m.Call, dialog.Info{Digit: m.Digit})
	case Link:
		a.link(m.Up)
	case Record:
		a.record(m.Reply)
	case Ping:
		select {
		case m.Reply <- struct{}{}:
		default:
		}
	case Reload:
		a.reload(m.Lines)
	}
}

func (a *agent) wishOf(id CallID, e dialog.Event) {
	if c := a.calls[id]; c != nil && !c.ended {
		a.wish(c, e)
	}
}

// dial places a call. One that can not begin ends at once.
func (a *agent) dial(m Dial) {
	if a.calls[m.Call] != nil {
		a.log.Error("dial: the call exists already", "call", uint32(m.Call))
		return
	}
	l := a.lines[m.Line]
	if l == nil || a.stopping {
		a.emit(Ended{Call: m.Call, Status: 480, Reason: "the line is not in service"})
		return
	}
	to, err := parseTarget(m.Number)
	if err != nil {
		a.log.Info("can not dial", "line", m.Line, "call", uint32(m.Call), "error", err)
		a.emit(Ended{Call: m.Call, Status: 484, Reason: "not a number to dial"})
		return
	}
	c := a.newCall(l, m.Call)
	c.target, c.told = to, true
	c.callID, c.tag = a.names.callID(), a.names.tag()
	c.core = dialog.NewOutgoing(l.dialogConfig(c.callID, c.tag))
	a.know(c)
	c.log.Info("dial")
	c.describe(m.Media, a.localAddr(l.servers[l.core.Active()]))
	a.wish(c, dialog.Dial{Media: c.media})
}

// answer takes an incoming call; the answer's address is the one towards the
// server the call came from.
func (a *agent) answer(m Answer) {
	c := a.calls[m.Call]
	if c == nil || c.ended || c.tx == nil {
		return
	}
	c.describe(m.Media, c.tx.Route().Local.Addr().Unmap())
	a.wish(c, dialog.Answer{Media: c.media})
}

// describe keeps our side of the stream, with what the phone leaves open.
func (c *call) describe(media sdp.Local, addr netip.Addr) {
	media.Addr = addr
	if media.Session == 0 {
		media.Session = c.agent.names.uint64() >> 2 // fits a signed 64-bit number everywhere
	}
	c.media = media
}

// link tells every line whether the phone has a network.
func (a *agent) link(up bool) {
	kind := failover.LinkDown
	if up {
		kind = failover.LinkUp
	}
	a.log.Info("link", "up", up)
	a.offline = !up
	a.renew(up)
	for _, l := range a.inOrder() {
		a.tell(l, failover.Event{Kind: kind}, nil)
	}
	for _, c := range a.calls {
		if up {
			c.moved()
		}
	}
}

// moved tells the far side of a call that is up when the phone has got another
// address: both sound and requests have to find it.
func (c *call) moved() {
	if !c.up || c.ended || !c.line.has(int8(c.dialog.Way)) {
		return
	}
	local, ok := c.agent.wire.Local(c.line.servers[c.dialog.Way])
	if addr := local.Addr().Unmap(); ok && addr != c.media.Addr {
		c.log.Info("own address changed", "address", addr)
		c.describe(c.media, addr)
		c.agent.wish(c, dialog.Change{Media: c.media})
	}
}

// localAddr is the phone's own address towards a server; while that is not
// known, one towards any other server. Where it proves wrong, readdressed puts
// it right.
func (a *agent) localAddr(s wire.Server) netip.Addr {
	if local, ok := a.wire.Local(s); ok {
		return local.Addr().Unmap()
	}
	for _, l := range a.inOrder() {
		for _, other := range l.servers {
			if local, ok := a.wire.Local(other); ok {
				return local.Addr().Unmap()
			}
		}
	}
	if addr := a.config.Wire.Addr; addr.IsValid() && !addr.IsUnspecified() {
		return addr.Unmap()
	}
	return netip.IPv4Unspecified()
}
