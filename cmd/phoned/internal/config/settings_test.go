package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"phoned/sip"
)

// A file that says nothing gives the defaults of the table.
func TestDefaults(t *testing.T) {
	s := New().Typed()
	if len(s.Lines) != 0 || len(s.Warnings) != 0 {
		t.Errorf("lines %v, warnings %v", s.Lines, s.Warnings)
	}
	if s.SIP.Port != 5060 || s.SIP.RegFailInterval != 32*time.Second {
		t.Errorf("SIP %+v", s.SIP)
	}
	if v := s.Voice; v.EventPayload != 101 || v.PortMin != 10000 || v.PortCount != 1000 || v.Busy == "" {
		t.Errorf("voice %+v", v)
	}
	if c := s.Calls; !c.DialByPound || c.DialFixed || c.DialTimeout != 10*time.Second || c.RejectStatus != 603 || !c.CallWaiting {
		t.Errorf("calls %+v", c)
	}
	if s.Phone.Language != "en" || s.Phone.HandsetVolume != 5 || s.Phone.HandsetMic != 3 {
		t.Errorf("phone %+v", s.Phone)
	}
}

// Every key of the failover settings reaches the line in its unit.
func TestLine(t *testing.T) {
	f := parse(t, `<<VOIP CONFIG FILE>>Version:2.0
<SIP CONFIG MODULE>
SIP1 Phone Number:1001
SIP1 Register User:auth1
SIP1 Register Pswd: pass word 
SIP1 Display Name:Front
SIP1 Local Domain:example.com
SIP1 Enable Reg:1
SIP1 Register Addr:sip.example.com
SIP1 Register Port:5070
SIP1 Register TTL:600
SIP1 Transport:3
SIP1 Backup Addr:[2001:db8::2]
SIP1 Backup Port:5080
SIP1 Backup TTL:300
SIP1 Backup Transport:1
SIP1 Proxy Addr:10.0.0.3
SIP1 Proxy Port:5090
SIP1 Enable Failback:0
SIP1 Failback Interval:60
SIP1 Signal Retry Counts:5
SIP1 Signal Retry Time:7
SIP1 Session Timer T1:200
SIP1 Session Timer T2:2000
SIP1 Session Timer T4:3000
SIP1 Enable Rport:0
SIP1 NAT UDPUpdate:1
SIP1 UDPUpdate TTL:15
SIP1 Unregister On Boot:1
SIP1 TLS CA File:/etc/ca.pem
SIP1 VoiceCodecMap:opus, G.722 ,pcma,PCMA
SIP1 Ptime:30
SIP1 DTMF Mode:2
SIP1 Enable DND:1
SIP1 PRACK:1
SIP1 Session Timer:1
SIP1 S Timer Expires:600
SIP1 Smart Failover:1
SIP1 Backup Mode:1
SIP1 DNS SRV:2
<<END OF FILE>>
`)
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	want := Line{
		Number: 1, User: "1001", AuthUser: "auth1", Password: " pass word ", DisplayName: "Front", LocalDomain: "example.com", Register: true,
		Servers: []sip.Server{
			{Host: "sip.example.com", Port: 5070, Transport: sip.TLS, TTL: 600 * time.Second},
			{Host: "2001:db8::2", Port: 5080, Transport: sip.TCP, TTL: 300 * time.Second},
		},
		Proxy:            &sip.Server{Host: "10.0.0.3", Port: 5090, Transport: sip.TLS, TTL: 600 * time.Second},
		FailbackInterval: time.Minute, Retries: 5, RetryTime: 7 * time.Second,
		Timers:    sip.Timers{T1: 200 * time.Millisecond, T2: 2 * time.Second, T4: 3 * time.Second},
		KeepAlive: 1, KeepAliveEvery: 15 * time.Second, UnregisterOnBoot: true, TLS: []TLS{{CAFile: "/etc/ca.pem"}, {CAFile: "/etc/ca.pem"}},
		Codecs: []string{"G722", "PCMA"}, Ptime: 30 * time.Millisecond, DTMF: 2, DND: true,
		PRACK: true, SessionTimer: true, SessionExpires: 10 * time.Minute,
		Smart: true, Standby: true, DNS: 2,
	}
	s := f.Typed()
	if len(s.Lines) != 1 || !reflect.DeepEqual(s.Lines[0], want) {
		t.Errorf("got  %+v\nwant %+v", s.Lines, want)
	}
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "opus") {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// Cleared keys have their defaults, a line with one name has one name, a
// backup without a primary is none, a port of 0 is the
// transport's, and no line is left without a codec.
func TestLineWithGaps(t *testing.T) {
	s := parse(t, `<<VOIP CONFIG FILE>>Version:2.0
<SIP CONFIG MODULE>
SIP1 Register User:1001
SIP1 Register Addr:10.0.0.1
SIP1 Register Port:
SIP1 Backup Addr:10.0.0.2
SIP1 Backup Port:0
SIP1 Backup Transport:3
SIP1 Signal Retry Counts: 
SIP1 VoiceCodecMap:G729
SIP4 Phone Number:1004
SIP4 Backup Addr:10.0.0.2
<MM CONFIG MODULE>
RTP Initial Port:65000
RTP Port Quantity:64000
<<END OF FILE>>
`).Typed()
	if len(s.Lines) != 2 {
		t.Fatalf("lines %+v", s.Lines)
	}
	one, four := s.Lines[0], s.Lines[1]
	if one.User != "1001" || one.AuthUser != "1001" || one.Servers[0].Port != 5060 || one.Retries != 3 || len(one.Codecs) != 3 {
		t.Errorf("line 1 %+v", one)
	}
	if one.Servers[1].Port != 5061 {
		t.Errorf("a port of 0 is the transport's own: %+v", one.Servers[1])
	}
	if four.Number != 4 || len(four.Servers) != 0 {
		t.Errorf("line 4 %+v", four)
	}
	if s.Voice.PortMin+s.Voice.PortCount > 65536 {
		t.Errorf("RTP ports %d + %d", s.Voice.PortMin, s.Voice.PortCount)
	}
}

func TestLanguage(t *testing.T) {
	for code, want := range map[string]string{"": "en", "en": "en", "EN": "en", "zh": "zh", "cn": "zh", "zh_TW": "zh", "zh-CN": "zh", "fr": "en"} {
		f := New()
		if err := f.Set("PHONE FEATURE", "Default Language", 0, code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		s := f.Typed()
		if s.Phone.Language != want || (len(s.Warnings) > 0) != (code == "fr") {
			t.Errorf("%s: shown in %s, warnings %q", code, s.Phone.Language, s.Warnings)
		}
	}
}
