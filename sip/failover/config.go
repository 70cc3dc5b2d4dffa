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
}
