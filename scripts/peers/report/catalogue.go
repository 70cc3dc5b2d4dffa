package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Peer is one of those that are compared.
type Peer struct {
	ID, Title string
	Program   string // on the machine; empty = built from this tree
	Colour    Colour
}

// A Colour is a bar's on a light and on a dark ground.
type Colour struct{ Light, Dark string }

// Peers are all peers, in the order of table and chart.
func Peers() []Peer {
	return []Peer{
		{ID: "phoned-smart", Title: "phoned, Smart Failover 1", Colour: Colour{"#0b6e4f", "#3ddc97"}},
		{ID: "phoned", Title: "phoned, default settings", Colour: Colour{"#2f6fb7", "#6fb1ff"}},
		{ID: "baresip", Title: "baresip", Program: "baresip", Colour: Colour{"#c2571a", "#ff9d5c"}},
		{ID: "linphonec", Title: "linphonec", Program: "linphonec", Colour: Colour{"#8a4fa3", "#d49bf0"}},
		{ID: "sipgo", Title: "plain sipgo program", Colour: Colour{"#6b6b6b", "#b4b4b4"}},
	}
}

// A Fault is what the primary suffers.
type Fault struct {
	ID, Title string
	TCP       bool // the transport that the peers use; otherwise UDP
	What      string
}

// Faults are all faults, in the order of table and chart.
func Faults() []Fault {
	return []Fault{
		{ID: "silence", Title: "silence", What: "UDP; every packet to and from the primary is dropped"},
		{ID: "icmp", Title: "ICMP", What: "UDP; the primary answers every datagram with ICMP port unreachable"},
		{ID: "503", Title: "503", What: "UDP; the primary's Kamailio answers every request with 503, without Retry-After"},
		{ID: "syn", Title: "SYN drop", TCP: true, What: "TCP; every segment to and from the primary is dropped, also those of a connection that is up"},
		{ID: "rst", Title: "RST", TCP: true, What: "TCP; the primary answers every segment with a reset"},
	}
}

// A Situation is what the user or the program does when the fault is there.
type Situation struct {
	ID, Title string
	Limit     time.Duration // after that, it is "never"
	Until     string        // what ends it, in short
	What      string
}

// Situations are all situations, in the order of table and chart.
func Situations() []Situation {
	const patience, long, longest = 75 * time.Second, 120 * time.Second, 270 * time.Second
	return []Situation{
		{"start", "start", patience, "registered at the backup", "the program starts while the primary is dead: from its first packet to a server until the backup answers a REGISTER with 200"},
		{"refresh", "refresh", long, "registered at the backup", "registered at the primary for 30 s; a second later it dies, and nobody does anything: from then until the backup answers a REGISTER with 200"},
		{"register", "register by hand", patience, "registered at the backup", "registered at the primary; it dies and the user registers by hand: from the command until the backup answers a REGISTER with 200"},
		{"dial", "dial", patience, "the call is answered through the backup", "registered at the primary; it dies and the user dials: from the command until the far party's 200 leaves for the backup"},
		{"hangup", "hang up", patience, "the far party gets the BYE", "in a call through the primary; it dies and the user hangs up: from the command until the BYE arrives at the far party"},
		{"failback", "failback", longest, "registered at the primary again", "registered at the backup since the primary was dead at the start; the primary returns: from then until it answers a REGISTER with 200"},
	}
}

// A Selection is a part of the whole comparison; an empty list means all.
type Selection struct{ Peers, Faults, Situations []string }

// Check says which of the selection's words name nothing.
func (s Selection) Check() error {
	for _, c := range []struct {
		kind         string
		words, known []string
	}{
		{"peer", s.Peers, ids(Peers(), func(p Peer) string { return p.ID })},
		{"fault", s.Faults, ids(Faults(), func(f Fault) string { return f.ID })},
		{"situation", s.Situations, ids(Situations(), func(s Situation) string { return s.ID })},
	} {
		for _, w := range c.words {
			if !slices.Contains(c.known, w) {
				return fmt.Errorf("there is no %s %q; there are %s", c.kind, w, strings.Join(c.known, ", "))
			}
		}
	}
	return nil
}

// A Cell is one measurement.
type Cell struct {
	Peer      Peer
	Fault     Fault
	Situation Situation
}

// String names the cell.
func (c Cell) String() string { return c.Peer.ID + "/" + c.Fault.ID + "/" + c.Situation.ID }

// Cells are the measurements of a selection. Those of one peer are far apart, so
// that some can run at once without all waiting for the same.
func (s Selection) Cells() []Cell {
	var out []Cell
	for _, sit := range Situations() {
		for _, f := range Faults() {
			for _, p := range Peers() {
				if among(s.Peers, p.ID) && among(s.Faults, f.ID) && among(s.Situations, sit.ID) {
					out = append(out, Cell{p, f, sit})
				}
			}
		}
	}
	return out
}

func among(words []string, id string) bool { return len(words) == 0 || slices.Contains(words, id) }

func ids[T any](of []T, id func(T) string) []string {
	out := make([]string, len(of))
	for i, e := range of {
		out[i] = id(e)
	}
	return out
}
