package rtp

import (
	"net/netip"
	"time"
)

// How another address than the negotiated one is learned.
const (
	learnWithin = 10 * time.Second // of the session's beginning
	learnAfter  = 3                // packets in a row from the same address
)

// A source is where the far side sends from. What the peers negotiated is
// always right. Where a NAT makes that another address (symmetric RTP, RFC
// 4961), it is learned once, at the beginning, and only if nothing came from the
// negotiated one; after that strangers are not heard.
type source struct {
	negotiated netip.AddrPort
	learned    netip.AddrPort
	since      time.Duration
	heard      bool // from the negotiated address
	candidate  netip.AddrPort
	seen       int // packets of the candidate in a row
}

// set begins anew if another peer was negotiated; else it renews the time to
// learn as long as nobody was heard.
func (s *source) set(now time.Duration, remote netip.AddrPort) {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	if remote != s.negotiated {
		*s = source{negotiated: remote}
	}
	s.since = now
}

// to is where to send.
func (s *source) to() netip.AddrPort {
	if s.learned.IsValid() {
		return s.learned
	}
	return s.negotiated
}

// accept decides whether a good packet from an address is the far side's.
func (s *source) accept(now time.Duration, from netip.AddrPort) bool {
	if from == s.negotiated && from.IsValid() {
		s.heard = true
		s.learned = netip.AddrPort{}
		return true
	}
	if s.learned.IsValid() {
		return from == s.learned
	}
	if s.heard || now-s.since > learnWithin || !s.plausible(from.Addr()) {
		return false
	}
	if from != s.candidate {
		s.candidate, s.seen = from, 0
	}
	if s.seen++; s.seen < learnAfter {
		return false
	}
	s.learned = from
	return true
}

// plausible: a NAT on the way changes the port; one before the far side makes a
// public address of the private one that its description names.
func (s *source) plausible(a netip.Addr) bool {
	if !s.negotiated.IsValid() || !a.IsValid() {
		return false
	}
	n := s.negotiated.Addr()
	return a == n || n.IsPrivate() && a.IsGlobalUnicast() && !a.IsPrivate()
}
