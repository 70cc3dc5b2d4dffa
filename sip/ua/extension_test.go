package ua

import (
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
)

// What others write into the headers of session timers and reliable
// responses, and what can be made of it.
func TestExtensionHeaders(t *testing.T) {
	message := func(lines ...string) *gosip.Request {
		req := gosip.NewRequest("UPDATE", gosip.Uri{Scheme: "sip", Host: "a"})
		for i := 0; i < len(lines); i += 2 {
			req.AppendHeader(gosip.NewHeader(lines[i], lines[i+1]))
		}
		return req
	}
	for _, c := range []struct {
		lines []string
		want  dialog.Expiry
	}{
		{nil, dialog.Expiry{}},
		{[]string{"Session-Expires", "1800"}, dialog.Expiry{Interval: 30 * time.Minute}},
		{[]string{"X", "90;refresher=uac", "min-se", "90"}, dialog.Expiry{Interval: 90 * time.Second, Refresher: dialog.UAC, Min: 90 * time.Second}},
		{[]string{"session-expires", "90 ;a=b; Refresher = UAS ;refresh=uac"}, dialog.Expiry{Interval: 90 * time.Second, Refresher: dialog.UAS}},
		{[]string{"Session-Expires", "90;refresher=me", "Min-SE", "soon"}, dialog.Expiry{Interval: 90 * time.Second}},
		{[]string{"Session-Expires", "-90;refresher=uac"}, dialog.Expiry{}},
		{[]string{"Session-Expires", ";refresher=uac"}, dialog.Expiry{}},
		{[]string{"Session-Expires", "99999999999999999999"}, dialog.Expiry{Interval: (1<<32 - 1) * time.Second}},
	} {
		if got := expiryOf(message(c.lines...)); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.lines, got, c.want)
		}
	}
	for text, want := range map[string]dialog.RAck{
		"776656 1 INVITE":            {RSeq: 776656, CSeq: 1, Method: sip.INVITE},
		" 1   2 UPDATE":              {RSeq: 1, CSeq: 2, Method: sip.UPDATE},
		"1 2 invite":                 {},
		"1 INVITE":                   {},
		"1 2 INVITE 3":               {},
		"4294967296 1 INVITE":        {},
		"1 -1 INVITE":                {},
		"":                           {},
		"4294967295 4294967295 INFO": {RSeq: 1<<32 - 1, CSeq: 1<<32 - 1, Method: sip.INFO},
	} {
		if got := rackOf(message("RAck", text)); got != want {
			t.Errorf("RAck %q: %+v, want %+v", text, got, want)
		}
	}
	if got := tagsOf(message("k", "path, Timer", "Supported", "100REL,outbound"), "Supported"); got != dialog.TagTimer|dialog.TagReliable {
		t.Errorf("Supported: %v", got)
	}
	if got := tagsOf(message("Supported", "timers, 100rel2"), "Supported"); got != 0 {
		t.Errorf("Supported: %v", got)
	}
}
