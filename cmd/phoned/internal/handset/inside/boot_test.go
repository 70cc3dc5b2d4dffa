//go:build linux

package inside

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// What the whole start costs, from the kernel's first instruction to a registered
// phone, with all services: nothing of it is waiting. It must be the first test.
func TestBoot(t *testing.T) {
	enter(t)
	time.Sleep(10 * time.Second) // chrony and RAUC come after the phone
	text, err := os.ReadFile("/proc/uptime")
	must(t, err)
	var up, idle float64
	if _, err := fmt.Sscan(string(text), &up, &idle); err != nil {
		t.Fatalf("/proc/uptime says %q: %v", text, err)
	}
	t.Logf("BUDGET boot %d", int64((up-idle)*1e9))
}
