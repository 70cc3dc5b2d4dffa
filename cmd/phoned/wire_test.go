package main

import (
	"crypto/tls"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"phoned/audio"
	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip"
	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/ua"
)

// Every setting of a line reaches the part of the phone that acts on it.
func TestWire(t *testing.T) {
	file, err := config.ParseChecked([]byte(`<<VOIP CONFIG FILE>>Version:2.0
<SIP CONFIG MODULE>
SIP  Port:5066
Reg Fail Interval:40
SIP2 Phone Number:1002
SIP2 Register User:auth2
SIP2 Register Pswd:secret
SIP2 Display Name:Desk
SIP2 Local Domain:example.com
SIP2 Enable Reg:1
SIP2 Register Addr:10.0.0.1
SIP2 Backup Addr:10.0.0.2
SIP2 Backup Port:5070
SIP2 Backup Transport:1
SIP2 TLS Version:3
SIP2 TLS CA File:/ca.pem
SIP2 TLS Cert File:/cert.pem
SIP2 TLS Key File:/key.pem
SIP2 TLS Name:one.example.com
SIP2 Backup TLS CA File:/ca2.pem
SIP2 Backup TLS Cert File:/cert2.pem
SIP2 Backup TLS Key File:/key2.pem
SIP2 Backup TLS Name:two.example.com
SIP2 Signal Retry Counts:2
SIP2 Failback Interval:90
SIP2 NAT UDPUpdate:1
SIP2 VoiceCodecMap:G722,PCMA
SIP2 DTMF Mode:2
SIP2 Enable DND:1
SIP2 PRACK:1
SIP2 Smart Failover:1
SIP2 Backup Mode:1
SIP2 DNS SRV:2
SIP2 Session Timer:1
SIP2 S Timer Expires:600
SIP3 Phone Number:1003
<MM CONFIG MODULE>
Dtmf Payload Type:97
RTP Initial Port:20000
<PORT CONFIG MODULE>
Dial Timeout value:3
Reject Return Code:486
<PHONE FEATURE MODULE>
Default Language:cn
HandFree Vol:8
<<END OF FILE>>
`))
	if err != nil {
		t.Fatal(err)
	}
	s := file.Typed()
	o := options{board: "sim", audio: "null"}

	agent := agentConfig(s, identity{name: "one", place: 7}, slog.New(slog.DiscardHandler))
	if agent.Wire.Port != 5066 || !strings.HasPrefix(agent.UserAgent, "phoned/") || len(agent.Codecs) != 3 ||
		agent.Device != 7 || agent.DeviceID != "one" || agent.DNS == nil {
		t.Errorf("user agent %+v", agent)
	}
	want := ua.Line{
		Number: 2, Enabled: true, User: "1002", AuthUser: "auth2", Password: "secret", DisplayName: "Desk", LocalDomain: "example.com", Rport: true, DNS: dns.ByNAPTR,
		TLS: []ua.TLS{
			{Name: "one.example.com", CAFile: "/ca.pem", CertFile: "/cert.pem", KeyFile: "/key.pem", MinVersion: tls.VersionTLS13},
			{Name: "two.example.com", CAFile: "/ca2.pem", CertFile: "/cert2.pem", KeyFile: "/key2.pem", MinVersion: tls.VersionTLS13},
		},
		Failover: failover.Config{
			Servers: []sip.Server{
				{Host: "10.0.0.1", Port: 5060, TTL: time.Hour},
				{Host: "10.0.0.2", Port: 5070, Transport: sip.TCP, TTL: time.Hour},
			},
			Register: true, Failback: true, FailbackInterval: 90 * time.Second, Retries: 2, Timers: sip.DefaultTimers,
			RegFailInterval: 40 * time.Second, KeepAlive: failover.CRLF, KeepAliveEvery: 30 * time.Second,
			Smart: true, Standby: true,
		},
		PRACK: true, SessionTimer: true, SessionExpires: 10 * time.Minute,
	}
	if len(agent.Lines) != 1 || !reflect.DeepEqual(agent.Lines[0], want) {
		t.Errorf("got  %+v\nwant %+v", agent.Lines, want)
	}

	d := deskSettings(o, factory{}, s)
	if p := d.Phone; p.Language != phone.Chinese || p.DialTimeout != 3*time.Second || p.RejectStatus != 486 || p.SpeakerVolume != 8 || !p.CallWaiting || !p.DialByPound {
		t.Errorf("phone %+v", p)
	}
	lines := []phone.Line{
		{Number: 2, Name: "Desk", User: "1002", Enabled: true, Register: true, DND: true, Servers: 2, DTMF: phone.SIPInfo},
		{Number: 3, User: "1003", DTMF: phone.AutoDTMF},
	}
	if !reflect.DeepEqual(d.Phone.Lines, lines) {
		t.Errorf("phone lines %+v", d.Phone.Lines)
	}
	if v := d.Voice[2]; !reflect.DeepEqual(v, desk.Voice{Codecs: []audio.CodecID{audio.G722, audio.PCMA}, Event: 97}) {
		t.Errorf("voice %+v", v)
	}
	if !reflect.DeepEqual(d.Lines, agent.Lines) {
		t.Error("a reload has other lines than a start")
	}
	o.lang = "en"
	if deskSettings(o, factory{}, s).Phone.Language != phone.English {
		t.Error("-lang does not win over the settings")
	}
	if r := soundConfig(o, s, nil); r.PortMin != 20000 || r.PortCount != 1000 || r.Device != "null" {
		t.Errorf("sound %+v", r)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args  string
		words string // empty = fine
	}{
		{"-config x -sim-socket s -control t", ""},
		{"-data d", ""},
		{"-demo -audio echo -log debug", ""},
		{"", "no settings"},
		{"-config x y", `"y"`},
		{"-demo -config x", "leave -config"},
		{"-config x -log loud", "loud"},
		{"-config x -media", "first argument"},
	} {
		o, err := parseFlags(strings.Fields(c.args), &strings.Builder{})
		switch {
		case c.words == "" && err != nil, c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)):
			t.Errorf("%q: %v, want %q", c.args, err, c.words)
		case c.args == "-config x -sim-socket s -control t" && len(o.control) != 2:
			t.Errorf("control sockets %v", o.control)
		}
	}
	var help strings.Builder
	if _, err := parseFlags([]string{"-help"}, &help); err != errHelp || !strings.Contains(help.String(), "-config file") {
		t.Errorf("help: %v\n%s", err, help.String())
	}
}
