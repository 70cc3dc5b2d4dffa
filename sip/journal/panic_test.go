package journal

import (
	"strings"
	"testing"

	"phoned/sip/failover"
)

// A step at which the core falls over is what the reader of a bug report looks
// for: it is told, and the program goes on.
func TestACorePanicIsAFinding(t *testing.T) {
	p := player{} // a core that is not there falls over at once
	err := p.run(0, failover.Event{Kind: failover.Start})
	if err == nil || !strings.Contains(err.Error(), "panics at this step") {
		t.Errorf("the step ended with %v", err)
	}
}
