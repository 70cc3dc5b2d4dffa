package externaltree

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// keeper is phoned-keep in a place, with a phoned that does what the lines of
// "plan" say, one a start, and then stays.
func keeper(t *testing.T, plan ...string) place {
	t.Helper()
	p := newPlace(t)
	p.install("usr/libexec/phoned-keep")
	p.write("etc/phoned/keep.conf", "board=emulated\naudio=\ncaps=\n")
	p.write("plan", strings.Join(append(plan, "trap 'exit 0' TERM; echo up >>"+p.dir+"/calls; while :; do busybox sleep 0.05; done"), "\n")+"\n")
	// setpriv starts nothing: it is phoned, too, which spares a user and root.
	p.stand("setpriv", `[ "$phoned" ] || { line=$(head -n 1 `+p.dir+`/plan); sed -i 1d `+p.dir+`/plan; eval "$line"; }`)
	p.stand("sleep", "")
	p.stand("logger", "cat >/dev/null")
	p.stand("logread", "echo the last words")
	p.stand("reboot", "kill -TERM $PPID")
	p.stand("sync", "")
	p.stand("fw_printenv", "cat "+p.dir+"/left")
	p.write("usr/libexec/phone-firewall", "#!/bin/sh\necho firewall >>"+p.dir+"/calls\n")
	p.write("proc/uptime", "100.00 100.00\n")
	p.write("proc/cmdline", "console=ttyAMA0 rauc.slot=B quiet\n")
	p.write("left", "3\n")
	return p
}

// start starts phoned-keep; the test ends it.
func (p place) start() *exec.Cmd {
	p.t.Helper()
	cmd := p.command("usr/libexec/phoned-keep")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	return cmd
}

// until waits until the stand-ins noted a line.
func (p place) until(line string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.calls(), line); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%q did not come; there was:\n%s", line, p.calls())
		}
	}
}

// ended waits for the end of phoned-keep.
func ended(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("phoned-keep: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("phoned-keep does not end")
	}
}

func TestPhonedRunsAsTheUserPhoneWithNothingMoreThanItNeeds(t *testing.T) {
	p := keeper(t)
	p.start()
	p.until("\nup\n")
	calls := p.calls()
	for _, want := range []string{
		"--reuid phone --regid phone --init-groups --no-new-privs --bounding-set -all --inh-caps -all -- ",
		"-board emulated -config " + p.dir + "/etc/phoned/defaults.conf -data " + p.dir + "/data/phone -factory " + p.dir + "/factory",
		"firewall\n",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("%q is not in:\n%s", want, calls)
		}
	}
	if strings.Contains(calls, "ambient") {
		t.Error("phoned keeps a capability that nobody asked for")
	}
}

func TestTheFactoryMayNameBoardAndSettings(t *testing.T) {
	p := keeper(t)
	p.write("factory/settings.conf", "x")
	p.write("factory/board.toml", "x")
	p.write("etc/phoned/keep.conf", "board=emulated\naudio=null\ncaps=+net_bind_service\n")
	p.start()
	p.until("\nup\n")
	for _, want := range []string{
		"--bounding-set -all,+net_bind_service --inh-caps -all,+net_bind_service --ambient-caps +net_bind_service -- ",
		"-board " + p.dir + "/factory/board.toml -audio null -config " + p.dir + "/factory/settings.conf",
	} {
		if !strings.Contains(p.calls(), want) {
			t.Errorf("%q is not in:\n%s", want, p.calls())
		}
	}
}

func TestAPhonedThatCrashesStartsAgainEverLater(t *testing.T) {
	p := keeper(t, "exit 2", "exit 2", "kill -KILL $$", "exit 2", "exit 2", "exit 2", "exit 2")
	p.start()
	p.until("\nup\n")
	var waits []string
	for line := range strings.Lines(p.calls()) {
		if s, ok := strings.CutPrefix(line, "sleep "); ok {
			waits = append(waits, strings.TrimSpace(s))
		}
	}
	if got := strings.Join(waits, " "); got != "1 2 4 8 16 30 30" {
		t.Errorf("it waited %s s", got)
	}
	if got := p.read("data/crash/1"); got != "the last words\n" {
		t.Errorf("the crash left %q", got)
	}
	if strings.Contains(p.calls(), "reboot") {
		t.Error("firmware that has proved itself was given up")
	}
}

func TestAPhonedThatRanLongStartsAgainAtOnce(t *testing.T) {
	p := keeper(t, "exit 2", "exit 2")
	p.write("plan", "exit 2\nexit 2\necho 900.00 1 >"+p.dir+"/proc/uptime; exit 2\n"+p.read("plan")[len("exit 2\nexit 2\n"):])
	p.start()
	p.until("\nup\n")
	if !strings.Contains(p.calls(), "after 800 s; it starts again in 1 s") {
		t.Errorf("it did not start over:\n%s", p.calls())
	}
}

func TestNewFirmwareThatCrashesIsGivenUp(t *testing.T) {
	p := keeper(t, "exit 2", "exit 2", "exit 2", "exit 2", "exit 2", "exit 2")
	p.write("left", "2\n")
	cmd := p.start()
	p.until("reboot")
	ended(t, cmd)
	if n := strings.Count(p.calls(), "setpriv "); n != 5 {
		t.Errorf("it was started %d times", n)
	}
	if !strings.Contains(p.calls(), "fw_printenv -n BOOT_B_LEFT\n") {
		t.Errorf("another slot was asked for:\n%s", p.calls())
	}
}

func TestExitStatus80RebootsAnd81WipesFirst(t *testing.T) {
	for status, wipes := range map[string]bool{"80": false, "81": true} {
		p := keeper(t, "exit "+status)
		cmd := p.start()
		p.until("reboot")
		ended(t, cmd)
		_, wiped := strings.CutPrefix(output(t, exec.Command("ls", "-A", p.dir+"/boot")), "wipe-data")
		if wiped != wipes {
			t.Errorf("after status %s the wipe is asked for: %v", status, wiped)
		}
		if strings.Count(p.calls(), "setpriv ") != 1 {
			t.Errorf("phoned was started again before the reboot")
		}
	}
}

func TestStopEndsPhonedFirst(t *testing.T) {
	p := keeper(t)
	cmd := p.start()
	p.until("\nup\n")
	// The pause between its looks for the end is a real one.
	p.write("bin/sleep", "#!/bin/sh\nexec busybox sleep \"$@\"\n")
	done := make(chan struct{})
	go func() { defer close(done); ended(t, cmd) }()
	p.run("usr/libexec/phoned-keep", "stop")
	<-done
	if strings.Count(p.calls(), "setpriv ") != 1 {
		t.Error("phoned was started again")
	}
	p.run("usr/libexec/phoned-keep", "stop") // there is none any more
}

func TestPhonedThatEndsOnPurposeStartsAgain(t *testing.T) {
	p := keeper(t, "exit 0")
	p.start()
	p.until("\nup\n")
	if strings.Contains(p.calls(), "status") || p.read("data/crash/1") != "" {
		t.Errorf("that counted as a crash:\n%s", p.calls())
	}
}
