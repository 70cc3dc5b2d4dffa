package ua

import (
	"log/slog"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/wire"
)

// Config is what New needs.
type Config struct {
	Wire      wire.Config // the sockets: addresses, ports, connect limits
	Lines     []Line
	UserAgent string // User-Agent header, e.g. "phoned/1.0"
	// Codecs are what the phone can speak: an incoming offer with none of them is
	// refused (488) before the phone rings. nil = any offer with audio rings.
	Codecs []sdp.Codec
	Seed   uint64 // of every random choice: branches, tags, jitter; 0 = draw one
	Log    *slog.Logger
}

// Line is one SIP account in the units of the UA.
type Line struct {
	Number      int // 1, 2, ...: the N of SIPN
	Enabled     bool
	User        string // user part of the AOR and the Contact
	AuthUser    string // name for digest; empty = User
	Password    string
	DisplayName string
	LocalDomain string      // SIPN Local Domain; empty = the server's own address
	Proxy       *sip.Server // where what is for Server 1 is sent; nil = there
	Rport       bool
	CAFile      string // PEM; empty = the system's
	Failover    failover.Config
}
