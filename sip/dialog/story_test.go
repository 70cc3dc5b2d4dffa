package dialog_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/sip/dialog"
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
