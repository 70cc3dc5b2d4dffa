package failover

import (
	"time"

	"phoned/sip"
)

// KeepAlive is the setting `NAT UDPUpdate`.
type KeepAlive uint8

const (
	NoKeepAlive  KeepAlive = 0
	CRLF         KeepAlive = 1 // on UDP it proves nothing (RFC 5626 §3.5.1)
	OptionsAlive KeepAlive = 2 // OPTIONS to the active server, UDP only
)

// Config is a line's part of the settings, in the units of this package.
type Config struct {
	Servers          []sip.Server  // primary first, then backups; at least one
	Register         bool          // false: the line calls without registering
	Failback         bool          // SIPN Enable Failback
	FailbackInterval time.Duration // SIPN Failback Interval
	Retries          int           // SIPN Signal Retry Counts
	RetryTime        time.Duration // SIPN Signal Retry Time; 0 = by count
	Timers           sip.Timers    // Session Timer T1/T2/T4
	RegFailInterval  time.Duration // SIP  Reg Fail Interval
	KeepAlive        KeepAlive     // NAT UDPUpdate
	KeepAliveEvery   time.Duration // UDPUpdate TTL
	UnregisterOnBoot bool

	// Smart lets the line act on what it knows beyond the plain rules: see
	// "With Config.Smart" in the package comment (SIPN Smart Failover).
	Smart bool
	// Standby holds a registration at the best backup all the time, so that a
	// move costs no REGISTER (SIPN Backup Mode 1).
	Standby bool
	// Targets is how many addresses of one server the line keeps apart, 1 to
	// MaxTargets. Where an Event or Action says Server, it means target
	// Server/Targets of Config.Servers, address Server%Targets. 0 counts as 1.
	Targets int
	// Device spreads a fleet: where this phone stands between 0 and 2^32 of
	// every wait that is splayed. All lines of a phone have the same.
	Device uint32
}

// MaxTargets is the most addresses of one server that are kept apart.
const MaxTargets = 8
