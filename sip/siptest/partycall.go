package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	gosip "github.com/emiago/sipgo/sip"
)

// A CallState is where a PartyCall is.
type CallState string

// The states of a call.
const (
	Calling CallState = "calling"
	Ringing CallState = "ringing"
	Up      CallState = "up"
	Ended   CallState = "ended"
)

// A PartyCall is one call of a Party, in either direction.
type PartyCall struct {
	p        *Party
	number   string // of the party
	far      string // of the other side
	callID   string
	via      netip.AddrPort // the hop it came or went through
	out      flow
	localTag string
	farTag   string
	local    gosip.Uri
	remote   gosip.Uri // the other side's URI outside of its target
	target   gosip.Uri
	routes   []gosip.Uri
	cseq     uint32
	farCSeq  uint32

	state   CallState
	status  int
	farSDP  string
	held    bool // by the other side
	holding bool // by this side
	version int
	over    bool // a BYE was sent or received
	invites []*clientTx
	media   *media
	ended   func()
	failed  func()
}

func (p *Party) newCall(number, far, callID, tag string) *PartyCall {
	c := &PartyCall{p: p, number: number, far: far, callID: callID, localTag: tag, state: Calling}
	c.media = newMedia(p.cfg.Host, p.st.addr("UDP").Addr(), p.cfg.Media)
	p.calls = append(p.calls, c)
	p.changed()
	return c
}

// set changes the state; the lock is held.
func (c *PartyCall) set(s CallState) {
	if c.state == Ended || c.state == s {
		return
	}
	c.state = s
	if s == Ended {
		c.media.close()
		if c.ended != nil {
			c.ended()
		}
	}
	c.p.changed()
}

// State is where the call is.
func (c *PartyCall) State() CallState { return get(c, func() CallState { return c.state }) }

// Status is the final answer to the call's INVITE, 0 while there is none.
func (c *PartyCall) Status() int { return get(c, func() int { return c.status }) }

// CallID is the call's Call-ID.
func (c *PartyCall) CallID() string { return c.callID }

// Number is the party's own number, Far the other side's.
func (c *PartyCall) Number() string { return c.number }

// Far is the user part of the other side.
func (c *PartyCall) Far() string { return c.far }

// SDP is the other side's last session description.
func (c *PartyCall) SDP() string { return get(c, func() string { return c.farSDP }) }

// Held tells whether the other side holds the call.
func (c *PartyCall) Held() bool { return get(c, func() bool { return c.held }) }

// Packets is the number of RTP packets that arrived, Digits the RFC 4733 digits
// in them. Both are empty without Media.
func (c *PartyCall) Packets() int { return c.media.packets() }

// Digits are the telephone events that arrived, one character each.
func (c *PartyCall) Digits() string { return c.media.digits() }

func get[T any](c *PartyCall, f func() T) T {
	c.p.st.mu.Lock()
	defer c.p.st.mu.Unlock()
	return f()
}

// Wait returns when the call has reached one of the states, or with ctx.
func (c *PartyCall) Wait(ctx context.Context, states ...CallState) error {
	err := c.p.wait(ctx, func() bool { return slices.Contains(states, c.state) })
	if err != nil {
		return fmt.Errorf("siptest: waiting for the far party's call to be %v, it is %s: %w", states, c.State(), err)
	}
	return nil
}

// Call places a call to a user of a server. With several servers the same
// INVITE (Call-ID, tag, CSeq) goes through each of them.
func (p *Party) Call(number, user string, servers ...netip.AddrPort) *PartyCall {
	p.st.mu.Lock()
	defer p.st.mu.Unlock()
	return p.call(number, user, servers)
}

func (p *Party) call(number, user string, servers []netip.AddrPort) *PartyCall {
	c := p.newCall(number, user, p.st.token()+"@"+p.st.addr("UDP").Addr().String(), p.st.token())
	c.cseq = 1
	for _, server := range servers {
		out, err := p.st.flowTo("UDP", server)
		if err != nil {
			continue
		}
		c.out, c.via = out, server
		c.remote = gosip.Uri{Scheme: "sip", User: user, Host: server.Addr().String(), Port: int(server.Port())}
		c.local = gosip.Uri{Scheme: "sip", User: number, Host: server.Addr().String(), Port: int(server.Port())}
		c.target = c.remote
		req := c.build(gosip.INVITE, 1)
		req.AppendHeader(p.st.contact(out, number))
		c.offer(req)
		var tx *clientTx
		tx = p.st.send(out, req, p.st.branch(), func(res *gosip.Response) { c.inviteAnswered(tx, res) })
		c.invites = append(c.invites, tx)
	}
	return c
}

func (c *PartyCall) inviteAnswered(tx *clientTx, res *gosip.Response) {
	switch {
	case res == nil || res.StatusCode >= 300:
		if c.state == Up || c.state == Ended || slices.ContainsFunc(c.invites, func(t *clientTx) bool { return t.status == 0 }) {
			return
		}
		c.status = 408
		if res != nil {
			c.status = res.StatusCode
		}
		c.set(Ended)
		if c.failed != nil {
			c.failed()
		}
	case res.StatusCode < 200:
		if res.StatusCode > 100 && c.state == Calling {
			c.set(Ringing)
		}
	default:
		c.learn(tx, res)
		c.ack(tx.req.CSeq().SeqNo)
		if c.state == Ended { // hung up while the answer was on its way
			if !c.over {
				c.bye()
			}
			return
		}
		c.status = 200
		c.media.echo()
		c.set(Up)
	}
}

// Hangup ends the call: CANCEL before it is answered, else BYE. It does nothing
// to a call that has ended.
func (c *PartyCall) Hangup() {
	c.p.st.mu.Lock()
	defer c.p.st.mu.Unlock()
	c.hangup()
}

func (c *PartyCall) hangup() {
	switch {
	case c.state == Ended:
	case c.state == Up:
		c.bye()
	default:
		for _, tx := range c.invites {
			if tx.provisional && tx.status < 200 {
				c.p.st.sendCancel(tx)
			}
		}
	}
	c.set(Ended)
}

func (c *PartyCall) bye() {
	c.over = true
	c.ask(gosip.BYE, nil, nil)
}

// Hold offers the other side sendonly, Resume sendrecv.
func (c *PartyCall) Hold() { c.reinvite(true) }

// Resume takes the call back from hold.
func (c *PartyCall) Resume() { c.reinvite(false) }

func (c *PartyCall) reinvite(hold bool) {
	c.p.st.mu.Lock()
	defer c.p.st.mu.Unlock()
	if c.state != Up {
		return
	}
	c.holding = hold
	var cseq uint32
	c.ask(gosip.INVITE, func(req *gosip.Request) {
		cseq = req.CSeq().SeqNo
		req.AppendHeader(c.p.st.contact(c.out, c.number))
		c.offer(req)
	}, func(res *gosip.Response) {
		if res != nil && res.IsSuccess() {
			c.heard(res.Body())
			c.ack(cseq)
			c.p.changed()
		}
	})
}

// Info sends a digit as INFO application/dtmf-relay.
func (c *PartyCall) Info(digit byte) {
	c.p.st.mu.Lock()
	defer c.p.st.mu.Unlock()
	c.ask(gosip.INFO, func(req *gosip.Request) {
		req.AppendHeader(gosip.NewHeader("Content-Type", "application/dtmf-relay"))
		req.SetBody([]byte("Signal=" + string(digit) + "\r\nDuration=160\r\n"))
	}, nil)
}
