package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/desk"
)

// asLinkStory in the environment makes this test binary tell its story in a
// network namespace of its own.
const asLinkStory = "PHONED_TEST_LINK"

// The network goes and comes in a namespace of its own: no address, no
// carrier, a new address, and a phone whose servers are on loopback.
func TestLink(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("SKIPPED: the tool ip is missing (package iproute2)")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asLinkStory+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch exit := (*exec.ExitError)(nil); {
	case err == nil:
	case asExit(err, &exit) && exit.ExitCode() == storySkipped:
		t.Skipf("SKIPPED: no network of its own here: %s", out)
	case !asExit(err, &exit):
		t.Skipf("SKIPPED: no network namespaces here: %v", err)
	default:
		t.Errorf("%v\n%s", err, out)
	}
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

const storySkipped = 77

// told hands the links to the story.
type told chan desk.Link

func (t told) Do(c desk.Command) { t <- c.(desk.Link) }

// tellLinkStory runs in the namespace; its exit status is the verdict.
func tellLinkStory() int {
	// One process for all of a step, so that the phone sees one change.
	ip := func(commands ...string) error {
		cmd := exec.Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("ip %q: %v: %s", commands, err, out)
		}
		return nil
	}
	if err := ip("link add wan type veth peer name far"); err != nil {
		fmt.Println(err)
		return storySkipped
	}
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	servers, links := []string{"10.9.0.1", "10.9.0.2"}, make(told, 16)
	go func() {
		if err := watchLink(ctx, func() []string { return servers }, links, log); err != nil {
			fmt.Println(err)
		}
	}()
	for _, step := range []struct {
		do   []string
		want *desk.Link // nil = nothing is told
	}{
		{nil, &desk.Link{AtStart: true}},
		{[]string{"link set lo up"}, nil},
		{[]string{"addr add 10.9.0.77/24 dev wan", "link set wan up"}, nil}, // no carrier
		{[]string{"link set far up"}, &desk.Link{Up: true, Address: "10.9.0.77"}},
		{[]string{"link set far down"}, &desk.Link{}},
		{[]string{"link set far up"}, &desk.Link{Up: true, Address: "10.9.0.77"}},
		{[]string{"addr add 10.9.0.78/24 dev wan"}, nil}, // a second address changes nothing
		{[]string{"addr flush dev wan", "addr add 10.9.0.79/24 dev wan"}, &desk.Link{Up: true, Address: "10.9.0.79"}},
		{[]string{"addr flush dev wan"}, &desk.Link{}},
		{[]string{"addr add 192.168.7.1/24 dev wan"}, nil}, // an address, but no route to a server
		{[]string{"route add default via 192.168.7.254"}, &desk.Link{Up: true, Address: "192.168.7.1"}},
	} {
		if err := ip(step.do...); err != nil {
			fmt.Println(err)
			return 1
		}
		patience := 5 * time.Second
		if step.want == nil {
			patience = 3 * linkSettle
		}
		select {
		case got := <-links:
			if step.want == nil || got != *step.want {
				fmt.Printf("after %q: told %+v, want %+v\n", step.do, got, step.want)
				return 1
			}
		case <-time.After(patience):
			if step.want != nil {
				fmt.Printf("after %q: nothing is told, want %+v\n", step.do, step.want)
				return 1
			}
		}
	}
	for _, c := range []struct {
		targets []string
		want    link
	}{
		{[]string{"127.0.0.1"}, link{true, "127.0.0.1"}},
		{[]string{"127.0.0.53"}, link{true, "127.0.0.1"}},
		{[]string{"localhost"}, link{true, "192.168.7.1"}},
		{[]string{"sip.example.com"}, link{true, "192.168.7.1"}},
		{[]string{"2001:db8::1"}, link{}},
		{[]string{"2001:db8::1", "10.1.1.1"}, link{true, "192.168.7.1"}},
		{nil, link{true, ""}},
	} {
		if got := lookAtLink(c.targets); got != c.want {
			fmt.Printf("way to %v: %+v, want %+v\n", c.targets, got, c.want)
			return 1
		}
	}
	if err := ip("link del wan"); err != nil {
		fmt.Println(err)
		return 1
	}
	if got := lookAtLink([]string{"sip.example.com"}); !got.up {
		fmt.Println("a namespace with nothing but loopback counts as down")
		return 1
	}
	return 0
}
