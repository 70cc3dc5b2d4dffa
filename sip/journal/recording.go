package journal

import (
	"time"

	"phoned/sip/failover"
)

// A Recording is what a Recorder remembered of one line.
type Recording struct {
	line     int
	cfg      failover.Config
	seed     uint64
	zero     time.Time
	segments []segment
}
