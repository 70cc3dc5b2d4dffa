//go:build linux

package handset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/machine"
)

// Options are what a phone is started with.
type Options struct {
	Image build.Image
	Plug  *lab.Plug // its Ethernet; nil: no cable
	UBoot bool      // from the flash through U-Boot, as the product; else the kernel at once, slot A
	// Virtual time, with the image in memory: no disk, no network, no display.
	Virtual bool
	Disk    string            // a disk to go on with; empty: a copy of the image's
	Tests   map[string]string // programs and files on the test disk, below guest.Mount
	Tune    func(*machine.Config)
}

// A Phone is a running one. Its methods fail the test where something that must
// work does not.
type Phone struct {
	*machine.Machine
	T       *testing.T
	Disk    string
	Started time.Time // when the power came

	agent *machine.Agent
	watch *Watch
}

// Boot starts a phone. It is over with the test; if the test failed, its console
// and its log are shown.
func Boot(t *testing.T, o Options) *Phone {
	t.Helper()
	w := Workshop(t)
	// The names of sockets are short, those of tests are not.
	dir, err := os.MkdirTemp("", "handset")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &Phone{T: t, Disk: o.Disk}
	c := machine.Config{Dir: dir, Ear: filepath.Join(dir, "ear.wav")}
	k, err := w.Kernel(t.Context())
	p.must(err)
	c.Kernel, c.Append = k.Image(), build.Append
	if o.Virtual {
		c.Virtual, c.Initrd, c.Memory = true, filepath.Join(dir, "initrd"), 256
		p.must(w.Diskless(t.Context(), o.Image, c.Initrd, o.Tests))
	} else {
		p.disks(w, o, &c)
	}
	if o.Tune != nil {
		o.Tune(&c)
	}
	p.Started = time.Now()
	p.Machine, err = machine.Start(t.Context(), c)
	p.must(err)
	t.Cleanup(p.finish)
	return p
}

// disks gives a machine the phone's disk and the tests', and what else a real
// phone has.
func (p *Phone) disks(w *build.Workshop, o Options, c *machine.Config) {
	p.T.Helper()
	c.Watchdog, c.Display = true, true
	if p.Disk == "" {
		p.Disk = filepath.Join(c.Dir, "disk.img")
		p.must(o.Image.Copy(p.T.Context(), p.Disk))
	}
	tests := filepath.Join(c.Dir, "tests.img")
	p.must(w.TestDisk(p.T.Context(), tests, o.Tests))
	c.Disks = []machine.Disk{{Path: p.Disk}, {Path: tests, ReadOnly: true}}
	if o.Plug != nil {
		c.Space, c.Tap, c.MAC = o.Plug.Space, o.Plug.Tap, o.Plug.MAC.String()
	}
	if o.UBoot {
		var err error
		c.UBoot, err = w.Firmware()
		p.must(err)
	}
}

// finish shows what a failed test wants to know, and takes the power away.
func (p *Phone) finish() {
	if p.T.Failed() {
		p.T.Logf("console:\n%s%s", tail(p.Serial.Text(), 6000), p.Noise())
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if agent, err := p.Machine.Agent(ctx); err == nil {
			log, _ := agent.Shell(ctx, "logread | tail -n 60; ps")
			p.T.Logf("the phone's log:\n%s", log)
		}
		p.T.Logf("the phone told:\n%s", p.watch.story())
	}
	_ = p.Close()
}

func (p *Phone) must(err error) {
	p.T.Helper()
	if err != nil {
		p.T.Fatal(err)
	}
}

// within is a context of the test with a limit.
func (p *Phone) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.T.Context(), d)
}

// Inside is the agent, when the phone is up so far that it answers.
func (p *Phone) Inside() *machine.Agent {
	p.T.Helper()
	if p.agent == nil {
		ctx, cancel := p.within(3 * patience)
		defer cancel()
		agent, err := p.Machine.Agent(ctx)
		p.must(err)
		p.agent = agent
	}
	return p.agent
}

// Shell runs a line of shell in the phone, as root, and fails the test if its
// status is not 0.
func (p *Phone) Shell(script string) string {
	p.T.Helper()
	out, err := p.Try(script)
	p.must(err)
	return out
}

// Try is Shell for what may fail.
func (p *Phone) Try(script string) (string, error) {
	p.T.Helper()
	ctx, cancel := p.within(60 * time.Second)
	defer cancel()
	out, err := p.Inside().Shell(ctx, script)
	return strings.TrimSpace(out), err
}

// Press presses keys of the matrix, one after the other.
func (p *Phone) Press(keys ...string) {
	p.T.Helper()
	ctx, cancel := p.within(30 * time.Second)
	defer cancel()
	p.must(p.Inside().Press(ctx, keys...))
}

// Dial lifts the handset and presses the digits of a number and "#".
func (p *Phone) Dial(number string) {
	p.T.Helper()
	p.Lift(true)
	p.Press(append(strings.Split(number, ""), "#")...)
}

// Lift takes the handset off the hook, or puts it back.
func (p *Phone) Lift(up bool) {
	p.T.Helper()
	ctx, cancel := p.within(10 * time.Second)
	defer cancel()
	p.must(p.Inside().Lift(ctx, up))
}

// Say waits for a line of the serial console.
func (p *Phone) Say(within time.Duration, pattern string) machine.Line {
	p.T.Helper()
	ctx, cancel := p.within(within)
	defer cancel()
	line, err := p.Serial.Wait(ctx, pattern)
	p.must(err)
	return line
}

// Until asks again and again until done; after the time it fails the test.
func (p *Phone) Until(within time.Duration, what string, done func() bool) {
	p.T.Helper()
	end := time.Now().Add(within)
	for !done() {
		if time.Now().After(end) {
			p.T.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Ear ends the phone and is what its sound card has played.
func (p *Phone) Ear() lab.Sound {
	p.T.Helper()
	ctx, cancel := p.within(10 * time.Second)
	defer cancel()
	p.must(p.Quit(ctx))
	sound, err := lab.ReadWAV(p.Config.Ear)
	p.must(err)
	return sound
}

// errGone says that the phone is not there any more.
var errGone = errors.New("the phone's control socket is closed")

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "..." + s[len(s)-n:]
}

// patience is how long a phone may take to register: 5 s of its own, and what a
// machine that shares its processors with other tests takes away.
const patience = 60 * time.Second
