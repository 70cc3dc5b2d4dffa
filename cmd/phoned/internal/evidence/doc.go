// Package evidence holds nothing but tests: each rule of failover, one run of
// the real phone with real sockets in network namespaces (package lab) against
// the scripted servers of package siptest. What is asserted on is what those
// servers and the network saw, never what the phone says it did.
//
// The tests of one row of the table "when is a server unavailable" are named
// TestRegister..., TestInvite... and TestBye...; those of one trigger tell the
// rule in their name. scripts/mutants takes the rules out of the phone one by
// one and runs these tests: each has to notice.
//
// Most phones here have short timers (T1 100 ms, T2 800 ms, two retransmissions:
// a server is given up after 0.7 s, the last one after 6.4 s). Where the rule is
// the default times themselves, the test says so.
package evidence
