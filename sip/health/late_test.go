package health

import (
	"fmt"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// What the network says of a probe that has had its answer is about nothing any
// more: the server is alive.
func TestAFaultAfterTheProbe(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Ask, Target: one})
	r.now = 20 * time.Millisecond
	r.step(Event{Kind: Answer, Target: one, Method: sip.OPTIONS, Status: 200, Probe: true})
	r.says("0 send one", "20 end one", "20 one up changed asked")
	r.step(Event{Kind: Fault, Target: one, Cause: failover.ICMP})
	r.says()
	// To a line's own request it is another matter.
	r.step(Event{Kind: Dead, Target: one, Cause: failover.ICMP})
	r.says(fmt.Sprintf("20 one down cause %d status 0 changed", failover.ICMP))
}
