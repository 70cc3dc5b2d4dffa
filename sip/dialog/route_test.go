package dialog_test

import (
	"slices"
	"strings"
	"testing"

	"phoned/sip/dialog"
)

// RFC 3261 §12.2.1.1: loose and strict routers.
func TestRequestURI(t *testing.T) {
	const target = "sip:bob@192.0.2.20"
	tests := []struct {
		name   string
		routes []string
		uri    string
		want   []string
	}{
		{"no routes", nil, target, nil},
		{"loose", []string{"<sip:p1.example.com;lr>", "<sip:p2;lr>"}, target, []string{"<sip:p1.example.com;lr>", "<sip:p2;lr>"}},
		{"loose, in other words", []string{`"P" <sip:p1;transport=tcp;LR=on>;x=y`}, target, []string{`"P" <sip:p1;transport=tcp;LR=on>;x=y`}},
		{"loose, without brackets", []string{"sip:p1;lr"}, target, []string{"sip:p1;lr"}},
		{"strict", []string{"<sip:p1>", "<sip:p2;lr>"}, "sip:p1", []string{"<sip:p2;lr>", "<" + target + ">"}},
		{
			"strict, with what a Request-URI may not have",
			[]string{"<sip:p1:5080;method=INVITE;transport=tcp?Subject=x>"},
			"sip:p1:5080;transport=tcp",
			[]string{"<" + target + ">"},
		},
		{"lr in the user part counts not", []string{"<sip:a;lr@p1>"}, "sip:a;lr@p1", []string{"<" + target + ">"}},
		{"lr in the headers counts not", []string{"<sip:p1?x=;lr>"}, "sip:p1", []string{"<" + target + ">"}},
		{"lr in a name counts not", []string{`"<sip:x;lr>" <sip:p1>`}, "sip:p1", []string{"<" + target + ">"}},
	}
	for _, test := range tests {
		given := slices.Clone(test.routes)
		uri, routes := dialog.Dialog{Target: target, Routes: test.routes}.RequestURI()
		if uri != test.uri || !slices.Equal(routes, test.want) {
			t.Errorf("%s: %q %q, want %q %q", test.name, uri, routes, test.uri, test.want)
		}
		if !slices.Equal(given, test.routes) {
			t.Errorf("%s: the dialog was changed", test.name)
		}
	}
	if uri, routes := (dialog.Dialog{Routes: []string{"<sip:p1>"}}).RequestURI(); uri != "" || len(routes) != 1 {
		t.Errorf("without target: %q %q", uri, routes)
	}
}

// A BYE over the backup: leading routes of the dead server are replaced.
func TestRepairRoutes(t *testing.T) {
	const next = "<sip:192.0.2.2:5060;transport=udp;lr>"
	dead := func(host string, port uint16) bool {
		return (host == "192.0.2.1" || host == "pbx.example.com" || host == "2001:db8::1") && (port == 0 || port == 5060)
	}
	tests := []struct{ name, routes, want string }{
		{"none: none is added", "", ""},
		{"the dead one", "<sip:192.0.2.1;lr>", next},
		{"it records itself twice", "<sip:192.0.2.1:5060;lr;x=1> <sip:pbx.example.com;transport=tcp;lr> <sip:p2;lr>", next + " <sip:p2;lr>"},
		{"case of a name", "<SIP:user@PBX.Example.COM;lr>", next},
		{"IPv6", "<sip:[2001:db8::1]:5060;lr>", next},
		{"another port is another server", "<sip:192.0.2.1:5070;lr>", "<sip:192.0.2.1:5070;lr>"},
		{"behind another one it stays", "<sip:p2;lr> <sip:192.0.2.1;lr>", "<sip:p2;lr> <sip:192.0.2.1;lr>"},
		{"nonsense stays", "<> < sip:@: [", "<> < sip:@: ["},
	}
	for _, test := range tests {
		given := strings.Fields(test.routes)
		got := dialog.RepairRoutes(given, next, dead)
		if want := strings.Fields(test.want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
		if !slices.Equal(given, strings.Fields(test.routes)) {
			t.Errorf("%s: the routes given were changed", test.name)
		}
	}
}

func FuzzRoute(f *testing.F) {
	f.Add(`"A" <sip:a;lr@p1:5060;lr?x=y>;z`)
	f.Add("<sip:[2001:db8::1]:5060;method=BYE>")
	f.Fuzz(func(t *testing.T, value string) {
		d := dialog.Dialog{Target: "sip:bob@192.0.2.20", Routes: []string{value, "<sip:p2;lr>"}}
		if _, routes := d.RequestURI(); len(routes) != 2 {
			t.Errorf("%d routes", len(routes))
		}
		got := dialog.RepairRoutes(d.Routes, "<sip:new;lr>", func(host string, _ uint16) bool { return host != "p2" })
		if got[len(got)-1] != "<sip:p2;lr>" && !strings.Contains(value, "p2") {
			t.Errorf("%q", got)
		}
	})
}
