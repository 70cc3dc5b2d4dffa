// Package dns finds the SIP servers of a domain (RFC 3263): NAPTR, SRV with
// priorities and weights, A and AAAA. It keeps what it found by its TTL, asks
// again before that runs out, and serves old answers while DNS is down
// (RFC 8767), so that no call ever waits for a name server.
//
// It decides nothing about SIP: it never opens a connection to a target, knows
// no health of targets, and never leaves the order that the records and the
// seed give. It writes no log; OnChange tells whoever wants to. It never sends
// a search domain, believes no additional section, and asks nothing about an
// IP literal.
//
// What it decides is in cache.go, choose.go, message.go and walk.go, without
// clock, socket or goroutine. Resolver is the shell around it: all its
// goroutines belong to Run and have ended when Run returns.
//
//	r := dns.New(dns.Config{
//		Network: "ip", // "ip4" or "ip6" when the SIP socket is bound to one family
//		Seed:    seed, // one for each phone, the same after a restart
//		OnChange: func(q dns.Query, a dns.Answer) {
//			post(namesChanged{q, a}) // must not block
//		},
//	})
//	go r.Run(ctx)
//	config.Wire.LookupNetIP = r.LookupNetIP // names in Contact and Record-Route too
//
//	// For each server of each line; again whenever the settings change.
//	// Port 0 lets SRV and NAPTR records choose it.
//	query := dns.Query{Host: s.Host, Port: portIfSet, Transport: s.Transport, Mode: dns.BySRV}
//	r.Watch([]dns.Query{query})
//
//	// In the loop, when a request is to leave: never blocks.
//	if a, known := r.Known(query); !known {
//		// still asking: the first OnChange of query comes within seconds
//	} else if len(a.Targets) == 0 {
//		// unavailable: a.Err says why, no earlier answer is known
//	} else {
//		// try a.Targets in order; a.Stale: DNS is down, a.Err says why
//	}
//
//	r.Refresh() // the link came up, or DHCP gave other name servers
//
// A TLS certificate is verified against the configured domain, Query.Host
// (RFC 5922 §4), never against Target.Name, which DNS said.
package dns
