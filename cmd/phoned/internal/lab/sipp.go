//go:build linux

package lab

import (
	"embed"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// scenarios are what a sipp does, step by step. One that receives something else
// than the next step says, or not what a step's expressions want, gives the call
// up as failed.
//
//go:embed testdata/sipp/*.xml
var scenarios embed.FS

// SippConfig is what a sipp is made of.
type SippConfig struct {
	Scenario string // file of testdata/sipp, without .xml
	Calls    int    // it ends after so many; 0 = it goes on
	// A caller's part; nil = it is called.
	Through *Node  // the server that its requests go to
	Callee  string // the user that it calls, in the domain lab.test
}

// A Sipp is a far party on a node that says word for word what its scenario
// says: the SIP test tool of that name.
type Sipp struct {
	*Process
	Node *Node

	complaints string // file
}

// Sipp starts a sipp on the node, at port 5060, and waits until it listens. Its
// voice is what it hears, from port 6000.
func (n *Node) Sipp(cfg SippConfig) *Sipp {
	n.lab.T.Helper()
	text, err := scenarios.ReadFile("testdata/sipp/" + cfg.Scenario + ".xml")
	n.lab.must(err)
	dir := filepath.Join(n.lab.Dir, "sipp-"+n.Name)
	n.lab.must(os.MkdirAll(dir, 0o755))
	s := &Sipp{Node: n, complaints: filepath.Join(dir, "complaints")}
	args := []string{
		"-sf", n.lab.File("sipp-"+n.Name+"/"+cfg.Scenario+".xml", string(text)),
		"-i", n.host(), "-p", "5060", "-mi", n.host(), "-mp", "6000", "-rtp_echo",
		"-nostdin", "-f", "3600", "-trace_err", "-error_file", s.complaints,
	}
	if cfg.Calls > 0 {
		args = append(args, "-m", strconv.Itoa(cfg.Calls))
	}
	if cfg.Through != nil {
		args = append(args, "-l", "1", "-s", cfg.Callee, netip.AddrPortFrom(cfg.Through.Addr, 5060).String())
	}
	s.Process = n.Run("sipp", args...)
	n.lab.T.Cleanup(func() {
		if text := s.Complaints(); n.lab.T.Failed() && text != "" {
			n.lab.T.Logf("%s complained:\n%s", s.name, tail(text, 8000))
		}
	})
	n.lab.Until(10*time.Second, "sipp listens on "+n.Name, func() bool { return n.listens(5060) || s.Ended() })
	return s
}

// Complaints are what sipp found wrong.
func (s *Sipp) Complaints() string {
	text, _ := os.ReadFile(s.complaints) // written only when there is something to say
	return string(text)
}

// Done waits until all calls are over, and fails the test unless each of them
// went as the scenario says.
func (s *Sipp) Done(within time.Duration) {
	l := s.Node.lab
	l.T.Helper()
	l.Until(within, "sipp's calls on "+s.Node.Name+" are over", s.Ended)
	if s.err != nil {
		l.T.Errorf("sipp on %s: a call that is not as the scenario says: %v\n%s", s.Node.Name, s.err, s.Complaints())
	}
}
