package config

import (
	"strconv"
	"strings"
	"time"

	"phoned/sip"
)

// Settings are the typed values of the keys the phone acts on.
type Settings struct {
	SIP      SIP
	Lines    []Line // those with a server or a number, in order of their numbers
	Voice    Voice
	Calls    Calls
	Phone    Phone
	Warnings []string // what was skipped, in words for the log
}

// SIP is what all lines share.
type SIP struct {
	Port            uint16 // 0 = any free one
	RegFailInterval time.Duration
}

// A Line is one SIP account.
type Line struct {
	Number      int // the N of SIPN
	User        string
	AuthUser    string
	Password    string
	DisplayName string
	LocalDomain string
	Register    bool
	Servers     []sip.Server // primary first; empty = the line is not used
	Proxy       *sip.Server  // for what is for the primary; nil = none

	Failback         bool
	FailbackInterval time.Duration
	Retries          int
	RetryTime        time.Duration // 0 = by Retries
	Timers           sip.Timers
	KeepAlive        int // 0 off, 1 CRLF, 2 OPTIONS
	KeepAliveEvery   time.Duration
	UnregisterOnBoot bool
	Rport            bool
	Smart            bool  // smart failover
	Standby          bool  // registered at both servers
	DNS              int   // 0 A and AAAA, 1 SRV, 2 NAPTR
	TLS              []TLS // of each of Servers

	Codecs []string      // PCMU, PCMA, G722, in order of preference
	Ptime  time.Duration // 0 = open
	DTMF   int           // 0 in-band, 1 RFC 4733, 2 INFO, 3 auto
	DND    bool

	PRACK          bool
	SessionTimer   bool
	SessionExpires time.Duration // 0 = left to the far side
}

// Voice is module MM.
type Voice struct {
	EventPayload uint8
	PortMin      int
	PortCount    int
	DialTone     string
	StutterTone  string
	Ringback     string
	Busy         string
	Congestion   string
	CallWaiting  string
}

// Calls is module CALL FEATURE (PORT): dialling and answers.
type Calls struct {
	CallWaiting   bool
	DNDStatus     int
	BusyStatus    int
	RejectStatus  int
	RingTimeout   time.Duration
	DialByPound   bool
	DialFixed     bool
	FixedLength   int
	DialByTimeout bool
	DialTimeout   time.Duration
}

// Phone is module PHONE FEATURE.
type Phone struct {
	Language      string // "en" or "zh"
	HandsetVolume int    // 0 to 9, like the others
	HandsetMic    int
	HeadsetVolume int
	HeadsetMic    int
	SpeakerVolume int
	SpeakerMic    int
	RingVolume    int
}

// built are the voice codecs of this version.
var built = []string{"PCMU", "PCMA", "G722"}

// Typed reads the typed values of a checked file. Absent and cleared keys
// have their defaults.
func (f *File) Typed() Settings {
	v := reader{values: f.values()}
	s := Settings{
		SIP: SIP{
			Port:            uint16(v.number("SIP", "SIP  Port", 0)),
			RegFailInterval: v.seconds("SIP", "Reg Fail Interval", 0),
		},
		Voice: Voice{
			EventPayload: uint8(v.number("MM", "Dtmf Payload Type", 0)),
			PortMin:      v.number("MM", "RTP Initial Port", 0),
			PortCount:    v.number("MM", "RTP Port Quantity", 0),
			DialTone:     v.word("MM", "Dial Tone", 0),
			StutterTone:  v.word("MM", "Stutter Tone", 0),
			Ringback:     v.word("MM", "Ringback Tone", 0),
			Busy:         v.word("MM", "Busy Tone", 0),
			Congestion:   v.word("MM", "Congestion Tone", 0),
			CallWaiting:  v.word("MM", "Call waiting Tone", 0),
		},
		Calls: Calls{
			CallWaiting:   v.bool("CALL FEATURE", "CallWaiting", 0),
			DNDStatus:     v.number("CALL FEATURE", "DND Return Code", 0),
			BusyStatus:    v.number("CALL FEATURE", "Busy Return Code", 0),
			RejectStatus:  v.number("CALL FEATURE", "Reject Return Code", 0),
			RingTimeout:   v.seconds("CALL FEATURE", "Ring Timeout", 0),
			DialByPound:   v.bool("CALL FEATURE", "Dial by Pound", 0),
			DialFixed:     v.bool("CALL FEATURE", "Dial Fixed Length", 0),
			FixedLength:   v.number("CALL FEATURE", "Fixed Length Nums", 0),
			DialByTimeout: v.bool("CALL FEATURE", "Dial by Timeout", 0),
			DialTimeout:   v.seconds("CALL FEATURE", "Dial Timeout value", 0),
		},
		Phone: Phone{
			Language:      v.language(),
			HandsetVolume: v.number("PHONE FEATURE", "Handset Vol", 0),
			HandsetMic:    v.number("PHONE FEATURE", "Handset Mic Vol", 0),
			HeadsetVolume: v.number("PHONE FEATURE", "Headset Vol", 0),
			HeadsetMic:    v.number("PHONE FEATURE", "Headset Mic Vol", 0),
			SpeakerVolume: v.number("PHONE FEATURE", "HandFree Vol", 0),
			SpeakerMic:    v.number("PHONE FEATURE", "HandFree Mic Vol", 0),
			RingVolume:    v.number("PHONE FEATURE", "HandFree Ring Vol", 0),
		},
	}
	// 65535 is the last port there is.
	s.Voice.PortCount = min(s.Voice.PortCount, 65536-s.Voice.PortMin)
	for n := 1; n <= MaxLines; n++ {
		if line := v.line(n); len(line.Servers) > 0 || line.User != "" {
			s.Lines = append(s.Lines, line)
		}
	}
	s.Warnings = v.warnings
	return s
}

// language is the nearest one the phone speaks.
func (v *reader) language() string {
	code := strings.ToLower(v.word("PHONE FEATURE", "Default Language", 0))
	switch short, _, _ := strings.Cut(strings.ReplaceAll(code, "_", "-"), "-"); short {
	case "zh", "cn", "tc", "tw":
		return "zh"
	case "en":
		return "en"
	}
	v.warnings = append(v.warnings, "the phone does not speak language "+code+"; it shows English")
	return "en"
}

func list(v string) (out []string) {
	for _, s := range strings.Split(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// reader gives the values of a file or the defaults of the table.
type reader struct {
	values   values
	warnings []string
}

// line reads SIP line n.
func (v *reader) line(n int) Line {
	l := Line{
		Number:      n,
		User:        v.word("SIP", "SIPN Phone Number", n),
		AuthUser:    v.word("SIP", "SIPN Register User", n),
		Password:    v.raw("SIP", "SIPN Register Pswd", n),
		DisplayName: v.word("SIP", "SIPN Display Name", n),
		LocalDomain: bare(v.word("SIP", "SIPN Local Domain", n)),
		Register:    v.bool("SIP", "SIPN Enable Reg", n),

		Failback:         v.bool("SIP", "SIPN Enable Failback", n),
		FailbackInterval: v.seconds("SIP", "SIPN Failback Interval", n),
		Retries:          v.number("SIP", "SIPN Signal Retry Counts", n),
		RetryTime:        v.seconds("SIP", "SIPN Signal Retry Time", n),
		Timers: sip.Timers{
			T1: v.millis("SIP", "SIPN Session Timer T1", n),
			T2: v.millis("SIP", "SIPN Session Timer T2", n),
			T4: v.millis("SIP", "SIPN Session Timer T4", n),
		},
		KeepAlive:        v.number("SIP", "SIPN NAT UDPUpdate", n),
		KeepAliveEvery:   v.seconds("SIP", "SIPN UDPUpdate TTL", n),
		UnregisterOnBoot: v.bool("SIP", "SIPN Unregister On Boot", n),
		Rport:            v.bool("SIP", "SIPN Enable Rport", n),
		Smart:            v.bool("SIP", "SIPN Smart Failover", n),
		Standby:          v.bool("SIP", "SIPN Backup Mode", n),
		DNS:              v.number("SIP", "SIPN DNS SRV", n),

		Ptime: v.millis("SIP", "SIPN Ptime", n),
		DTMF:  v.number("SIP", "SIPN DTMF Mode", n),
		DND:   v.bool("SIP", "SIPN Enable DND", n),

		PRACK:          v.bool("SIP", "SIPN PRACK", n),
		SessionTimer:   v.bool("SIP", "SIPN Session Timer", n),
		SessionExpires: v.seconds("SIP", "SIPN S Timer Expires", n),
	}
	// A line with only one of the two names has one name.
	if l.User == "" {
		l.User = l.AuthUser
	}
	if l.AuthUser == "" {
		l.AuthUser = l.User
	}
	if s, ok := v.server(n, "SIPN Register Addr", "SIPN Register Port", "SIPN Transport", "SIPN Register TTL"); ok {
		l.Servers = append(l.Servers, s)
		l.TLS = append(l.TLS, v.tls(n))
		if s, ok := v.server(n, "SIPN Backup Addr", "SIPN Backup Port", "SIPN Backup Transport", "SIPN Backup TTL"); ok {
			l.Servers = append(l.Servers, s)
			l.TLS = append(l.TLS, v.backupTLS(n))
		}
		// The proxy is reached the way of the server it stands for.
		if s, ok := v.server(n, "SIPN Proxy Addr", "SIPN Proxy Port", "SIPN Transport", "SIPN Register TTL"); ok {
			l.Proxy = &s
		}
	}
	l.Codecs = v.codecs(n)
	return l
}

func (v *reader) server(n int, addr, port, transport, ttl string) (sip.Server, bool) {
	s := sip.Server{
		Host:      bare(v.word("SIP", addr, n)),
		Port:      uint16(v.number("SIP", port, n)),
		Transport: sip.Transport(v.number("SIP", transport, n)),
		TTL:       v.seconds("SIP", ttl, n),
	}
	if s.Port == 0 {
		s.Port = s.Transport.Port()
	}
	return s, s.Host != ""
}

// bare takes the brackets off an IPv6 address.
func bare(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// codecs keeps the codecs that are built, each once, and warns of the others.
func (v *reader) codecs(n int) (out []string) {
	_, own := v.values[valueKey{find("SIP", "SIPN VoiceCodecMap"), n}]
	seen := map[string]bool{}
	for _, name := range list(v.word("SIP", "SIPN VoiceCodecMap", n)) {
		known := ""
		for _, b := range built {
			if strings.EqualFold(strings.ReplaceAll(name, ".", ""), b) {
				known = b
			}
		}
		switch {
		case known == "" && own:
			v.warnings = append(v.warnings, "line "+strconv.Itoa(n)+": codec "+name+" is not built and was skipped")
		case known != "" && !seen[known]:
			seen[known] = true
			out = append(out, known)
		}
	}
	if len(out) == 0 {
		// A line without any codec could not call at all.
		return append(out, built...)
	}
	return out
}

func find(module, key string) *Row { return rowIndex[rowKey{module, foldKey(module, key)}] }

// raw is a value as it stands in the file, or the default.
func (v *reader) raw(module, key string, line int) string {
	row := find(module, key)
	if s, ok := v.values[valueKey{row, line}]; ok && strings.TrimSpace(s) != "" {
		return s
	}
	return row.Default
}

// word is a value without the spaces around it.
func (v *reader) word(module, key string, line int) string {
	return strings.TrimSpace(v.raw(module, key, line))
}

func (v *reader) number(module, key string, line int) int {
	n, _ := strconv.Atoi(v.word(module, key, line)) // the file was checked
	return n
}

func (v *reader) bool(module, key string, line int) bool { return v.number(module, key, line) != 0 }

func (v *reader) seconds(module, key string, line int) time.Duration {
	return time.Duration(v.number(module, key, line)) * time.Second
}

func (v *reader) millis(module, key string, line int) time.Duration {
	return time.Duration(v.number(module, key, line)) * time.Millisecond
}
