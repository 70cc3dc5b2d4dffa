//go:build linux

// Far is the rest of the world for "make emulate", inside the guest: two SIP
// servers, and a far party that echoes what it hears (numbers: 600 answers, 601 is
// busy, 603 rings for ever). So the demonstration needs neither a network nor
// root. It takes one command a line on a Unix socket:
//
//	silence primary|backup    the server says nothing any more
//	stop primary|backup       its port is closed
//	heal primary|backup       it is well again
//	call                      the far party calls the phone
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"phoned/sip/siptest"
)

// socket is where commands are taken.
const socket = "/run/far"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "far:", err)
		os.Exit(1)
	}
}

// A world is what the phone talks to.
type world struct {
	servers map[string]*siptest.Server
	party   *siptest.Party
	primary netip.AddrPort
}

func run(ctx context.Context) error {
	w := world{servers: map[string]*siptest.Server{}}
	addr := func(last byte) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 78, 0, last}), 5060)
	}
	w.primary = addr(1)
	for last := byte(1); last <= 3; last++ {
		if out, err := exec.Command("ip", "addr", "add", addr(last).Addr().String()+"/32", "dev", "lo").CombinedOutput(); err != nil && !strings.Contains(string(out), "exists") {
			return fmt.Errorf("give the loopback interface an address: %w: %s", err, out)
		}
	}
	numbers := map[string]netip.AddrPort{}
	for n := range siptest.DefaultNumbers {
		numbers[n] = addr(3)
	}
	for last, name := range []string{"primary", "backup"} {
		a := addr(byte(last + 1))
		s, err := siptest.Start(siptest.Config{
			Binds: []siptest.Bind{{Transport: "UDP", Addr: a}, {Transport: "TCP", Addr: a}},
			Realm: "lab.test", Users: map[string]string{"100": "secret"}, AuthCalls: true, Numbers: numbers, Keep: 100,
		})
		if err != nil {
			return err
		}
		defer s.Close()
		w.servers[name] = s
	}
	var err error
	if w.party, err = siptest.StartParty(siptest.PartyConfig{Addr: addr(3), Media: true, Keep: 100}); err != nil {
		return err
	}
	defer w.party.Close()
	_ = os.Remove(socket)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		w.obey(conn)
	}
}

// obey takes the commands of one client until it goes.
func (w world) obey(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		answer := "done"
		if err := w.do(strings.Fields(lines.Text())); err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(conn, answer); err != nil {
			return
		}
	}
}

func (w world) do(words []string) error {
	if len(words) == 1 && words[0] == "call" {
		w.party.Call("600", "100", w.primary)
		return nil
	}
	if len(words) != 2 || w.servers[words[1]] == nil {
		return errors.New("silence, stop or heal primary or backup; or call")
	}
	s := w.servers[words[1]]
	switch words[0] {
	case "silence":
		s.Silence()
	case "stop":
		s.Stop()
	case "heal":
		return s.Heal()
	default:
		return fmt.Errorf("a server can not %q", words[0])
	}
	return nil
}
