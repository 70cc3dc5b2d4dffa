//go:build linux

package inside

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What the phone's processes execute for the things it does all day. In virtual
// time a nanosecond of processor time is an instruction; what the phone does
// anyway in the same time is taken off. Package handset compares the lines.
func TestBudget(t *testing.T) {
	w := enter(t)

	must(t, w.desk.Lift())
	time.Sleep(2 * time.Second)
	budget(t, "key-press", 10, 200*time.Millisecond, func() {
		must(t, w.desk.Hold("5"))
		time.Sleep(80 * time.Millisecond)
		must(t, w.desk.Hold())
	})
	must(t, w.desk.HangUp())
	time.Sleep(5 * time.Second)

	n := len(w.primary.Record.Requests("REGISTER").Branches())
	budget(t, "register-refresh", 5, 2*time.Second, func() { w.do(t, `{"do":"register","line":1}`) })
	if now := len(w.primary.Record.Requests("REGISTER").Branches()); now < n+5 {
		t.Fatalf("%d registrations were asked for, %d came", 5, now-n)
	}

	w.dial(t, "600")
	w.untilCall(t, 5*time.Second, "up")
	time.Sleep(time.Second)
	budget(t, "g711-20ms", 500, 20*time.Millisecond, func() {})
	must(t, w.desk.HangUp())
	w.untilCall(t, 5*time.Second, "idle")
	time.Sleep(10 * time.Second)

	w.primary.Silence()
	budget(t, "failover", 1, time.Minute, func() { w.do(t, `{"do":"register","line":1}`) })
	if s := w.state(); s.Server != backupAddr.String() {
		t.Fatalf("the phone is at %q, want the backup", s.Server)
	}
}

// budget measures one of n times that do is done, each with its pause.
func budget(t *testing.T, name string, n int, pause time.Duration, do func()) {
	t.Helper()
	idle := int64(0)
	if name != "g711-20ms" { // there is no idle call
		before := spent(t)
		time.Sleep(time.Duration(n) * pause)
		idle = spent(t) - before
	}
	before := spent(t)
	for range n {
		until := time.Now().Add(pause)
		do()
		time.Sleep(time.Until(until))
	}
	t.Logf("BUDGET %s %d", name, (spent(t)-before-idle)/int64(n))
}

// spent is the processor time of phoned and its media process.
func spent(t *testing.T) int64 {
	t.Helper()
	var sum int64
	for _, pid := range phones(t) {
		// clock_getcpuclockid(3): the clock of another process is made from its number.
		var ts unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
			t.Fatalf("processor time of process %d: %v", pid, err)
		}
		sum += ts.Nano()
	}
	return sum
}

// phones are the numbers of the processes that are phoned.
func phones(t *testing.T) []int {
	t.Helper()
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var pids []int
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || to != "/usr/bin/phoned" {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(link, "/")[2])
		must(t, err)
		pids = append(pids, pid)
	}
	if len(pids) < 2 {
		t.Fatalf("phoned and its media process: found %d processes", len(pids))
	}
	return pids
}
