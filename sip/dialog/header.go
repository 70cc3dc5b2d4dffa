package dialog

import (
	"strings"
	"time"

	"phoned/sip"
)

// Tags are option tags as they stand in Supported and Require (RFC 3261
// §19.2): those that a Call knows.
type Tags uint8

// The option tags.
const (
	TagTimer    Tags = 1 << iota // timer: session timers, RFC 4028
	TagReliable                  // 100rel: reliable provisional responses, RFC 3262
)

var tagNames = [...]string{"timer", "100rel"}

// ParseTag finds an option tag by its name in any case (RFC 3261 §7.3.1); ok is
// false for one that a Call does not know.
func ParseTag(name string) (t Tags, ok bool) {
	for i, n := range tagNames {
		if strings.EqualFold(n, name) {
			return 1 << i, true
		}
	}
	return 0, false
}

// String is the list as it stands in a header; empty for none.
func (t Tags) String() string {
	var names []string
	for i, n := range tagNames {
		if t&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// Has tells whether all of other are among t.
func (t Tags) Has(other Tags) bool { return t&other == other }

// A Refresher says which side of a request refreshes the session (RFC 4028 §4).
type Refresher uint8

// The refreshers; the names are those of the parameter.
const (
	NoRefresher Refresher = iota // left open
	UAC                          // who sent the request
	UAS                          // who answers it
)

// String is the value of the refresher parameter; empty if it is left open.
func (r Refresher) String() string {
	switch r {
	case UAC:
		return "uac"
	case UAS:
		return "uas"
	default:
		return ""
	}
}

// An Expiry is what Session-Expires and Min-SE say (RFC 4028 §4, §5), in whole
// seconds. 0 = no such header.
type Expiry struct {
	Interval  time.Duration // Session-Expires
	Refresher Refresher     // its parameter
	Min       time.Duration // Min-SE
}

// A RAck names the provisional response that a PRACK acknowledges (RFC 3262
// §7.2). An RSeq of 0 is none.
type RAck struct {
	RSeq   uint32
	CSeq   uint32
	Method sip.Method
}
