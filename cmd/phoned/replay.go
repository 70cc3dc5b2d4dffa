package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
)

// replay runs a record through this program and tells whether it decides the
// same.
func replay(t *toolCall, args []string) error {
	if err := t.parse(args, "FILE"); err != nil {
		return err
	}
	path := t.flags.Arg(0)
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	report, err := journal.Replay(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, l := range report.Lines {
		t.explain(l.Decisions, time.Time{})
		t.verdict(report, l)
	}
	if len(report.Lines) == 0 {
		t.say("The record holds no line.", "记录中没有线路。")
	}
	if !report.Same() {
		return errDiffers
	}
	return nil
}

// verdict tells how the replay of a line ended.
func (t *toolCall) verdict(report *journal.Report, l journal.Replayed) {
	since, until := l.Since.Local().Format(time.DateTime), l.Until.Local().Format(time.DateTime)
	switch {
	case l.Decides != nil:
		t.say("Line %d: this program (%s) decides otherwise than the recorded one (%s), at line %d of the file:",
			"线路%d:本程序(%s)与记录时的程序(%s)的决定不同,见文件第%d行:", l.Line, version, report.Program, l.Decides.FileLine)
		t.difference(l.Decides)
	case l.Acts != nil:
		t.say("Line %d: this program (%s) decides the same as the recorded one (%s), yet does something else at line %d of the file:",
			"线路%d:本程序(%s)与记录时的程序(%s)的决定相同,但动作不同,见文件第%d行:", l.Line, version, report.Program, l.Acts.FileLine)
		t.difference(l.Acts)
	default:
		t.say("Line %d: the same %d decisions in %d steps, %s to %s (recorded by %s, replayed by %s).",
			"线路%d:决定相同,共%d项决定,%d个步骤,%s至%s(记录程序%s,重放程序%s)。",
			l.Line, len(l.Decisions), l.Steps, since, until, report.Program, version)
	}
}

// difference shows one step as it was and as it is.
func (t *toolCall) difference(d *journal.Difference) {
	fmt.Fprintf(t.stdout, "  %s %s\n", d.Time.Local().Format(time.DateTime), d.Event)
	show := func(en, zh string, decisions []journal.Record) {
		var texts []string
		for _, r := range decisions {
			texts = append(texts, phone.Explain(t.language(), time.Local, r))
		}
		if len(texts) == 0 {
			texts = append(texts, "-")
		}
		t.say("  "+en+": %s", "  "+zh+":%s", strings.Join(texts, "\n    "))
	}
	show("recorded", "记录", d.Recorded)
	show("now", "现在", d.Present)
	for _, a := range d.Actions {
		fmt.Fprintf(t.stdout, "    %s\n", a)
	}
}
