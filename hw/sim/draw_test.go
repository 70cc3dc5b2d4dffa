package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/hw"
)

func TestDraw(t *testing.T) {
	var s Shown
	s.Screen = hw.Screen{
		Time: "14:02", Server: 2, Title: "Calling", Big: "1001",
		Rows:  []hw.Row{{Text: "via Server 2, 3 s"}, {Text: "服务器1无响应", Alert: true}},
		Soft:  [4]string{"", "", "", "Cancel"},
		Flags: hw.Flags{Mute: true},
	}
	s.Lamps[hw.LampLine1] = hw.On
	s.Lamps[hw.LampMessage] = hw.Slow
	s.Up = true
	lines := draw(s, time.Unix(1, 0))
	plain := make([]string, len(lines))
	for i, l := range lines {
		for _, st := range []style{reverse, bold, red} {
			l = strings.ReplaceAll(strings.ReplaceAll(l, st.on, ""), st.off, "")
		}
		plain[i] = l
		if i < 15 && Width(l) != cols+2 {
			t.Errorf("line %d is %d columns wide, not %d: %q", i, Width(l), cols+2, l)
		}
	}
	for _, want := range []string{"14:02  [2]", "MUTE", "Calling", "1 0 0 1", "via Server 2, 3 s", "! 服务器1无响应", "Cancel", "● line1", "○ message~", "handset: UP"} {
		if !slices.ContainsFunc(plain, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("the picture lacks %q:\n%s", want, strings.Join(plain, "\n"))
		}
	}
}

// A list is longer than the picture: the cursor is always on it, and an arrow
// says where there is more.
func TestDrawFollowsTheCursor(t *testing.T) {
	var s Shown
	for i := range 12 {
		s.Screen.Rows = append(s.Screen.Rows, hw.Row{Text: "entry " + string(rune('a'+i))})
	}
	for cursor := range s.Screen.Rows {
		s.Screen.Rows[max(cursor-1, 0)].Selected = false
		s.Screen.Rows[cursor].Selected = true
		picture := strings.Join(draw(s, time.Unix(0, 0)), "\n")
		if !strings.Contains(picture, "> "+s.Screen.Rows[cursor].Text) {
			t.Errorf("%d is off the picture:\n%s", cursor, picture)
		}
		if up, down := strings.Contains(picture, "▲"), strings.Contains(picture, "▼"); up != (cursor >= textRows) || down != (cursor < 11) {
			t.Errorf("%d: arrows up %v, down %v:\n%s", cursor, up, down, picture)
		}
	}
	s.Screen.Rows = []hw.Row{{Text: strings.Repeat("a sentence ", 8), Selected: true}, {Text: "end"}}
	if picture := strings.Join(draw(s, time.Unix(0, 0)), "\n"); strings.Count(picture, "sentence") != 8 || !strings.Contains(picture, "end") {
		t.Errorf("a sentence under the cursor is cut:\n%s", picture)
	}
}

// A caller's name must not be able to write on the owner's terminal.
func TestCleanLeavesNoControl(t *testing.T) {
	hostile := "Al\x1b[2Jice\r\n\u202emoc\u200b\u0085\x9b!"
	if got := Clean(hostile); got != "Al[2Jicemoc!" {
		t.Fatalf("cleaned to %q", got)
	}
	var s Shown
	s.Screen.Big, s.Screen.Title = hostile, hostile
	s.Screen.Rows = []hw.Row{{Text: hostile}}
	for _, l := range draw(s, time.Unix(0, 0)) {
		for _, st := range []style{reverse, bold, red} {
			l = strings.ReplaceAll(strings.ReplaceAll(l, st.on, ""), st.off, "")
		}
		if strings.ContainsAny(l, "\x1b\r\n\u0085\u202e") {
			t.Errorf("line %q", l)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 5, "abc  "},
		{"abcdef", 4, "abc…"},
		{"中文字", 6, "中文字"},
		{"中文字", 5, "中文…"},
		{"中文字", 4, "中… "},
		{"e\u0301", 2, "e\u0301 "},
		{"", 0, ""},
	} {
		if got := Fit(c.in, c.n); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in      string
		n, most int
		want    []string
	}{
		{"", 10, 3, []string{""}},
		{"short", 10, 3, []string{"short"}},
		{"no server answers now", 10, 3, []string{"no server", "answers", "now"}},
		{"no server answers now", 10, 2, []string{"no server", "answers now"}},
		{"exactly ten more", 11, 3, []string{"exactly ten", "more"}},
		{"indivisible", 4, 3, []string{"indi", "visi", "ble"}},
		{"服务器1无响应。自14:02起", 10, 3, []string{"服务器1无", "响应。自", "14:02起"}},
	} {
		if got := wrap(c.in, c.n, c.most); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d, %d) = %q, want %q", c.in, c.n, c.most, got, c.want)
		}
	}
}

func TestStrokes(t *testing.T) {
	got := strokes([]byte("1#h\x1b[A\x1bOP\x1b[15~\x1b\x7fSé\x03"))
	want := []stroke{
		{key: hw.Key1},
		{key: hw.KeyPound},
		{hook: true},
		{key: hw.KeyUp},
		{key: hw.KeySoft1},
		{key: hw.KeyBack},
		{key: hw.KeyBack},
		{letter: 'S'},
		{letter: 'é'},
		{quit: true},
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
}

func FuzzStrokes(f *testing.F) {
	f.Add([]byte("12\x1b[A\x1b[1;5C\x1bO"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := len(strokes(b)); n > len(b) {
			t.Fatalf("%d strokes out of %d bytes", n, len(b))
		}
	})
}
