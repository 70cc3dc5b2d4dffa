package gpio

import (
	"fmt"
	"slices"
	"strings"

	"phoned/hw"
)

// A trouble is something of the panel that is out of order.
type trouble struct {
	part  string
	key   hw.Key // the contact; hw.NoKey = the part's own
	lines bool   // the lines, not a contact
}

// troubles are all of them with their words, the oldest first.
type troubles struct {
	what []trouble
	text []string
}

// set says in words what is out of order, or with none that it is not any
// more. It tells whether that is news.
func (t *troubles) set(what trouble, text string) bool {
	for i := range t.what {
		if t.what[i] != what {
			continue
		}
		if text == "" {
			t.what = append(t.what[:i], t.what[i+1:]...)
			t.text = append(t.text[:i], t.text[i+1:]...)
			return true
		}
		old := t.text[i]
		t.text[i] = text
		return old != text
	}
	if text == "" {
		return false
	}
	t.what, t.text = append(t.what, what), append(t.text, text)
	return true
}

func (t *troubles) String() string { return strings.Join(t.text, " ") }

// fault tells the phone what is out of order, if it is news.
func (p *Panel) fault(what trouble, text string) {
	if !p.troubles.set(what, text) {
		return
	}
	in := hw.Input{Kind: hw.Fault, Text: p.troubles.String()}
	if len(p.troubles.what) == 1 {
		in.Key = p.troubles.what[0].key
	}
	p.queue = append(p.queue, in)
}

// failed tells that the lines of a part do not work. It is told once: why they
// do not now, at the first failure, says more than why they can not be had again.
func (p *Panel) failed(part string, err error) {
	what := trouble{part: part, lines: true}
	if slices.Contains(p.troubles.what, what) {
		return
	}
	verb := "does"
	if part == lampsName {
		verb = "do"
	}
	p.fault(what, fmt.Sprintf("The %s %s not answer (%v).", part, verb, err))
}

// well tells that they do again.
func (p *Panel) well(part string) { p.fault(trouble{part: part, lines: true}, "") }
