//go:build linux

// Package lab is a small network of its own for tests with real sockets: every
// Node is a network namespace with one address, IPv4 or IPv6, all of them on one
// bridge that leads nowhere else. On a node run the phone (as a process, through
// its control socket), Kamailio, baresip, sipp, dnsmasq, or a scripted server of
// package siptest inside the test itself. What arrives at a node is captured at its interface,
// before the faults that nftables puts there.
//
//	l := lab.New(t)                          // skips, and says why, without root or tools
//	primary, backup := l.Node("s1"), l.Node("s2")
//	registrar := primary.Kamailio(lab.KamailioConfig{...})
//	phone := l.Node("phone").Phone(settings, "null")
//	primary.Silence()
//	phone.Register(1)
//	phone.Until(func(s lab.State) bool { return s.Server == backup.SIP() })
//	primary.Capture.Requests("REGISTER").Offsets()
//
// Everything is removed when the test ends, also when it fails. Only tests
// import it; it needs root and touches nothing outside its namespaces.
package lab
