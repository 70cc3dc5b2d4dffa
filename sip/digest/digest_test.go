package digest

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

var alice = Credentials{User: "alice", Password: "canary-s3cret"}

func request(method gosip.RequestMethod, uri string) *gosip.Request {
	var u gosip.Uri
	if err := gosip.ParseUri(uri, &u); err != nil {
		panic(err)
	}
	req := gosip.NewRequest(method, u)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: method})
	return req
}

// refuse is a server's answer with these header fields ("Name: value").
func refuse(method gosip.RequestMethod, status int, headers ...string) *gosip.Response {
	res := gosip.NewResponse(status, "No")
	res.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: method})
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(gosip.NewHeader(name, value))
	}
	return res
}

func values(req *gosip.Request, name string) []string {
	var v []string
	for _, h := range req.GetHeaders(name) {
		v = append(v, h.Value())
	}
	return v
}

func secretOf(user string) (string, bool) { return alice.Password, user == alice.User }

// The examples of RFC 7616 §3.9.1, with the answer built by this package's way
// from the text of the challenge to the text of the header.
func TestVectorsOfRFC7616(t *testing.T) {
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		c, ok := parseChallenge(`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`)
		if !ok {
			t.Fatalf("%s: the challenge was not understood", algorithm)
		}
		cred, err := digest.Digest(c, digest.Options{
			Method: "GET", URI: "/dir/index.html", Count: 1, Username: "Mufasa", Password: "Circle of Life",
			Cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		})
		if err != nil || cred.Response != want {
			t.Errorf("%s: response %q, %v; want %q", algorithm, cred.Response, err, want)
		}
	}
}

// SHA-512/256 as RFC 7616 §3.4 spells it out, computed here step by step.
func TestSHA512256(t *testing.T) {
	h := func(s string) string {
		sum := sha512.Sum512_256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	s := NewStore(alice, "")
	s.cnonce = func() string { return "c1" }
	if !s.Answerable(&Try{}, refuse("REGISTER", 401, `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"`), true) {
		t.Fatal("not answerable")
	}
	req := request("REGISTER", "sip:pbx.example")
	s.Authorize(&Try{}, req)
	want := h(h("alice:r:canary-s3cret") + ":n:00000001:c1:auth:" + h("REGISTER:sip:pbx.example"))
	if got := values(req, "Authorization"); len(got) != 1 || !strings.Contains(got[0], `response="`+want+`"`) {
		t.Errorf("got %q, want a response of %s", got, want)
	}
}

func TestWhichChallengeIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		want    string // in the Authorization; "" = not answerable
	}{
		{"the first supported", []string{`WWW-Authenticate: Digest realm="r", nonce="a", algorithm=MD5-sess, qop="auth"`, `WWW-Authenticate: Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth"`, `WWW-Authenticate: Digest realm="r", nonce="c", algorithm=MD5`}, `nonce="b"`},
		{"qop none", []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, `nonce="n"`},
		{"qop with spaces", []string{`WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-int, auth"`}, `qop=auth`},
		{"names in capitals, tabs, no spaces", []string{"WWW-Authenticate: DIGEST\t Realm=\"r\",NONCE=\"n\",\tQop=\"AUTH\",Algorithm=md5"}, `qop=auth`},
		{"opaque goes back", []string{`WWW-Authenticate: Digest realm="r", nonce="n", opaque="o/+="`}, `opaque="o/+="`},
		{"another scheme first", []string{`WWW-Authenticate: Basic realm="r"`, `WWW-Authenticate: Digest realm="r", nonce="n"`}, `nonce="n"`},
		{"quotes in the realm", []string{`WWW-Authenticate: Digest realm="a \"b\"", nonce="n"`}, `realm="a \"b\""`},
		{"MD5-sess alone", []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"`}, ""},
		{"SHA-512 alone", []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-512, qop="auth"`}, ""},
		{"auth-int alone", []string{`WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-int"`}, ""},
		{"no nonce", []string{`WWW-Authenticate: Digest realm="r"`}, ""},
		{"no realm", []string{`WWW-Authenticate: Digest nonce="n"`}, ""},
		{"cut off", []string{`WWW-Authenticate: Digest realm="r", nonce="n`}, ""},
		{"realm twice", []string{`WWW-Authenticate: Digest realm="r", realm="s", nonce="n"`}, ""},
		{"control characters", []string{"WWW-Authenticate: Digest realm=\"r\x01\", nonce=\"n\""}, ""},
		{"nothing", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewStore(alice, "")
			if got := s.Answerable(&Try{}, refuse("REGISTER", 401, c.headers...), true); got != (c.want != "") {
				t.Fatalf("answerable: %v", got)
			}
			req := request("REGISTER", "sip:pbx.example")
			s.Authorize(&Try{}, req)
			got := values(req, "Authorization")
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A whole life: challenged, answered, refreshed with a rising count, stale,
// challenged as INVITE by the proxy; the server checks each.
func TestARegistrationsLife(t *testing.T) {
	s := NewStore(alice, "pbx.example")
	server := Challenge{Realm: "pbx", Nonce: "one", QOP: "auth", Opaque: "x", Algorithm: "SHA-256"}
	uri := "sip:pbx.example:5062;transport=tcp"

	try := &Try{}
	first := request("REGISTER", uri)
	s.Authorize(try, first)
	if v, _, _ := server.Check(first, secretOf); v != Missing {
		t.Fatalf("first: %v", v)
	}
	challenge := refuse("REGISTER", 401)
	challenge.AppendHeader(server.Header())
	if !s.Answerable(try, challenge, true) {
		t.Fatal("the challenge is not answerable")
	}
	for nc := 1; nc <= 3; nc++ { // the repeated one and two refreshes
		req := request("REGISTER", uri)
		s.Authorize(try, req)
		s.Authorize(&Try{}, request("OPTIONS", uri)) // uses up no count
		if v, user, got := server.Check(req, secretOf); v != Granted || user != "alice" || got != nc {
			t.Fatalf("verdict %v, user %q, nc %d; want granted with %d\n%s", v, user, got, nc, req)
		}
	}

	// The server restarts: another nonce, and it does not say stale.
	server.Nonce = "two"
	try = &Try{}
	req := request("REGISTER", uri)
	s.Authorize(try, req)
	if v, _, _ := server.Check(req, secretOf); v != Stale {
		t.Fatalf("after the restart: %v", v)
	}
	challenge = refuse("REGISTER", 401)
	challenge.AppendHeader(server.Header())
	if !s.Answerable(try, challenge, true) {
		t.Fatal("what went along unasked counted as the answer")
	}
	req = request("REGISTER", uri)
	s.Authorize(try, req)
	if v, _, nc := server.Check(req, secretOf); v != Granted || nc != 1 {
		t.Fatalf("the count of the new nonce: %v %d", v, nc)
	}

	proxy := Challenge{Proxy: true, Realm: "pbx", Nonce: "two", QOP: "auth"}
	call := refuse("INVITE", 407)
	call.AppendHeader(proxy.Header())
	if !s.Answerable(&Try{}, call, true) {
		t.Fatal("the proxy of the same realm is not answered")
	}
	invite := request("INVITE", "sip:bob@pbx.example")
	s.Authorize(&Try{}, invite)
	if v, _, nc := proxy.Check(invite, secretOf); v != Granted || nc != 2 || len(values(invite, "Authorization")) != 0 {
		t.Fatalf("INVITE: %v, count %d of a nonce that was used once\n%s", v, nc, invite)
	}
	for _, method := range []gosip.RequestMethod{"ACK", "CANCEL", "BYE"} {
		req := request(method, "sip:bob@pbx.example")
		s.Authorize(&Try{}, req)
		if len(values(req, "Authorization"))+len(values(req, "Proxy-Authorization")) != 0 {
			t.Errorf("%s, which nobody challenged, carries credentials", method)
		}
	}
}

// Once for a request, server and realm; again only with stale=true and another
// nonce, and not for ever. Then nothing is sent along with the next request.
func TestAnsweredOnce(t *testing.T) {
	nonce := 0
	again := func(stale string) *gosip.Response {
		nonce++
		return refuse("REGISTER", 401, fmt.Sprintf(`WWW-Authenticate: Digest realm="r", nonce="n%d"%s`, nonce, stale))
	}
	s, try := NewStore(alice, ""), &Try{}
	if !s.Answerable(try, again(""), true) {
		t.Fatal("first challenge")
	}
	if s.Answerable(try, again(""), true) {
		t.Error("a wrong password is tried twice")
	}
	req := request("REGISTER", "sip:r")
	s.Authorize(&Try{}, req)
	if len(values(req, "Authorization")) != 0 {
		t.Error("the refused answer goes along with the next request")
	}

	s, try = NewStore(alice, ""), &Try{}
	s.Answerable(try, again(""), true)
	for range maxStale {
		if !s.Answerable(try, again(", stale=TRUE"), true) {
			t.Fatal("stale=true is not answered")
		}
	}
	if s.Answerable(try, again(", stale=true"), true) {
		t.Error("stale=true for ever")
	}

	s, try = NewStore(alice, ""), &Try{}
	same := refuse("REGISTER", 401, `WWW-Authenticate: Digest realm="r", nonce="n", stale=true`)
	if !s.Answerable(try, same, true) || s.Answerable(try, same, true) {
		t.Error("the same nonce is stale twice")
	}
}

// A server and a proxy behind it may ask together, or one after the other.
func TestEveryRealmIsAnswered(t *testing.T) {
	one, two := `WWW-Authenticate: Digest realm="one", nonce="n"`, `WWW-Authenticate: Digest realm="two", nonce="n"`
	for _, c := range []struct {
		name    string
		answers []*gosip.Response
	}{
		{"in one answer", []*gosip.Response{refuse("REGISTER", 401, one, two)}},
		{"in two answers", []*gosip.Response{refuse("REGISTER", 401, one), refuse("REGISTER", 401, two)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, try := NewStore(alice, ""), &Try{}
			for i, res := range c.answers {
				if !s.Answerable(try, res, true) {
					t.Errorf("answer %d is not answerable", i+1)
				}
			}
			req := request("REGISTER", "sip:pbx.example")
			s.Authorize(try, req)
			got := values(req, "Authorization")
			if len(got) != 2 || !strings.Contains(got[0], `realm="one"`) || !strings.Contains(got[1], `realm="two"`) {
				t.Errorf("got %q, want an answer for each realm", got)
			}
		})
	}
}

// Nobody gets a digest but the line's server, for the line's realm.
func TestWhoIsAnswered(t *testing.T) {
	realm := func(r string) string { return `Proxy-Authenticate: Digest realm="` + r + `", nonce="n"` }
	register := refuse("REGISTER", 401, `WWW-Authenticate: Digest realm="pbx", nonce="n"`)

	if NewStore(alice, "pbx").Answerable(&Try{}, register, false) {
		t.Error("a stranger is answered")
	}
	if NewStore(Credentials{User: "alice"}, "pbx").Answerable(&Try{}, register, true) {
		t.Error("answered without a password")
	}
	if NewStore(alice, "pbx").Answerable(&Try{}, refuse("REGISTER", 403, `WWW-Authenticate: Digest realm="pbx", nonce="n"`), true) {
		t.Error("403 is answered")
	}

	s := NewStore(alice, "pbx.example") // has not registered
	if !s.Answerable(&Try{}, refuse("INVITE", 407, realm("pbx.example")), true) {
		t.Error("the line's own domain is not answered")
	}
	for _, r := range []string{"evil", ""} {
		if s.Answerable(&Try{}, refuse("BYE", 407, realm(r)), true) {
			t.Errorf("realm %q is answered in a dialog", r)
		}
	}
	s.Answerable(&Try{}, register, true)
	if s.Answerable(&Try{}, refuse("BYE", 407, realm("pbx.example")), true) {
		t.Error("the local domain is answered though the server uses another realm")
	}
	if !s.Answerable(&Try{}, refuse("BYE", 407, realm("pbx")), true) {
		t.Error("the realm of the registration is not answered")
	}
	if NewStore(alice, "").Answerable(&Try{}, refuse("INVITE", 407, realm("")), true) {
		t.Error("an empty realm is answered")
	}
}

func TestThePasswordIsNeverPrinted(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "credentials", alice)
	fmt.Fprintf(&b, "%v %+v %#v %s %+v", alice, alice, alice, alice, NewStore(alice, "r"))
	if strings.Contains(b.String(), alice.Password) {
		t.Error(b.String())
	}
}

// The checker refuses what a careless one lets pass.
func TestChecker(t *testing.T) {
	c := Challenge{Realm: "r", Nonce: "n", QOP: "auth"}
	s := NewStore(alice, "")
	res := refuse("REGISTER", 401)
	res.AppendHeader(c.Header())
	s.Answerable(&Try{}, res, true)
	good := request("REGISTER", "sip:a")
	s.Authorize(&Try{}, good)
	text := values(good, "Authorization")[0]
	for what, change := range map[string][2]string{
		"another password": {`response="`, `response="0`},
		"another uri":      {`uri="sip:a"`, `uri="sip:b"`},
		"a stranger":       {`username="alice"`, `username="mallory"`},
		"no qop":           {`qop=auth, `, ``},
		"another count":    {`nc=00000001`, `nc=00000002`},
	} {
		req := request("REGISTER", "sip:a")
		req.AppendHeader(gosip.NewHeader("Authorization", strings.Replace(text, change[0], change[1], 1)))
		if v, _, _ := c.Check(req, secretOf); v != Wrong {
			t.Errorf("%s: %v", what, v)
		}
	}
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth", algorithm=MD5`)
	f.Add("Digest a=\"\\")
	f.Add("Digest ,,=,")
	f.Fuzz(func(t *testing.T, value string) {
		s := NewStore(alice, "r")
		if !s.Answerable(&Try{}, refuse("REGISTER", 401, "WWW-Authenticate: "+value), true) {
			return
		}
		req := request("REGISTER", "sip:r")
		s.Authorize(&Try{}, req)
		for _, v := range values(req, "Authorization") {
			if strings.ContainsAny(v, "\r\n") {
				t.Errorf("%q", v)
			}
			if _, ok := parseParams(v); !ok {
				t.Errorf("our own answer is not readable: %q", v)
			}
		}
	})
}
