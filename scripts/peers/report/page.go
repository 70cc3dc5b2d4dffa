package report

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl
var pageText string

// Page is the results in words: tables, and how they came about.
func (rs Results) Page() (string, error) {
	page, err := template.New("page").Funcs(template.FuncMap{
		"join": strings.Join,
		"version": func(program string) string {
			if v := rs.Versions[program]; v != "" {
				return " " + v
			}
			return ""
		},
		"ids": func(list any) string {
			switch list := list.(type) {
			case []Peer:
				return code(ids(list, func(p Peer) string { return p.ID }))
			case []Fault:
				return code(ids(list, func(f Fault) string { return f.ID }))
			case []Situation:
				return code(ids(list, func(s Situation) string { return s.ID }))
			}
			return ""
		},
	}).Parse(pageText)
	if err != nil {
		return "", fmt.Errorf("read the page's template: %w", err)
	}
	least, most := rs.Runs()
	times := "Each cell was measured once."
	switch {
	case most > 1 && least == most:
		times = fmt.Sprintf("Each cell was measured %d times; the middle result is shown.", most)
	case most > 1:
		times = fmt.Sprintf("Each cell was measured between %d and %d times; the middle result is shown.", least, most)
	}
	var late float64
	for _, c := range (Selection{}).Cells() {
		if r, ok := rs.Of(c); ok {
			late = max(late, r.Late)
		}
	}
	var b strings.Builder
	err = page.Execute(&b, struct {
		Peers         []Peer
		Faults        []Fault
		Situations    []Situation
		Missing       []string
		Tables, Times string
		Late          string
		Minutes       int
	}{Peers(), Faults(), Situations(), rs.Missing, rs.Tables(), times, Seconds(late), minutes})
	if err != nil {
		return "", fmt.Errorf("write the page: %w", err)
	}
	return b.String(), nil
}

// minutes is how long a full run takes, eight cells at once.
const minutes = 20

func code(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
