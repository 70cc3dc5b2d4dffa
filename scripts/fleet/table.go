package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The table stands in README.md between these lines; what is around them is
// written by hand.
const (
	tableBegins = "<!-- fleet: this table is written by scripts/fleet -->\n"
	tableEnds   = "<!-- fleet: end -->\n"
)

// table is what all runs have shown, as Markdown.
func table(set settings, runs [][2]result) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s phones, seed %d.\n\n", thousands(set.phones), set.seed)
	b.WriteString("| story | Smart Failover | without service, s: p50 / p99 / max | peak REGISTER/s: primary / backup " +
		"| switches a phone: p50 / p99 / max | dropped by full queues | without service at the end |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for i, both := range runs {
		for j, r := range both {
			name := "[" + scenarios[i].title + "](" + scenarios[i].name + ".svg)"
			if j > 0 {
				name = ""
			}
			fmt.Fprintf(&b, "| %s | %d | %s / %s / %s | %s / %s | %d / %d / %d | %s | %s |\n", name, j,
				seconds(r.outside.p50), seconds(r.outside.p99), seconds(r.outside.max),
				thousands(int(r.peak[primary])), thousands(int(r.peak[backup])),
				r.switches.p50, r.switches.p99, r.switches.max,
				thousands(r.dropped[primary]+r.dropped[backup]), thousands(r.stranded))
		}
	}
	return b.Bytes()
}

// seconds is a time in ticks, to a tenth of a second.
func seconds(t uint32) string { return num(tick(t).duration().Seconds()) }

// errNoTable says that a text has no place for the table.
var errNoTable = errors.New("no table to replace")

// putTable replaces the table in text.
func putTable(text, table []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(tableBegins))
	_, after, found := bytes.Cut(rest, []byte(tableEnds))
	if !ok || !found {
		return nil, errNoTable
	}
	return bytes.Join([][]byte{before, []byte(tableBegins), table, []byte(tableEnds), after}, nil), nil
}

// writeTable puts the table into the file, or begins the file with it.
func writeTable(path string, table []byte) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(tableBegins + tableEnds)
	} else if err != nil {
		return err
	}
	text, err = putTable(text, table)
	if err != nil {
		return fmt.Errorf("write the table into %s: %w", path, err)
	}
	return os.WriteFile(path, text, 0o644)
}
