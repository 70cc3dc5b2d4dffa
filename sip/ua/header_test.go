package ua

import (
	"net/netip"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/failover"
)

func TestDeltaSeconds(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "120": 120, " 18000;duration=3600": 18000, "120 (I'm in a meeting)": 120, "5,6": 5,
		"99999999999999999999": 1<<32 - 1, "4294967296": 1<<32 - 1,
		"": -1, "soon": -1, "-1": -1, "12x": -1, "1.5": -1,
	} {
		d, ok := seconds(text)
		if got := int64(d / time.Second); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
}

// The lifetime is that of our own Contact, else Expires, else what was asked.
func TestTheGrantedLifetime(t *testing.T) {
	own := gosip.Uri{Scheme: "sip", User: "al%69ce", Host: "10.0.0.1", Port: 5060}
	for _, c := range []struct {
		headers string
		want    int
	}{
		{"Contact: <sip:alice@10.0.0.1:5060>;expires=70\r\n", 70},
		{"Contact: <sip:alice@10.0.0.1>;Expires=\"70\"\r\nExpires: 90\r\n", 70},
		{"Contact: <sip:alice@10.0.0.99>;expires=10, <sip:alice@10.0.0.1>;expires=70;q=1\r\n", 70},
		{"Contact: <sip:alice@10.0.0.1:5062>;expires=10\r\nExpires: 90\r\n", 90},
		{"Contact: <sip:alice@10.0.0.1;transport=tcp>;expires=10\r\nExpires: 90\r\n", 90},
		{"Contact: <sip:bob@10.0.0.1>;expires=10\r\n", 3600},
		{"Contact: <sip:alice@10.0.0.1>\r\nExpires: 90\r\n", 90},
		{"Contact: <sip:alice@10.0.0.1>;expires=x\r\n", 3600},
		{"m: <sip:alice@10.0.0.1>;expires=0\r\n", 0},
		{"", 3600},
	} {
		m, err := gosip.ParseMessage([]byte("SIP/2.0 200 OK\r\n" + c.headers + "Content-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := granted(m.(*gosip.Response), own, time.Hour); got != time.Duration(c.want)*time.Second {
			t.Errorf("%q: %s, want %d s", c.headers, got, c.want)
		}
	}
}

func TestLists(t *testing.T) {
	m, err := gosip.ParseMessage([]byte("OPTIONS sip:a@b SIP/2.0\r\nRequire: one, two\r\nrequire:three\r\nk: path\r\nAllow: INVITE,FOO, invite\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	req := m.(*gosip.Request)
	if got := values(req, "Require"); len(got) != 3 || got[2] != "three" {
		t.Errorf("Require %v", got)
	}
	if got := value(req, "Supported"); got != "path" {
		t.Errorf("Supported %q", got)
	}
	if got := allowed(req); len(got) != 1 || got[0] != sip.INVITE {
		t.Errorf("Allow %v", got)
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		"Bob": "Bob", " a\r\nb\tc ": "abc", "x\u202ey\u200bz": "xyz", "\xff王": "王", "12345678901": "1234567890",
	} {
		if got := clean(in, 10); got != want {
			t.Errorf("clean %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"600": "600", "*21#": "*21%23", "a b@c": "a%20b%40c", "é": "%C3%A9", "50%": "50%25"} {
		if got := escapeUser(in); got != want || unescapeUser(got) != in {
			t.Errorf("escape %q: %q, back %q", in, got, unescapeUser(got))
		}
	}
	if got := unescapeUser("a%zz%4"); got != "a%zz%4" {
		t.Errorf("a malformed escape became %q", got)
	}
	if got := quote("a\"b\\c\r\n"); got != `a\"b\\c` || unquote(got) != `a"b\c` {
		t.Errorf("quote %q, back %q", got, unquote(got))
	}
}

func TestTargets(t *testing.T) {
	l := &line{conf: Line{Failover: failover.Config{Servers: []sip.Server{{Host: "10.0.0.2", Port: 5070}, {Host: "2001:db8::2", Port: 5060}}}}}
	for _, c := range []struct{ number, uri, to string }{
		{"600", "sip:600@10.0.0.2:5070", "sip:600@10.0.0.2"},
		{"*7#", "sip:*7%23@10.0.0.2:5070", "sip:*7%23@10.0.0.2"},
		{"bob@example.org", "sip:bob@example.org", "sip:bob@example.org"},
		{"SIP:bob:secret@example.org:5080;transport=tcp?subject=x", "sip:bob@example.org:5080;transport=tcp", "sip:bob@example.org"},
		{"sip:", "", ""},
		{"sip:a b@c", "", ""},
		{"bob@", "", ""},
		{"", "", ""},
	} {
		to, err := parseTarget(c.number)
		if (err != nil) != (c.uri == "") {
			t.Errorf("%q: %v", c.number, err)
		}
		if err != nil {
			continue
		}
		uri, address := to.uri(l, 0), to.address(l, 0)
		if uri.String() != c.uri || address.String() != c.to {
			t.Errorf("%q: %s and %s, want %s and %s", c.number, &uri, &address, c.uri, c.to)
		}
	}
	six, err := parseTarget("600")
	if err != nil {
		t.Fatal(err)
	}
	if uri := six.uri(l, 1); uri.String() != "sip:600@[2001:db8::2]" {
		t.Errorf("over IPv6: %s", &uri)
	}
}

func TestReaddress(t *testing.T) {
	from, to := netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("2001:db8::1")
	body := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=IN IP4 0.0.0.0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 10.0.0.1\r\n"
	want := "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=IN IP4 0.0.0.0\r\nc=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 10.0.0.1\r\n"
	if got := string(readdress([]byte(body), from, to)); got != want {
		t.Errorf("got\n%s", got)
	}
}

// The same seed gives the same names, so that a run can be replayed.
func TestNamesBySeed(t *testing.T) {
	a, b, c, d := newIdents(5), newIdents(5), newIdents(0), newIdents(0)
	first := a.branch()
	if b.branch() != first || a.branch() == first || c.tag() == d.tag() {
		t.Error("names do not follow their seed")
	}
	if len(first) != len(magic)+16 {
		t.Errorf("branch %q", first)
	}
}
