package report

import (
	"fmt"
	"strings"
	"time"
)

// Text is what a result's place in the table says, in seconds.
func (r Result) Text() string {
	switch r.Outcome {
	case Done:
		return Seconds(r.Seconds)
	case Never:
		return "never"
	case NoCommand:
		return "no command"
	case Unreached:
		return "never at the backup"
	}
	return "failed"
}

// Seconds is a time as the table and the chart write it: three digits after the
// point below a tenth, one below ten, else none.
func Seconds(s float64) string {
	switch {
	case s < 0.0005:
		return "0.000"
	case s < 0.0995:
		return fmt.Sprintf("%.3f", s)
	case s < 0.995:
		return fmt.Sprintf("%.2f", s)
	case s < 9.95:
		return fmt.Sprintf("%.1f", s)
	}
	return fmt.Sprintf("%.0f", s)
}

// Tables are the results in Markdown: a table for each situation, a column for
// each fault, a row for each peer. What was not measured has a dash. The best of
// a column, and what comes within a tenth of it or 20 ms, is bold.
func (rs Results) Tables() string {
	var b strings.Builder
	for _, s := range Situations() {
		fmt.Fprintf(&b, "### %s\n\n%s. Given up after %s.\n\n| s |", title(s.Title), title(s.What), limit(s.Limit))
		for _, f := range Faults() {
			fmt.Fprintf(&b, " %s |", f.Title)
		}
		b.WriteString("\n|---|" + strings.Repeat("---:|", len(Faults())) + "\n")
		for _, p := range Peers() {
			fmt.Fprintf(&b, "| %s |", p.Title)
			for _, f := range Faults() {
				text := "–"
				if r, ok := rs.Of(Cell{p, f, s}); ok {
					text = r.Text()
					if r.Outcome == Done && r.Seconds <= max(rs.best(f, s)*1.1, rs.best(f, s)+0.02) {
						text = "**" + text + "**"
					}
				}
				fmt.Fprintf(&b, " %s |", text)
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// best is the shortest time of all peers.
func (rs Results) best(f Fault, s Situation) float64 {
	best := s.Limit.Seconds()
	for _, p := range Peers() {
		if r, ok := rs.Of(Cell{p, f, s}); ok && r.Outcome == Done {
			best = min(best, r.Seconds)
		}
	}
	return best
}

func limit(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
