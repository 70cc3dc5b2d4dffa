package dialog_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/sdp"
)

// offering reads the extensions that a call offers.
func offering(t *testing.T, config dialog.Config, line string) dialog.Config {
	for _, word := range strings.Fields(line)[1:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "timer":
			config.SessionTimer, config.SessionExpires = true, duration(t, value)
		case "100rel":
			config.Reliable = true
		default:
			t.Fatalf("what does %q offer?", line)
		}
	}
	return config
}

func duration(t *testing.T, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// expiry reads se=INTERVAL[;REFRESHER] and min=.
func expiry(t *testing.T, v map[string]string) (e dialog.Expiry) {
	interval, refresher, _ := strings.Cut(v["se"], ";")
	e.Interval, e.Min = duration(t, interval), duration(t, v["min"])
	switch refresher {
	case "uac":
		e.Refresher = dialog.UAC
	case "uas":
		e.Refresher = dialog.UAS
	}
	return e
}

func tags(list string) (out dialog.Tags) {
	for name := range strings.SplitSeq(list, ",") {
		tag, _ := dialog.ParseTag(name)
		out |= tag
	}
	return out
}

func number(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

const farContact = "sip:bob@192.0.2.20:5062"

func (s *teller) response(status int, req dialog.Req, v map[string]string, flags []string) dialog.Response {
	r := dialog.Response{
		Req: req, Status: status, Reason: v["reason"], CSeq: s.cseq[req], ToTag: "bob", Contact: farContact,
		Unwanted: len(flags) > 0 && flags[0] == "unwanted",
	}
	if tag, ok := v["tag"]; ok {
		r.ToTag = tag
	}
	if contact, ok := v["contact"]; ok {
		r.Contact = contact
	}
	r.RecordRoute, r.Allow = routes(v["rr"]), methods(v["allow"])
	r.Require, r.Expiry, r.RSeq = tags(v["require"]), expiry(s.t, v), number(v["rseq"])
	r.Server = int(number(v["server"]))
	if cseq, ok := v["cseq"]; ok {
		r.CSeq = number(cseq)
	}
	if wait, err := time.ParseDuration(v["retry"]); err == nil {
		r.RetryAfter = wait
	}
	r.ContentType, r.Body = body(v)
	return r
}

func (s *teller) request(name string, ref dialog.Ref, v map[string]string) dialog.Request {
	method, _ := sip.ParseMethod(name)
	cseq, err := strconv.ParseUint(v["cseq"], 10, 32)
	if err != nil {
		s.t.Fatalf("%s without cseq", name)
	}
	_, inside := s.call.Dialog()
	r := dialog.Request{Ref: ref, Method: method, CSeq: uint32(cseq), FromTag: "bob", Contact: farContact}
	if inside {
		r.ToTag = "us"
	}
	if tag, ok := v["from"]; ok {
		r.FromTag = tag
	}
	if tag, ok := v["to"]; ok {
		r.ToTag = tag
	}
	if contact, ok := v["contact"]; ok {
		r.Contact = contact
	}
	r.RecordRoute, r.Allow = routes(v["rr"]), methods(v["allow"])
	r.Supported, r.Require, r.Expiry = tags(v["supported"]), tags(v["require"]), expiry(s.t, v)
	if rseq, cseq, ok := strings.Cut(v["rack"], ","); ok {
		r.RAck = dialog.RAck{RSeq: number(rseq), CSeq: number(cseq), Method: sip.INVITE}
		if rseq == "last" {
			r.RAck.RSeq = s.rseq
		}
	}
	r.ContentType, r.Body = body(v)
	return r
}

func routes(list string) (out []string) {
	for host := range strings.SplitSeq(list, ",") {
		if host != "" {
			out = append(out, "<sip:"+host+";lr>")
		}
	}
	return out
}

func methods(list string) (out []sip.Method) {
	for name := range strings.SplitSeq(list, ",") {
		if m, ok := sip.ParseMethod(name); ok {
			out = append(out, m)
		}
	}
	return out
}

// phone is our media, far that of the other side.
func phone() sdp.Local {
	return sdp.Local{
		Addr: netip.MustParseAddr("192.0.2.10"), Port: 16384, Event: 101, Session: 42,
		Codecs: []sdp.Codec{{Name: "PCMA", Payload: 8, Clock: 8000}, {Name: "PCMU", Payload: 0, Clock: 8000}},
	}
}

// body makes the description "sdp=DIRECTION[@PORT]", or type= and body=.
func body(v map[string]string) (contentType string, text []byte) {
	if v["type"] != "" {
		return v["type"], []byte(strings.NewReplacer("|", "\r\n", `\x20`, " ").Replace(v["body"]))
	}
	word, port, _ := strings.Cut(v["sdp"], "@")
	format := "8 101"
	switch word {
	case "":
		return "", nil
	case "broken":
		return "application/sdp", []byte("v=0\r\nm=audio")
	case "gsm":
		word, format = "sendrecv", "3"
	}
	return "application/sdp", fmt.Appendf(nil, "v=0\r\no=- 9 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n"+
		"m=audio %s RTP/AVP %s\r\na=rtpmap:101 telephone-event/8000\r\na=%s\r\n", cmp.Or(port, "4000"), format, word)
}
