package siptest

import (
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// A Rule says what a server does with certain requests instead of what it
// would do by itself. The first rule that fits is taken. What counts are
// transactions: copies of a request (same branch) get what the first one got.
//
// A 2xx to INVITE by a rule is repeated for 32 s as if every ACK was lost (RFC
// 3261 §13.3.1.4), so that it shows whether the phone acknowledges each copy.
type Rule struct {
	Method string             // empty = any but ACK
	If     func(Message) bool // nil = all of the method
	Nth    int                // the k-th that fits since the rule was set, from 1; 0 = every one
	Count  int                // that many from the Nth on; 0 = 1
	Copy   int                // act on the k-th copy, be silent before; 0 or 1 = the first
	Steps  []Step             // what is done, in order; none = nothing at all
}

// A Step is one thing a Rule does.
type Step struct {
	After   time.Duration // since the step before
	Status  int           // answer with it
	Reason  string        // "" = the usual phrase
	Headers []string      // "Name: value"
	Body    string        // application/sdp
	Pass    bool          // do what the server would do by itself
	Close   bool          // close the connection the request came over
}

// Reply is a rule's only step: an answer with a status and headers.
func Reply(status int, headers ...string) []Step {
	return []Step{{Status: status, Headers: headers}}
}

// Pass is a rule's only step: the server's own answer, late.
func Pass(after time.Duration) []Step { return []Step{{After: after, Pass: true}} }

// Authorized tells whether a request has credentials: for Rule.If, to skip the
// requests that a digest server only challenges.
func Authorized(m Message) bool {
	return m.Header("Authorization") != "" || m.Header("Proxy-Authorization") != ""
}

type ruleState struct {
	Rule
	seen int
}

// SetRules replaces the rules and starts counting anew.
func (s *Server) SetRules(rules ...Rule) { s.set(func() { s.setRules(rules) }) }

func (s *Server) setRules(rules []Rule) {
	s.rules = nil
	for _, r := range rules {
		if r.Count == 0 {
			r.Count = 1
		}
		s.rules = append(s.rules, &ruleState{Rule: r})
	}
}

// applyRules does what the first fitting rule says; false = none fits.
func (s *Server) applyRules(tx *serverTx) bool {
	if len(s.rules) == 0 {
		return false
	}
	m := view(tx.req, nil)
	taken := false
	for _, r := range s.rules {
		if r.Method != "" && r.Method != m.Method || r.If != nil && !r.If(m) {
			continue
		}
		r.seen++ // every rule counts, also behind the one that is taken
		if taken || r.Nth != 0 && (r.seen < r.Nth || r.seen >= r.Nth+r.Count) {
			continue
		}
		taken = true
		steps, copies := r.Steps, r.Copy
		if copies <= 1 {
			s.do(tx, steps)
			continue
		}
		tx.again = func() {
			if tx.copies >= copies {
				tx.again = nil
				s.do(tx, steps)
			}
		}
	}
	return taken
}

// do carries out the steps, each its time after the one before.
func (s *Server) do(tx *serverTx, steps []Step) {
	for i, step := range steps {
		if step.After > 0 {
			rest := append([]Step{}, steps[i:]...)
			rest[0].After = 0
			s.st.after(step.After, func() { s.do(tx, rest) })
			return
		}
		switch {
		case step.Pass:
			s.normal(tx)
		case step.Close:
			if c := tx.flow.conn; c != nil {
				c.close()
			}
		default:
			tx.respond(s.stepAnswer(tx, step), false)
		}
	}
}

func (s *Server) stepAnswer(tx *serverTx, step Step) *gosip.Response {
	res := tx.answer(step.Status, step.Reason)
	own := false
	for _, h := range step.Headers {
		name, value, _ := cutHeader(h)
		own = own || name == "Contact"
		res.AppendHeader(gosip.NewHeader(name, value))
	}
	// A dialog needs a Contact (RFC 3261 §12.1.1).
	if tx.req.Method == gosip.INVITE && step.Status > 100 && step.Status < 300 && !own {
		res.AppendHeader(s.st.contact(tx.flow, tx.req.Recipient.User))
	}
	if step.Body != "" {
		res.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte(step.Body))
	}
	return res
}
