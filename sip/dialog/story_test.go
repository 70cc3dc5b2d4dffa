package dialog_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/sdp"
)

var rewrite = flag.Bool("rewrite", false, "write what happens into testdata instead of comparing")

// A story is a file of testdata. Lines at the margin are what happens to the
// call:
//
//	# comment
//	outgoing | incoming [timer=30m] [100rel]   which call it is; the first line
//	2.5s hold                              a wish: dial ring answer hangup hold ...
//	2.5s < 200 1 tag=bob sdp=sendrecv      a response to our request 1
//	2.5s < 200 1 se=30m;uas require=timer  with Session-Expires; also min= rseq=
//	2.5s < INVITE 7 cseq=1 sdp=sendonly    a request, server transaction 7
//	2.5s < PRACK 8 cseq=2 rack=last,1      of our last reliable 180
//	2.5s noanswer 1 | cancelled 7 | repeat 3 | until
//
// Indented lines are what the call does, and lines that start with ~ are its own
// deadlines; both are written by -rewrite.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(t, string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(text) {
				t.Errorf("it went otherwise:\n%s", difference(string(text), got))
			}
		})
	}
}

// difference shows where two texts part.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		line := func(l []string) string {
			if i < len(l) {
				return l[i]
			}
			return "(end)"
		}
		if line(w) != line(g) {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s\nall of it:\n%s", i+1, line(w), line(g), got)
		}
	}
	return "nowhere"
}

// A teller runs a story and writes it down.
type teller struct {
	t    *testing.T
	call *dialog.Call
	text strings.Builder
	cseq map[dialog.Req]uint32 // last number drawn
	rseq uint32                // of our last reliable provisional response
	acts []dialog.Action
}

func tell(t *testing.T, script string) string {
	s := &teller{t: t, cseq: map[dialog.Req]uint32{}}
	config := dialog.Config{
		CallID: "c1", LocalTag: "us", LocalURI: "sip:alice@example.com", RemoteURI: "sip:bob@example.com",
		Seed: 1, Codecs: phone().Codecs,
	}
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "~"):
			continue
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "outgoing"):
			s.call = dialog.NewOutgoing(offering(t, config, line))
		case strings.HasPrefix(line, "incoming"):
			s.call = dialog.NewIncoming(offering(t, config, line))
		default:
			words := strings.Fields(line)
			at, err := time.ParseDuration(words[0])
			if err != nil || len(words) < 2 || s.call == nil {
				t.Fatalf("bad line %q", line)
			}
			s.wait(at)
			s.text.WriteString(line + "\n")
			if event := s.event(words[1], words[2:]); event != nil {
				s.step(at, event)
			}
			continue
		}
		s.text.WriteString(line + "\n")
	}
	return s.text.String()
}

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

// wait lets the call's own deadlines come, up to the time of the next line.
func (s *teller) wait(until time.Duration) {
	for range 100 {
		at, ok := s.call.Deadline()
		if !ok || at >= until {
			return
		}
		fmt.Fprintf(&s.text, "~%v\n", at)
		s.step(at, dialog.Tick{})
	}
	s.t.Fatal("the deadlines have no end")
}

func (s *teller) step(at time.Duration, event dialog.Event) {
	s.acts = s.call.Step(at, event, s.acts[:0])
	for _, a := range s.acts {
		fmt.Fprintf(&s.text, "\t%s\n", s.show(a))
	}
}

// event reads one line; nil for what is no event.
func (s *teller) event(verb string, args []string) dialog.Event {
	values := map[string]string{}
	plain := []string{}
	for _, a := range args {
		if k, v, ok := strings.Cut(a, "="); ok {
			values[k] = v
		} else {
			plain = append(plain, a)
		}
	}
	number := func(i int) int {
		if i >= len(plain) {
			s.t.Fatalf("%s %v lacks a number", verb, args)
		}
		n, err := strconv.Atoi(plain[i])
		if err != nil {
			s.t.Fatalf("%s %v: %v", verb, args, err)
		}
		return n
	}
	switch verb {
	case "dial":
		return dialog.Dial{Media: phone()}
	case "ring":
		return dialog.Ring{}
	case "answer":
		return dialog.Answer{Media: phone()}
	case "reject":
		return dialog.Reject{Status: number(0)}
	case "hangup":
		return dialog.Hangup{}
	case "hold":
		return dialog.Hold{}
	case "resume":
		return dialog.Resume{}
	case "change":
		media := phone()
		media.Addr = netip.MustParseAddr(plain[0])
		return dialog.Change{Media: media}
	case "refresh":
		return dialog.Refresh{}
	case "info":
		return dialog.Info{Digit: plain[0][0]}
	case "noanswer":
		return dialog.NoAnswer{Req: dialog.Req(number(0))}
	case "cancelled":
		return dialog.Cancelled{Ref: dialog.Ref(number(0))}
	case "until":
		return nil
	case "move":
		fmt.Fprintf(&s.text, "\tINVITE body: %s\n", describe(s.call.Offer(netip.MustParseAddr(plain[0]))))
		return nil
	case "repeat":
		req := dialog.Req(number(0))
		s.cseq[req] = s.call.NextCSeq(req)
		fmt.Fprintf(&s.text, "\tcseq=%d\n", s.cseq[req])
		return nil
	case "<":
		if status, err := strconv.Atoi(plain[0]); err == nil {
			return s.response(status, dialog.Req(number(1)), values, plain[2:])
		}
		return s.request(plain[0], dialog.Ref(number(1)), values)
	}
	s.t.Fatalf("what is %q?", verb)
	return nil
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

// describe is a description in short.
func describe(text []byte) string {
	if len(text) == 0 {
		return "no sdp"
	}
	d, err := sdp.Parse(text)
	if err != nil || len(d.Streams) == 0 {
		return fmt.Sprintf("%q", text)
	}
	s := d.Streams[0]
	direction := ""
	for _, a := range s.Attributes {
		if a.Value == "" {
			direction = a.Name
		}
	}
	return fmt.Sprintf("sdp v%s %s %s:%d %s", strings.Fields(d.Origin)[2], direction,
		strings.Fields(d.Connection)[2], s.Port, strings.Join(s.Formats, ","))
}

func showMedia(m sdp.Media) string {
	return fmt.Sprintf("%v %s to %v", m.Direction, m.Codec.Name, m.Remote)
}

func showDialog(d dialog.Dialog) string {
	text := "tag=" + d.RemoteTag + " target=" + d.Target
	if len(d.Routes) > 0 {
		text += " routes=" + strings.Join(d.Routes, ",")
	}
	if d.Way != d.Server {
		text += fmt.Sprintf(" way=%d", d.Way)
	}
	return text
}

// showExtensions is what a message says of extensions.
func showExtensions(supported, require dialog.Tags, e dialog.Expiry) (text string) {
	if supported != 0 {
		text += " supported=" + strings.ReplaceAll(supported.String(), " ", "")
	}
	if require != 0 {
		text += " require=" + strings.ReplaceAll(require.String(), " ", "")
	}
	if e.Interval != 0 {
		text += fmt.Sprintf(" se=%v", e.Interval)
	}
	if e.Refresher != dialog.NoRefresher {
		text += ";" + e.Refresher.String()
	}
	if e.Min != 0 {
		text += fmt.Sprintf(" min=%v", e.Min)
	}
	return text
}

// show is an action in short.
func (s *teller) show(a dialog.Action) string {
	text := ""
	add := func(format string, args ...any) { text += fmt.Sprintf(format, args...) }
	switch a := a.(type) {
	case dialog.Send:
		s.cseq[a.Req] = s.call.NextCSeq(a.Req)
		add("%v request=%d cseq=%d", a.Method, a.Req, s.cseq[a.Req])
		if a.Dialog.RemoteTag != "" {
			add(" %s", showDialog(a.Dialog))
		}
		add("%s", showExtensions(a.Supported, 0, a.Expiry))
		if a.RAck.RSeq != 0 {
			add(" rack=%d,%d,%v", a.RAck.RSeq, a.RAck.CSeq, a.RAck.Method)
		}
		if a.ContentType == "application/sdp" {
			add(" %s", describe(a.Body))
		} else if a.ContentType != "" {
			add(" %s %q", a.ContentType, a.Body)
		}
	case dialog.Cancel:
		add("cancel request=%d", a.Req)
	case dialog.Ack:
		add("ACK request=%d cseq=%d %s", a.Req, a.CSeq, showDialog(a.Dialog))
		if a.Again {
			add(" again")
		}
	case dialog.Respond:
		add("%d ref=%d", a.Status, a.Ref)
		if a.Contact && !a.Again {
			add(" contact")
		}
		if a.Allow && !a.Again && a.ContentType == "" {
			add(" allow")
		}
		if a.Accept {
			add(" accept")
		}
		if !a.Again {
			add("%s", showExtensions(a.Supported, a.Require, a.Expiry))
		}
		if a.RSeq != 0 {
			s.rseq = a.RSeq
			add(" rseq=%d", a.RSeq)
		}
		if a.RetryAfter != 0 {
			add(" retry-after=%v", a.RetryAfter)
		}
		if a.Again {
			add(" again")
		} else if a.ContentType != "" {
			add(" %s", describe(a.Body))
		}
	case dialog.Release:
		add("release ref=%d", a.Ref)
	case dialog.Incoming:
		add("* incoming")
	case dialog.Progress:
		add("* progress %d", a.Status)
		if a.Media != nil {
			add(" media %s", showMedia(*a.Media))
		}
	case dialog.Established:
		add("* established %s %s", showMedia(a.Media), showDialog(a.Dialog))
	case dialog.MediaChanged:
		add("* media %s", showMedia(a.Media))
		if a.LocalHold {
			add(" held-by-us")
		}
		if a.RemoteHold {
			add(" held-by-them")
		}
	case dialog.HoldFailed:
		add("* hold failed %d", a.Status)
	case dialog.Digit:
		add("* digit %c", a.Digit)
	case dialog.Ended:
		add("* ended")
		if a.ByRemote {
			add(" by-remote")
		}
		if a.Status != 0 {
			add(" %d", a.Status)
		}
		if a.Reason != "" {
			add(" %q", a.Reason)
		}
	case dialog.Closed:
		add("closed")
	}
	return text
}
