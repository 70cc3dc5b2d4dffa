package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
)

// explain prints the last decisions of a running phone, newest last, or saves
// what a replay needs.
func explain(t *toolCall, args []string) error {
	t.socketFlag()
	asJSON := t.flags.Bool("json", false, "print each decision as a JSON object")
	line := t.flags.Int("line", 0, "only the decisions of `line` N")
	n := t.flags.Int("n", 20, "`how many` decisions, at most 1000")
	record := t.flags.String("record", "", "save the replayable log of all lines into `file` instead; - prints it")
	if err := t.parse(args); err != nil {
		return err
	}
	caller, err := call(t.socket)
	if err != nil {
		return err
	}
	defer func() { _ = caller.Close() }()
	if *record != "" {
		return saveRecord(t, caller, *record)
	}

	command := map[string]any{"do": "decisions", "n": *n}
	if *line != 0 {
		command["line"] = *line
	}
	if *asJSON {
		var answer struct{ Decisions []json.RawMessage }
		if err := caller.Ask(command, &answer); err != nil {
			return err
		}
		for _, d := range answer.Decisions {
			fmt.Fprintf(t.stdout, "%s\n", d)
		}
		return nil
	}
	var answer struct{ Decisions []journal.Record }
	if err := caller.Ask(command, &answer); err != nil {
		return err
	}
	if len(answer.Decisions) == 0 {
		t.say("Nothing had to be decided yet.", "暂无记录。")
	}
	t.explain(answer.Decisions, time.Now())
	return nil
}

// call connects to the phone, or says what may be wrong.
func call(socket string) (*control.Caller, error) {
	caller, err := control.Call(socket)
	if err != nil {
		return nil, fmt.Errorf("%w (-socket PATH is the path that the phone was given with -control)", err)
	}
	return caller, nil
}

// explain prints decisions; a date stands above those of another day than the
// one before.
func (t *toolCall) explain(decisions []journal.Record, today time.Time) {
	day := today.Local().Format(time.DateOnly)
	for _, r := range decisions {
		if d := r.Time.Local().Format(time.DateOnly); d != day {
			day = d
			fmt.Fprintln(t.stdout, day)
		}
		fmt.Fprintln(t.stdout, phone.Explain(t.language(), time.Local, r))
	}
}

// saveRecord writes the replayable log. It holds no secret, but the addresses
// of the servers: it is for its owner's eyes first.
func saveRecord(t *toolCall, caller *control.Caller, path string) error {
	var answer struct{ Record string }
	if err := caller.Ask(map[string]any{"do": "record"}, &answer); err != nil {
		return err
	}
	if path == "-" {
		_, err := fmt.Fprint(t.stdout, answer.Record)
		return err
	}
	if err := os.WriteFile(path, []byte(answer.Record), 0o600); err != nil {
		return fmt.Errorf("save the record: %w", err)
	}
	t.say("Saved. It holds no passwords and no numbers, but the addresses of the servers. \"phoned replay %s\" shows it.",
		"已保存。其中没有密码和号码,但有服务器地址。可用 \"phoned replay %s\" 查看。", path)
	return nil
}
