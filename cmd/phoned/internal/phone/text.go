package phone

import (
	"strconv"
	"strings"

	"phoned/hw"
)

// Text is a screen as lines of text: the status bar, the title, the big area,
// a line for each row ("> " marks the cursor, "! " a trouble), and the words of
// the keys below the display.
func Text(s hw.Screen) []string {
	bar := []string{s.Time}
	if s.Server != 0 {
		bar = append(bar, "["+strconv.Itoa(s.Server)+"]")
	}
	for _, f := range [...]struct {
		on   bool
		name string
	}{
		{s.Flags.Offline, "OFFLINE"},
		{s.Flags.DND, "DND"},
		{s.Flags.Mute, "MUTE"},
		{s.Flags.Speaker, "SPEAKER"},
		{s.Flags.Messages, "MESSAGES"},
	} {
		if f.on {
			bar = append(bar, f.name)
		}
	}
	lines := []string{strings.Join(bar, " "), s.Title}
	if s.Big != "" {
		lines = append(lines, s.Big)
	}
	for _, r := range s.Rows {
		mark := ""
		switch {
		case r.Selected:
			mark = "> "
		case r.Alert:
			mark = "! "
		}
		lines = append(lines, mark+r.Text)
	}
	if s.Soft != [4]string{} {
		lines = append(lines, strings.Join(s.Soft[:], " | "))
	}
	return lines
}
