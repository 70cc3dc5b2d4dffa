//go:build linux

package peertest

import (
	"strings"
	"sync"

	"phoned/cmd/phoned/internal/lab"
)

// An agent is a running program that can be told what its user does.
type agent interface {
	register() bool // now; false: the program has no command for it
	dial()
	hangUp()
}

// program starts the cell's program on the desk. It does not wait for anything
// that a fault could delay.
func (w *world) program() agent {
	w.T.Helper()
	switch w.cell.Peer.ID {
	case "phoned":
		return w.phoned()
	case "phoned-smart":
		return w.phoned("Smart Failover:1")
	case "baresip":
		return w.baresip()
	case "linphonec":
		return w.linphonec()
	case "sipgo":
		return w.sipgolist()
	}
	w.T.Fatalf("nobody knows how to start %q", w.cell.Peer.ID)
	return nil
}

// The phone, through its simulated board.
type phoned struct{ *lab.Phone }

func (w *world) phoned(more ...string) agent {
	w.T.Helper()
	transport := 0
	if w.cell.Fault.TCP {
		transport = 1
	}
	// Default settings, but for what all the others have, too: a lifetime of 30 s,
	// after which they ask the primary again.
	more = append([]string{"Register TTL:30", "Backup TTL:30", "Failback Interval:30"}, more...)
	return phoned{w.desk.Phone(lab.Settings([]lab.Line{{
		User: user, Password: password, Domain: domain,
		Primary: w.s1, Backup: w.s2, Transport: transport, More: more,
	}}), "null")}
}

func (p phoned) register() bool {
	p.Register(1)
	return true
}
func (p phoned) dial()   { p.Dial(number) }
func (p phoned) hangUp() { p.Down() }

// A plain program on the sipgo library, told line by line.
type sipgolist struct{ *lab.Process }

var builtSipgolist = sync.OnceValues(func() (string, error) {
	return lab.Build("phoned/scripts/peers/sipgolist")
})

func (w *world) sipgolist() agent {
	w.T.Helper()
	path, err := builtSipgolist()
	if err != nil {
		w.T.Fatal(err)
	}
	return sipgolist{w.desk.RunTold(path, "-servers", w.s1.SIP()+","+w.s2.SIP(), "-local", w.desk.Addr.String(),
		"-transport", strings.ToUpper(w.transport()), "-domain", domain, "-user", user, "-password", password, "-expires", "30s")}
}

func (s sipgolist) register() bool {
	s.Say("register")
	return true
}
func (s sipgolist) dial()   { s.Say("dial " + number) }
func (s sipgolist) hangUp() { s.Say("hangup") }
