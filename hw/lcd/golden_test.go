package lcd

import (
	"flag"
	"path/filepath"
	"testing"

	"phoned/hw"
	"phoned/hw/lcd/lcdtest"
)

var rewrite = flag.Bool("rewrite", false, "write the pictures in testdata anew")

func row(text string) hw.Row     { return hw.Row{Text: text} }
func trouble(text string) hw.Row { return hw.Row{Text: text, Alert: true} }

// cursor is a menu with the cursor on one of its entries.
func cursor(at int, texts ...string) (rows []hw.Row) {
	for i, t := range texts {
		rows = append(rows, hw.Row{Text: t, Selected: i == at})
	}
	return rows
}

var soft = struct{ idle, dial, call, menu [4]string }{
	idle: [4]string{"Redial", "DND", "", "Menu"},
	dial: [4]string{"Call", "Delete", "", "Cancel"},
	call: [4]string{"Hold", "Swap", "", "Hang up"},
	menu: [4]string{"Select", "", "", "Back"},
}

// golden are screens that are hard to lay out; cmd/phoned/internal/phone draws
// those that the phone really makes.
var golden = []struct {
	name   string
	page   int
	night  bool
	screen hw.Screen
}{
	{name: "empty"},
	{name: "signs", screen: hw.Screen{
		Time: "23:59", Server: 2, Title: "Do not disturb", Big: "23:59", Soft: soft.idle,
		Flags: hw.Flags{Offline: true, DND: true, Mute: true, Speaker: true, Messages: true}, Rows: []hw.Row{row("Line 1: No network")},
	}},
	{name: "digits-40", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Dial", Big: "0123456789012345678901234567890123456789", Soft: soft.dial,
	}},
	{name: "digits-60", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Dial", Big: "012345678901234567890123456789012345678901234567890123456789", Soft: soft.dial,
	}},
	{name: "digits-line", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Dial", Big: "13812345678", Soft: soft.dial, Rows: []hw.Row{row("Line: 1001")},
	}},
	{name: "languages", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Zażółć gęślą jaźń", Big: "Ærøskøbing Đặng Ångström", Soft: soft.call,
		Rows: []hw.Row{row("Привет, Αθήνα!"), row("かな カナ 「引用」《书名》"), row("한국어 ไทย \U0001f600 \x00\xff\xfe end"), row("Zoe\u0308 A\u030angstro\u0308m n\u0323")},
	}},
	{name: "rare-han", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "来电", Big: "骣傩芪", Soft: [4]string{"接听", "静铃", "", "拒绝"},
		Rows: []hw.Row{row("等待接听:骣傩芪"), row("保持中: 王小明 0:34")},
	}},
	{name: "rows-and-troubles", page: 1, screen: hw.Screen{
		Time: "14:02", Title: "Ready", Big: "14:02", Soft: soft.idle,
		Rows: []hw.Row{
			row("Line 1: Registered"), row("Line 2: Registered"), row("Line 3: Registered"), trouble("Line 4: Registration failed"),
			row("3 missed calls"), row("The handset is off the hook."), row("Line 7: Registered"), row("Line 8: Registered"),
			trouble("The phone reports a fault: the sound card does not answer."),
		},
	}},
	{name: "menu-end", night: true, screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Menu", Soft: soft.menu,
		Rows: cursor(9, "Status", "Why", "Register now", "Test failover", "Do not disturb: off", "Language", "Network", "Model: P1", "Version: 1.0", "About"),
	}},
	{name: "menu-middle", screen: hw.Screen{
		Time: "14:02", Server: 1, Title: "Menu", Soft: soft.menu,
		Rows: cursor(4, "Status", "Why", "Register now", "Test failover", "A very long entry of the menu that takes more than a line of either display", "Language", "Network", "Model: P1", "Version: 1.0", "About"),
	}},
}

// Every picture is as it was looked at.
func TestGolden(t *testing.T) {
	for _, g := range golden {
		for f, suffix := range [...]string{"-320x240", "-128x64"} {
			name := g.name + suffix
			t.Run(name, func(t *testing.T) {
				p := NewPainter(Format(f))
				p.Night(g.night)
				lcdtest.Golden(t, p.Paint(g.screen, g.page), filepath.Join("testdata", name+".png"), *rewrite)
			})
		}
	}
}
