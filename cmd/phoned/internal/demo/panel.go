package demo

import (
	"fmt"
	"time"

	"phoned/sip/siptest"
)

// keys are the panel's buttons; a small letter presses that of server 1, a
// capital one that of server 2.
var keys = map[rune]Button{'c': Stop, 'w': Silence, 'e': Refuse, 'v': Return}

var states = map[Button]string{
	Return:  "in service",
	Stop:    "stopped (ICMP unreachable)",
	Silence: "silent",
	Refuse:  "answers 503",
}

// Status is what a server does and sees.
type Status struct {
	Server     int // 1 or 2
	Address    string
	Button     Button // the one pressed last
	Registered bool   // the phone's registration here is valid
	Seen       []Seen // the latest messages, oldest first
}

// Seen is one message that a server received or sent.
type Seen struct {
	At       time.Time
	Sent     bool
	Ignored  bool // received by a silent server
	Text     string
	Repeated int // so many more of the same followed
}

// seenLines is how many messages of each server are shown.
const seenLines = 4

// Status tells about server 1 or 2.
func (d *Demo) Status(n int) Status {
	d.mu.Lock()
	b := d.pressed[n-1]
	d.mu.Unlock()
	s := d.servers[n-1]
	st := Status{Server: n, Address: d.addrs[n-1].String(), Button: b, Registered: s.Holds(user)}
	for _, e := range s.Record.Entries() {
		// The far party's side of a call is not the phone's, and challenges are no
		// news.
		if !e.Valid || e.From == d.party.Addr() || e.To == d.party.Addr() || e.Message.Status == 401 || e.Message.Status == 407 {
			continue
		}
		seen := Seen{At: e.At, Sent: e.Sent, Ignored: e.Fate == siptest.Silenced, Text: words(e.Message)}
		if k := len(st.Seen) - 1; k >= 0 && st.Seen[k].Text == seen.Text && st.Seen[k].Sent == seen.Sent {
			seen.Repeated = st.Seen[k].Repeated + 1
			st.Seen[k] = seen
			continue
		}
		st.Seen = append(st.Seen, seen)
	}
	if k := len(st.Seen) - seenLines; k > 0 {
		st.Seen = st.Seen[k:]
	}
	return st
}

func words(m siptest.Message) string {
	switch {
	case !m.Request:
		return fmt.Sprintf("%d %s (%s)", m.Status, m.Reason, m.Method)
	case m.Method == "INVITE" || m.Method == "BYE" || m.Method == "CANCEL" || m.Method == "ACK":
		return m.Method + " " + m.ToUser
	default:
		return m.Method
	}
}

// Lines are the panel beside the phone in the terminal.
func (d *Demo) Lines() []string {
	var lines []string
	for n := 1; n <= 2; n++ {
		st := d.Status(n)
		role := "primary"
		if n == 2 {
			role = "backup"
		}
		lines = append(lines, fmt.Sprintf("Server %d (%s)  %s  %s", n, role, st.Address, states[st.Button]))
		if st.Registered {
			lines = append(lines, "  the phone is registered here")
		} else {
			lines = append(lines, "  the phone is not registered here")
		}
		for _, s := range st.Seen {
			lines = append(lines, "  "+s.String())
		}
		lines = append(lines, "")
	}
	return append(lines,
		"Server 1: c stop  w silence  e 503  v return",
		"Server 2: C stop  W silence  E 503  V return",
		"Dial 600 echo  601 busy  602 early sound",
		"     603 no answer  604 calls you back")
}

// String is one line: when, which way, what.
func (s Seen) String() string {
	way := "<-"
	if s.Sent {
		way = "->"
	}
	line := fmt.Sprintf("%s %s %s", s.At.Format("15:04:05.0"), way, s.Text)
	if s.Repeated > 0 {
		line += fmt.Sprintf(" x%d", s.Repeated+1)
	}
	if s.Ignored {
		line += " (ignored)"
	}
	return line
}

// Key presses the button of a letter; others mean nothing.
func (d *Demo) Key(r rune) {
	n := 1
	if r >= 'A' && r <= 'Z' {
		n, r = 2, r+'a'-'A'
	}
	if b, ok := keys[r]; ok {
		// A server that can not return stays stopped, and the panel shows it.
		if err := d.Press(n, b); err != nil {
			d.mu.Lock()
			d.pressed[n-1] = Stop
			d.mu.Unlock()
		}
	}
}
