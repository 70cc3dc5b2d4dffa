package wire

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// One stream, cut at every place and in single bytes: always the same messages
// and keep-alives.
func TestFrames(t *testing.T) {
	first := "OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\na\r\n\r\n"
	second := "SIP/2.0 200 OK\r\nl : 0\r\nX: Content-Length: 9\r\n Content-Length: 9\r\n\r\n"
	stream := first + "\r\n\r\n" + second + "\r\n" + first
	want := []string{first, "ping", second, "pong", first}
	cut := func(pieces ...string) {
		t.Helper()
		f := framer{max: 100}
		var got []string
		for _, p := range pieces {
			f.add([]byte(p))
			for {
				what, msg, err := f.next()
				if err != nil {
					t.Fatal(err)
				}
				if what == partial {
					break
				}
				got = append(got, map[frame]string{whole: string(msg), ping: "ping", pong: "pong"}[what])
			}
		}
		// A ping that comes in halves looks like a pong first.
		if i := slices.Index(got, "ping"); i > 0 && got[i-1] == "pong" {
			got = slices.Delete(got, i-1, i)
		}
		if !slices.Equal(got, want) || !f.empty() {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	cut(stream)
	cut(strings.Split(stream, "")...)
	for i := range len(stream) {
		cut(stream[:i], stream[i:])
	}
}

// Pongs that were asked for are no halves of a ping, however they follow each
// other: an answer to them would be answered, and so on for ever.
func TestPongsAreNoPing(t *testing.T) {
	f := framer{max: 100}
	for i := range 3 {
		f.due = true
		f.add([]byte("\r\n"))
		if what, _, err := f.next(); what != pong || err != nil || f.due {
			t.Errorf("%d: %v %v", i, what, err)
		}
	}
	f.add([]byte("\r\n\r\n"))
	if what, _, err := f.next(); what != ping || err != nil {
		t.Errorf("then %v %v", what, err)
	}
}

// What leaves no boundary, or asks for too much, ends the stream.
func TestBrokenFrames(t *testing.T) {
	for text, want := range map[string]error{
		"A\r\n\r\n":                                         errNoLength,
		"A\r\nContent-Length: -1\r\n\r\n":                   errNoLength,
		"A\r\nContent-Length:\r\n\r\n":                      errNoLength,
		"A\r\nContent-Length: 1\r\nl: 1\r\n\r\n":            errNoLength,
		"A\r\nContent-Length: 4294967297\r\n\r\n":           errNoLength,
		"A\r\nContent-Length: 99\r\n\r\n":                   errTooLarge,
		"A\r\nContent-Length: 2147483647\r\n\r\n":           errTooLarge,
		strings.Repeat("x", 101):                            errTooLarge,
		strings.Repeat("x", 99) + "\r\nContent-Length: 0\r": errTooLarge,
	} {
		f := framer{max: 100}
		f.add([]byte(text))
		if what, _, err := f.next(); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v; want %v", text, what, err, want)
		}
	}
}
