package ua

import (
	"log/slog"
	"time"

	"phoned/sip"
	"phoned/sip/dns"
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

	// DNS finds the servers that are named (RFC 3263), each with all its targets;
	// OnChange is the UA's own. nil = a named server is one target, which the wire
	// looks up by Wire.LookupNetIP.
	DNS *dns.Config
	// Device spreads a fleet: it is failover.Config.Device of every line.
	Device uint32
	// DeviceID is what only this phone has, the same after each start: its
	// hardware address, or a number drawn once. Its instance-id is made of it
	// (RFC 5626 §4.1).
	DeviceID string
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
	DNS         dns.Mode // SIPN DNS SRV: how a named server is looked up
	TLS         []TLS    // of each of Failover.Servers; the last one serves those after it
	Failover    failover.Config
	// SessionTimer offers session timers (RFC 4028) of SessionExpires, at least
	// 90 s; 0 = the far side may ask for one.
	SessionTimer   bool
	SessionExpires time.Duration
	// PRACK offers reliable provisional responses (RFC 3262).
	PRACK bool
}

// TLS says how a server and the phone prove to each other who they are, where
// the server's transport is TLS.
type TLS struct {
	Name       string // in the server's certificate; empty = the server's host
	CAFile     string // PEM, who may sign it; empty = the system's authorities
	CertFile   string // PEM, the phone's own for a server that wants one; empty = none
	KeyFile    string // PEM, its key; empty = in CertFile
	MinVersion uint16 // e.g. tls.VersionTLS13; less than TLS 1.2 counts as that
}

// reached is how the wire reaches s, the i-th of the line's servers.
func (conf Line) reached(i int, s sip.Server) wire.Server {
	var t TLS
	if len(conf.TLS) > 0 {
		t = conf.TLS[min(i, len(conf.TLS)-1)]
	}
	return wire.Server{
		Host: s.Host, Port: s.Port, Transport: s.Transport,
		Name: t.Name, CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile, MinTLS: t.MinVersion,
	}
}
