package dns

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// reply is an answer to k with these records.
func reply(t testing.TB, k key, edit func(*dnsmessage.Message)) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, Response: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{{Name: wireName(k.name), Type: k.kind, Class: dnsmessage.ClassINET}},
	}
	if edit != nil {
		edit(&m)
	}
	msg, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// A question asks for recursion and 1232 bytes, and for nothing else.
func TestQuestion(t *testing.T) {
	msg, err := question(0xBEEF, key{"_sip._udp.example.com", typeSRV}, true)
	if err != nil {
		t.Fatal(err)
	}
	var m dnsmessage.Message
	if err := m.Unpack(msg); err != nil {
		t.Fatal(err)
	}
	if m.ID != 0xBEEF || !m.RecursionDesired || m.Response || len(m.Questions) != 1 ||
		m.Questions[0].Name.String() != "_sip._udp.example.com." || m.Questions[0].Type != typeSRV {
		t.Errorf("%#v", m)
	}
	if len(m.Additionals) != 1 || m.Additionals[0].Header.Type != dnsmessage.TypeOPT || m.Additionals[0].Header.Class != 1232 {
		t.Errorf("OPT: %#v", m.Additionals)
	}
	if msg, _ := question(1, key{"example.com", typeA}, false); len(msg) != 12+13+4 {
		t.Errorf("without EDNS: %d bytes", len(msg))
	}
}

// RFC 5452: what does not repeat ID and question is no answer; case does not
// matter (RFC 4343).
func TestAnswers(t *testing.T) {
	k := key{"pbx.example", typeA}
	for name, c := range map[string]struct {
		edit func(*dnsmessage.Message)
		want bool
	}{
		"as asked":        {nil, true},
		"in capitals":     {func(m *dnsmessage.Message) { m.Questions[0].Name = wireName("PBX.Example") }, true},
		"other ID":        {func(m *dnsmessage.Message) { m.ID = 8 }, false},
		"a question":      {func(m *dnsmessage.Message) { m.Response = false }, false},
		"a NOTIFY":        {func(m *dnsmessage.Message) { m.OpCode = 4 }, false},
		"other name":      {func(m *dnsmessage.Message) { m.Questions[0].Name = wireName("pbx.example.evil") }, false},
		"other type":      {func(m *dnsmessage.Message) { m.Questions[0].Type = typeAAAA }, false},
		"other class":     {func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS }, false},
		"two questions":   {func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }, false},
		"no question":     {func(m *dnsmessage.Message) { m.Questions = nil }, false},
		"refused, silent": {func(m *dnsmessage.Message) { m.Questions, m.RCode = nil, dnsmessage.RCodeRefused }, true},
	} {
		if got := answers(reply(t, k, c.edit), 7, k); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if answers(nil, 7, k) || answers([]byte("SIP/2.0 200 OK\r\n\r\n"), 7, k) {
		t.Error("not even DNS")
	}
}

// What an answer says, and for how long.
func TestReadAnswer(t *testing.T) {
	a := key{"pbx.example", typeA}
	soa := func(ttl, minimum uint32) dnsmessage.Resource {
		return dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: wireName("example"), Class: dnsmessage.ClassINET, TTL: ttl},
			Body:   &dnsmessage.SOAResource{NS: wireName("ns.example"), MBox: wireName("m.example"), MinTTL: minimum},
		}
	}
	records := func(rr ...dnsmessage.Resource) func(*dnsmessage.Message) {
		return func(m *dnsmessage.Message) { m.Answers = rr }
	}
	nothing := func(code dnsmessage.RCode, rr ...dnsmessage.Resource) func(*dnsmessage.Message) {
		return func(m *dnsmessage.Message) { m.RCode, m.Authorities = code, rr }
	}
	for name, c := range map[string]struct {
		edit   func(*dnsmessage.Message)
		addrs  string
		alias  string
		absent bool
		ttl    time.Duration
	}{
		"addresses, smallest TTL": {
			edit: records(
				record(300, "A", "pbx.example", "10.0.0.2"), record(200, "A", "PBX.example", "10.0.0.1")),
			addrs: "10.0.0.1 10.0.0.2", ttl: 200 * time.Second,
		},
		"TTL 0":        {edit: records(record(0, "A", "pbx.example", "10.0.0.1")), addrs: "10.0.0.1", ttl: minTTL},
		"TTL negative": {edit: records(record(1<<31, "A", "pbx.example", "10.0.0.1")), addrs: "10.0.0.1", ttl: minTTL},
		"TTL of years": {edit: records(record(1<<30, "A", "pbx.example", "10.0.0.1")), addrs: "10.0.0.1", ttl: maxTTL},
		"a chain, in any order": {
			edit: records(
				record(300, "A", "c.example", "10.0.0.1"), record(60, "CNAME", "b.example", "C.example"),
				record(300, "CNAME", "pbx.example", "b.example")),
			addrs: "10.0.0.1", ttl: time.Minute,
		},
		"a chain without an end": {
			edit:  records(record(60, "CNAME", "pbx.example", "b.example")),
			alias: "b.example", ttl: time.Minute,
		},
		"a chain in a circle": {
			edit: records(
				record(60, "CNAME", "pbx.example", "b.example"), record(60, "CNAME", "b.example", "pbx.example")),
			absent: true, ttl: minTTL,
		},
		"records of others": {
			edit:   records(record(60, "A", "evil.example", "10.6.6.6"), record(60, "AAAA", "pbx.example", "::1")),
			absent: true, ttl: minTTL,
		},
		"a block list's answer": {
			edit:   records(record(60, "A", "pbx.example", "0.0.0.0")),
			absent: true, ttl: time.Minute,
		},
		"no such name, SOA minimum": {edit: nothing(dnsmessage.RCodeNameError, soa(3600, 20)), absent: true, ttl: 20 * time.Second},
		"no such name, SOA TTL":     {edit: nothing(dnsmessage.RCodeNameError, soa(10, 3600)), absent: true, ttl: 10 * time.Second},
		"no such name for an hour":  {edit: nothing(dnsmessage.RCodeNameError, soa(3600, 3600)), absent: true, ttl: time.Minute},
		"no such record":            {edit: nothing(dnsmessage.RCodeSuccess, soa(3600, 20)), absent: true, ttl: 20 * time.Second},
		"no such name, no SOA":      {edit: nothing(dnsmessage.RCodeNameError), absent: true, ttl: minTTL},
	} {
		set, err := readAnswer(reply(t, a, c.edit), a)
		var addrs []string
		for _, x := range set.addrs {
			addrs = append(addrs, x.String())
		}
		if err != nil || strings.Join(addrs, " ") != c.addrs || set.alias != c.alias || set.absent != c.absent || set.ttl != c.ttl {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	lame := func(m *dnsmessage.Message) { m.RecursionAvailable = false }
	for _, edit := range []func(*dnsmessage.Message){nothing(dnsmessage.RCodeServerFailure), nothing(dnsmessage.RCodeRefused), lame} {
		var r refusal
		if _, err := readAnswer(reply(t, a, edit), a); !errors.As(err, &r) {
			t.Errorf("a refusal is read as %v", err)
		}
	}
	truncated := func(m *dnsmessage.Message) { m.Truncated = true }
	if _, err := readAnswer(reply(t, a, truncated), a); !errors.Is(err, errTruncated) {
		t.Errorf("truncated: %v", err)
	}
}

// Memory is bounded whatever an answer holds.
func TestReadAnswerIsBounded(t *testing.T) {
	k := key{"_sip._udp.example", typeSRV}
	msg := reply(t, k, func(m *dnsmessage.Message) {
		for i := range 400 {
			m.Answers = append(m.Answers, record(60, "SRV", k.name, "1/1/5060/a.example"))
			m.Answers[i].Body.(*dnsmessage.SRVResource).Port = uint16(6000 + i)
		}
	})
	set, err := readAnswer(msg, k)
	if err != nil || len(set.srv) != maxRecords || cap(set.srv) > 2*maxRecords {
		t.Errorf("%d records kept, %v", len(set.srv), err)
	}
}

// A NAPTR record, its name also compressed, which RFC 3597 §4 asks to read.
func TestReadNAPTR(t *testing.T) {
	k := key{"example.com", typeNAPTR}
	plain := naptrData("50/60/s/SIPS+D2T//_sips._tcp.Example.com")
	pointed := append(plain[:len(plain)-len("\x07Example\x03com\x00")], 0xC0, 12) // the question's name
	want := pointer{50, 60, "s", "SIPS+D2T", "", "_sips._tcp.example.com"}
	for name, data := range map[string][]byte{
		"plain":      naptrData("50/60/s/SIPS+D2T//_sips._tcp.Example.com"),
		"compressed": pointed,
	} {
		msg := reply(t, k, func(m *dnsmessage.Message) {
			rr := record(60, "NAPTR", k.name, "1/1/s/x//y")
			rr.Body = &dnsmessage.UnknownResource{Type: typeNAPTR, Data: data}
			m.Answers = append(m.Answers, rr)
		})
		if set, err := readAnswer(msg, k); err != nil || !slices.Equal(set.naptr, []pointer{want}) {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	for _, bad := range []string{
		"", "\x00\x01\x00", "\x00\x01\x00\x01\x01s\xffSIP", "\x00\x01\x00\x01\x00\x00\x00", "\x00\x01\x00\x01\x00\x00\x00\x05ab",
		"\x00\x01\x00\x01\x00\x00\x00\xC0", "\x00\x01\x00\x01\x00\x00\x00\xFF\xFF", "\x00\x01\x00\x01\x00\x00\x00\x80",
	} {
		if n, ok := readNAPTR([]byte("\xC0\x00"), []byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, n)
		}
	}
	if n, ok := readNAPTR([]byte("\xC0\x00"), []byte("\x00\x01\x00\x01\x00\x00\x00\xC0\x00")); ok {
		t.Errorf("a pointer to itself is read as %+v", n)
	}
}

// Only what can be a host's name is asked for or believed.
func TestHostName(t *testing.T) {
	for in, want := range map[string]string{
		"PBX.Example.com.": "pbx.example.com", "_sip._udp.a": "_sip._udp.a", "x": "x", "": "", ".": "", "..": "",
		"a..b": "", ".a": "", "a b": "", "a\nb": "", "käse.example": "", "xn--kse-qla.example": "xn--kse-qla.example",
		strings.Repeat("a", 64): "", strings.Repeat("a.", 126) + "a": strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a": "",
	} {
		if got, ok := hostName(in); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", in, got, ok)
		}
	}
}

// FuzzAnswer: whatever a name server sends, there is no panic, memory is
// bounded, and no target has a name or an address that is none.
func FuzzAnswer(f *testing.F) {
	kinds := []key{
		{"pbx.example", typeA},
		{"pbx.example", typeAAAA},
		{"_sip._udp.example", typeSRV},
		{"example", typeNAPTR},
	}
	for i, rr := range []dnsmessage.Resource{
		record(60, "A", "pbx.example", "10.0.0.1"),
		record(60, "AAAA", "pbx.example", "2001:db8::1"),
		record(60, "SRV", "_sip._udp.example", "1/2/5060/pbx.example"),
		record(60, "NAPTR", "example", "50/60/s/SIP+D2U//_sip._udp.example"),
	} {
		f.Add(byte(i), reply(f, kinds[i], func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{record(60, "CNAME", "a.example", "pbx.example"), rr}
			m.Authorities = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: wireName("example"), Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.SOAResource{NS: wireName("ns.example"), MBox: wireName("m.example")},
			}}
		}))
	}
	f.Fuzz(func(t *testing.T, kind byte, msg []byte) {
		k := kinds[int(kind)%len(kinds)]
		answers(msg, 7, k)
		set, err := readAnswer(msg, k)
		if err != nil {
			return
		}
		if set.ttl < minTTL || set.ttl > maxTTL || len(set.addrs)+len(set.srv)+len(set.naptr) > maxRecords {
			t.Fatalf("%+v", set)
		}
		if set.absent != (set.alias == "" && len(set.addrs)+len(set.srv)+len(set.naptr) == 0) {
			t.Fatalf("absent, or not: %+v", set)
		}
		now := time.Unix(0, 0)
		c := newCore("ip", 1, nil)
		c.watch([]Query{udp("example", ByNAPTR)})
		for range 4 {
			asks, _, _ := c.step(now)
			for _, ask := range asks {
				if ask == k {
					c.answered(now, ask, set, nil)
				} else {
					c.answered(now, ask, rrset{absent: true, ttl: minTTL}, nil)
				}
			}
		}
		a, _ := c.known(now, udp("example", ByNAPTR))
		for _, target := range a.Targets {
			if _, ok := hostName(target.Name); !ok || !target.Addr.IsValid() || target.Addr.Port() == 0 {
				t.Fatalf("target %+v", target)
			}
		}
	})
}
