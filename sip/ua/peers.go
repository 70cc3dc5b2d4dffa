package ua

import (
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// peers are the addresses besides the servers' that requests inside dialogs
// may come from: those in the routes and remote targets of the calls.
type peers struct {
	stale bool
	told  []netip.Addr
}

// look learns the hops of a call's dialog when it has changed.
func (c *call) look() {
	d, ok := c.core.Dialog()
	if !ok || d.Target == c.dialog.Target && d.Way == c.dialog.Way && slices.Equal(d.Routes, c.dialog.Routes) {
		return
	}
	c.dialog, c.hops = d, nil
	for _, s := range append([]string{d.Target}, d.Routes...) {
		var u gosip.Uri
		if gosip.ParseUri(strings.Trim(s, "<> "), &u) != nil {
			continue
		}
		if addr, err := netip.ParseAddr(bareHost(u.Host)); err == nil {
			c.hops = append(c.hops, addr.Unmap())
		}
	}
	c.agent.peers.stale = true
}

// tellPeers tells the wire whom else to listen to.
func (a *agent) tellPeers() {
	if !a.peers.stale {
		return
	}
	a.peers.stale = false
	var addrs []netip.Addr
	for _, c := range a.calls {
		addrs = append(addrs, c.hops...)
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	addrs = slices.Compact(addrs)
	if !slices.Equal(addrs, a.peers.told) {
		a.peers.told = addrs
		a.wire.SetPeers(slices.Clone(addrs))
	}
}
