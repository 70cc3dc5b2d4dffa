package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// wellFormed reads a whole document and counts its elements.
func wellFormed(t *testing.T, doc []byte) map[string]int {
	t.Helper()
	elements := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(string(doc)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
		}
	}
}

func TestSVG(t *testing.T) {
	s := newSVG(100, 50, `a < b & "c"`)
	s.text(1, 2, "end", "minor", "<5 & more>")
	s.line(0, 0, 1.26, math.NaN(), "grid")
	s.steps(10, 2, []float64{5, 5, 5, 7.25, 7.2, 1}, "smart")
	s.steps(10, 2, nil, "smart")
	doc := s.bytes()
	if got := wellFormed(t, doc); got["path"] != 2 || got["text"] != 1 || got["rect"] != 1 {
		t.Errorf("elements %v, want 2 paths, a text and the ground", got)
	}
	for _, want := range []string{
		`a &lt; b &amp; &quot;c&quot;`, `&lt;5 &amp; more&gt;`, `M0 0L1.3 0`,
		`d="M10 5H16V7.2H20V1H22"`, // levels that do not differ are one
		`prefers-color-scheme:dark`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
	if again := s.bytes(); string(again) != string(doc) {
		t.Error("a document that is asked for twice differs")
	}
}

func TestNum(t *testing.T) {
	for v, want := range map[float64]string{0: "0", -0.04: "0", 1.04: "1", 1.06: "1.1", 816: "816", -3.25: "-3.2", math.Inf(1): "0"} {
		if got := num(v); got != want {
			t.Errorf("%v is written as %s, want %s", v, got, want)
		}
	}
}

// A plot shows the highest second of each column, shades what is down, and
// stays small however long its story is.
func TestPlot(t *testing.T) {
	sc := &scenario{
		name: "test", title: "A <story>", length: 2 * time.Hour,
		faults: append(down(silent, time.Minute, 2*time.Minute, primary), fault{time.Hour, backup, reset}),
	}
	var runs [2]result
	for i := range runs {
		c := newCounts(sc.length)
		for sec := range c.registers[0] {
			c.registers[0][sec] = uint32(sec % 97)
		}
		c.registers[1][1234] = 40_000
		c.without = make([]uint32, 1441)
		runs[i] = result{counts: c, smart: i == 1}
	}
	doc := plot(sc, 100_000, runs)
	got := wellFormed(t, doc)
	if n := strings.Count(string(doc), `class="down"`); n != 2 {
		t.Errorf("%d outages are shaded, want 2, the one without an end too", n)
	}
	if strings.Count(string(doc), `class="smart" d=`) != 3 || strings.Count(string(doc), `class="plain" d=`) != 3 {
		t.Errorf("curves are missing: %v", got)
	}
	if !strings.Contains(string(doc), ">100k<") {
		t.Error("no scale up to 100k for a peak of 40,000")
	}
	if len(doc) > 100_000 {
		t.Errorf("%d bytes", len(doc))
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

// The table replaces itself and nothing else.
func TestPutTable(t *testing.T) {
	text := []byte("before\n" + tableBegins + "old\n" + tableEnds + "after\n")
	got, err := putTable(text, []byte("new\n"))
	if want := "before\n" + tableBegins + "new\n" + tableEnds + "after\n"; err != nil || string(got) != want {
		t.Errorf("%v:\n%s", err, got)
	}
	if _, err := putTable([]byte("no table"), nil); !errors.Is(err, errNoTable) {
		t.Errorf("a text without a table: %v", err)
	}
}
