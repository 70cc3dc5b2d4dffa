package sim

import (
	"fmt"
	"strings"
	"time"

	"phoned/hw"
)

// The phone on a terminal: columns inside the frame, rows of text.
const (
	cols     = 40
	textRows = 7
)

// A style brackets a line with escape sequences, or with nothing in tests.
type style struct{ on, off string }

var (
	reverse = style{"\x1b[7m", "\x1b[0m"}
	bold    = style{"\x1b[1m", "\x1b[0m"}
	red     = style{"\x1b[1;31m", "\x1b[0m"}
)

func (s style) of(text string) string { return s.on + text + s.off }

// draw is the phone as lines of text. The clock moves the blinking lamps.
func draw(s Shown, now time.Time) []string {
	line := func(content string) string { return "│" + content + "│" }
	out := []string{
		"╭" + strings.Repeat("─", cols) + "╮",
		line(reverse.of(statusBar(s.Screen))),
		line(bold.of(Fit(" "+s.Screen.Title, cols))),
		line(Fit("", cols)),
	}
	for _, big := range wrap(spread(s.Screen.Big), cols-2, 2) {
		out = append(out, line(bold.of(center(big, cols))))
	}
	for len(out) < 6 {
		out = append(out, line(Fit("", cols)))
	}
	rows, first := drawRows(s.Screen.Rows)
	for i := range textRows {
		text, end := Fit("", cols), "│"
		if first+i < len(rows) {
			text = rows[first+i]
		}
		// An arrow on the frame says that there is more.
		switch {
		case i == 0 && first > 0:
			end = "▲"
		case i == textRows-1 && first+textRows < len(rows):
			end = "▼"
		}
		out = append(out, "│"+text+end)
	}
	out = append(out,
		line(reverse.of(softKeys(s.Screen.Soft))),
		"╰"+strings.Repeat("─", cols)+"╯",
	)
	return append(out, lamps(s, now)...)
}

// statusBar holds the clock, the server that serves and the signs, all as
// words: no information by colour alone.
func statusBar(s hw.Screen) string {
	left := " " + s.Time
	if s.Server > 0 {
		left += fmt.Sprintf("  [%d]", s.Server)
	}
	var signs []string
	for _, f := range []struct {
		on   bool
		name string
	}{
		{s.Flags.Offline, "NO NET"},
		{s.Flags.DND, "DND"},
		{s.Flags.Mute, "MUTE"},
		{s.Flags.Speaker, "SPK"},
		{s.Flags.Messages, "MSG"},
	} {
		if f.on {
			signs = append(signs, f.name)
		}
	}
	right := strings.Join(signs, " ") + " "
	return Fit(left, cols-Width(right)) + right
}

// spread sets short digits apart so that they stand out.
func spread(big string) string {
	big = Clean(big)
	if big == "" || len(big) > 16 || strings.Trim(big, "0123456789*#+") != "" {
		return big
	}
	return strings.Join(strings.Split(big, ""), " ")
}

// drawRows are the rows as lines, and the first line to be shown, so that the
// cursor is never off the picture.
func drawRows(rows []hw.Row) (lines []string, first int) {
	for _, r := range rows {
		drawn := drawRow(r)
		lines = append(lines, drawn...)
		if r.Selected {
			first = max(0, len(lines)-textRows)
		}
	}
	return lines, first
}

// drawRow is a row of text; a sentence may take three lines, also under the
// cursor, a menu's other entries one.
func drawRow(r hw.Row) (lines []string) {
	if r.Selected {
		for i, text := range wrap(r.Text, cols-3, 3) {
			lines = append(lines, reverse.of(Fit([2]string{" > ", "   "}[min(i, 1)]+text, cols)))
		}
		return lines
	}
	for i, text := range wrap(r.Text, cols-3, 3) {
		switch {
		case !r.Alert:
			lines = append(lines, Fit("   "+text, cols))
		case i == 0:
			lines = append(lines, red.of(Fit(" ! "+text, cols)))
		default:
			lines = append(lines, red.of(Fit("   "+text, cols)))
		}
	}
	return lines
}

func softKeys(soft [4]string) string {
	var b strings.Builder
	for _, s := range soft {
		b.WriteString(center(s, cols/4))
	}
	return b.String()
}

// lamps are two lines: ● shines now, ○ does not; the word tells how.
func lamps(s Shown, now time.Time) []string {
	var rows [2]string
	for l := hw.Lamp(0); l < hw.LampCount; l++ {
		sign := "○"
		if shines(s.Lamps[l], now) {
			sign = "●"
		}
		text := sign + " " + l.String()
		if light := s.Lamps[l]; light == hw.Slow || light == hw.Fast {
			text += "~"
		}
		row := &rows[0]
		if l >= hw.LampSpeaker || l == hw.LampMessage {
			row = &rows[1]
		}
		*row += Fit(text, 11)
	}
	hook := "handset: down"
	if s.Up {
		hook = "handset: UP"
	}
	return []string{" " + rows[0], " " + rows[1], " " + hook}
}

func shines(light hw.Light, now time.Time) bool {
	switch light {
	case hw.On:
		return true
	case hw.Slow: // 1 s on, 1 s off
		return now.UnixMilli()/1000%2 == 0
	case hw.Fast: // 250 ms on, 250 ms off
		return now.UnixMilli()/250%2 == 0
	}
	return false
}
