package journal

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// A Target is a server in a decision.
type Target struct {
	Server  int    `json:"server"`            // 1 = primary, 2 = backup, ...; 0 = none
	Address string `json:"address,omitempty"` // "ip:port", or "host:port" before it is known
}

// A Record is one decision of a line and why it was taken.
type Record struct {
	Time     time.Time
	Line     int
	Decision failover.Decision
	From, To Target // the server left, or spoken of; the one that goes on
	Method   sip.Method
	Cause    failover.Cause
	Status   int           // of the answer that is the evidence; 0 = none
	Call     bool          // a request of the user is behind it
	Cost     time.Duration // what it took, or has cost who waits
	Until    time.Time     // when the line goes on by itself; zero = not planned
}

// Of is the record of a Decide action. date turns a time of the core into one
// of the calendar, target a server of an action into one for people.
func Of(line int, at time.Time, a failover.Action, date func(time.Duration) time.Time, target func(int8) Target) Record {
	r := Record{
		Time: at, Line: line, Decision: a.Decision, Method: a.Method, Cause: a.Cause, Status: int(a.Status),
		Call: a.ID != 0, Cost: a.Cost,
	}
	if a.From != failover.NoServer {
		r.From = target(a.From)
	}
	if a.Server != failover.NoServer {
		r.To = target(a.Server)
	}
	if a.At != 0 && a.At != failover.Never {
		r.Until = date(a.At)
	}
	return r
}

// Packet describes the packet, or its absence, that is the evidence: "503 to
// INVITE", "INVITE: silence"; "" if there is none.
func (r Record) Packet() string {
	method := methodName(r.Method)
	switch {
	case r.Cause == failover.NoCause && r.Status == 0:
		return method
	case r.Status != 0 && method == "":
		return fmt.Sprint(r.Status)
	case r.Status != 0:
		return fmt.Sprintf("%d to %s", r.Status, method)
	case method == "":
		return CauseName(r.Cause)
	}
	return method + ": " + CauseName(r.Cause)
}

// wireRecord is a Record as JSON.
type wireRecord struct {
	Time     time.Time    `json:"time"`
	Line     int          `json:"line"`
	Decision string       `json:"decision"`
	From     *Target      `json:"from,omitempty"`
	To       *Target      `json:"to,omitempty"`
	Call     bool         `json:"call,omitempty"`
	Evidence wireEvidence `json:"evidence,omitzero"`
	CostMS   float64      `json:"cost_ms,omitempty"`
	Until    time.Time    `json:"until,omitzero"`
}

type wireEvidence struct {
	Method string `json:"method,omitempty"`
	Cause  string `json:"cause,omitempty"`
	Status int    `json:"status,omitempty"`
	Packet string `json:"packet,omitempty"`
}

// MarshalJSON writes the record as docs/CONTROL.md tells it.
func (r Record) MarshalJSON() ([]byte, error) {
	w := wireRecord{
		Time: r.Time, Line: r.Line, Decision: DecisionName(r.Decision), Call: r.Call,
		Evidence: wireEvidence{methodName(r.Method), CauseName(r.Cause), r.Status, r.Packet()},
		CostMS:   float64(r.Cost.Microseconds()) / 1000, Until: r.Until,
	}
	if r.From.Server != 0 {
		w.From = &r.From
	}
	if r.To.Server != 0 {
		w.To = &r.To
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote. A decision, method or cause that
// this program does not know is an error.
func (r *Record) UnmarshalJSON(text []byte) error {
	var w wireRecord
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	decision, ok := ParseDecision(w.Decision)
	if !ok {
		return fmt.Errorf("unknown decision %.40q", w.Decision)
	}
	cause, ok := ParseCause(w.Evidence.Cause)
	if !ok {
		return fmt.Errorf("unknown cause %.40q", w.Evidence.Cause)
	}
	method, ok := sip.ParseMethod(w.Evidence.Method)
	if !ok && w.Evidence.Method != "" {
		return fmt.Errorf("unknown method %.40q", w.Evidence.Method)
	}
	*r = Record{
		Time: w.Time, Line: w.Line, Decision: decision, Method: method, Cause: cause, Status: w.Evidence.Status,
		Call: w.Call, Cost: time.Duration(math.Round(w.CostMS*1000)) * time.Microsecond, Until: w.Until,
	}
	if w.From != nil {
		r.From = *w.From
	}
	if w.To != nil {
		r.To = *w.To
	}
	return nil
}
