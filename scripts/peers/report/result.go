package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// An Outcome is how a measurement ended.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"       // after Seconds
	Never     Outcome = "never"      // not within Seconds, the limit
	NoCommand Outcome = "no command" // the program has none for it
	Unreached Outcome = "unreached"  // it did not get into the situation, which itself is the result
	Failed    Outcome = "failed"     // the measurement itself; Note says why
)

// A Result is one measurement.
type Result struct {
	Peer      string  `json:"peer"`
	Fault     string  `json:"fault"`
	Situation string  `json:"situation"`
	Outcome   Outcome `json:"outcome"`
	Seconds   float64 `json:"seconds"`
	Late      float64 `json:"late"` // s that the machine was late at worst meanwhile
	Note      string  `json:"note,omitempty"`
}

func (r Result) cell() [3]string { return [3]string{r.Peer, r.Fault, r.Situation} }

// Results is everything that was measured, and with what.
type Results struct {
	Versions map[string]string `json:"versions"` // of each program, as it tells it
	Missing  []string          `json:"missing"`  // programs that the machine had not
	Results  []Result          `json:"results"`
}

// Parse reads what JSON wrote.
func Parse(text []byte) (Results, error) {
	var r Results
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read the results: %w", err)
	}
	return r, nil
}

// JSON is the results as a file, one result a line.
func (rs Results) JSON() []byte {
	var b strings.Builder
	enc := func(v any) string {
		text, _ := json.Marshal(v) // strings and finite numbers only
		return string(text)
	}
	fmt.Fprintf(&b, "{\n\"versions\": %s,\n\"missing\": %s,\n\"results\": [\n", enc(rs.Versions), enc(append([]string{}, rs.Missing...)))
	for i, r := range rs.Results {
		b.WriteString(enc(r))
		if i < len(rs.Results)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n}\n")
	return []byte(b.String())
}

// Replace puts what was measured anew in the place of what was known of the
// same cells, in the order of the catalogue. What is new of a program, version
// or absence, is taken, too.
func (rs Results) Replace(fresh Results) Results {
	again := map[[3]string]bool{}
	for _, r := range fresh.Results {
		again[r.cell()] = true
	}
	out := Results{Versions: map[string]string{}, Missing: fresh.Missing, Results: slices.Clone(fresh.Results)}
	for _, versions := range []map[string]string{rs.Versions, fresh.Versions} {
		for k, v := range versions {
			out.Versions[k] = v
		}
	}
	for _, r := range rs.Results {
		if !again[r.cell()] {
			out.Results = append(out.Results, r)
		}
	}
	place := map[[3]string]int{}
	for i, c := range (Selection{}).Cells() {
		place[[3]string{c.Peer.ID, c.Fault.ID, c.Situation.ID}] = i
	}
	slices.SortStableFunc(out.Results, func(a, b Result) int { return cmp.Compare(place[a.cell()], place[b.cell()]) })
	return out
}

// Of is the result of a cell: of several measurements the middle one, and the
// worse one of the two middle ones. False: there is none but failed ones.
func (rs Results) Of(c Cell) (Result, bool) {
	var all []Result
	for _, r := range rs.Results {
		if r.cell() == [3]string{c.Peer.ID, c.Fault.ID, c.Situation.ID} && r.Outcome != Failed {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return Result{}, false
	}
	rank := map[Outcome]int{Done: 0, Never: 1, Unreached: 2, NoCommand: 3}
	slices.SortFunc(all, func(a, b Result) int {
		return cmp.Or(cmp.Compare(rank[a.Outcome], rank[b.Outcome]), cmp.Compare(a.Seconds, b.Seconds))
	})
	return all[len(all)/2], true
}

// Runs is how often the cells were measured: the fewest and the most.
func (rs Results) Runs() (least, most int) {
	n := map[[3]string]int{}
	for _, r := range rs.Results {
		if r.Outcome != Failed {
			n[r.cell()]++
		}
	}
	for _, k := range n {
		most = max(most, k)
		if least == 0 || k < least {
			least = k
		}
	}
	return least, most
}
