package phone

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/hw/lcd"
	"phoned/hw/lcd/lcdtest"
)

// scenes are moments that a user sees, each with the events that lead to it, as
// in the transcripts ("_" in a name is a space). lines= and so on before the
// first event set the phone up.
var scenes = []struct{ name, config, events string }{
	{"idle", "", "@0 line 1 registered 1"},
	{"idle-backup", "", "@0 line 1 registered 1; @1 line 1 trying; @9 notice 1 unavailable 1 cause=silence; @9 line 1 registered 2; @9 notice 1 moved-over 2; @20 look"},
	{"idle-dnd", "", "@0 line 1 registered 1; @1 press soft2"},
	{"idle-missed", "lines=2", "@0 line 1 registered 1; @0 line 2 registered 1; @1 incoming 2 300 name=Ada_Lovelace; @9 ended 2 0 remote; @20 look"},
	{"no-network", "", "@0 line 1 registered 1; @1 link down; @1 line 1 offline; @3 look"},
	{"no-server", "", "@0 line 1 trying; @7 notice 1 unavailable 1 cause=silence; @39 line 1 waiting next=28; @39 notice 1 all-failed 2 cause=silence next=28; @44 look"},
	{"wrong-password", "", "@0 line 1 trying; @1 line 1 rejected 1 status=403; @1 notice 1 refusal 1 status=403; @2 look"},
	{"many-lines", "lines=8", "@0 line 1 registered 1; @0 line 2 registered 2; @0 line 3 registered 1; @0 line 4 rejected 1 status=403; @0 line 5 trying; @0 line 6 registered 1; @0 line 7 registered 1; @0 line 8 registered 2; @1 look"},
	{"fault", "", "@0 line 1 registered 1; @1 fault the sound card does not answer"},
	{"dial-tone", "", "@0 line 1 registered 1; @1 hook up"},
	{"dial-3", "", "@0 line 1 registered 1; @1 hook up; @2 press 1; @2 press 1; @2 press 0"},
	{"dial-11", "lines=2", "@0 line 1 registered 1; @1 hook up; " + digits("13812345678")},
	{"dial-25", "", "@0 line 1 registered 1; @1 hook up; " + digits("0012345678901234567890123")},
	{"dial-while-ringing", "", "@0 line 1 registered 1; @1 press 1; @2 incoming 2 300"},
	{"calling", "", "@0 line 1 registered 1; @1 hook up; @2 press 1; @2 press 1; @2 press send; @3 asking 1 1; @5 look"},
	{"calling-backup", "", "@0 line 1 registered 1; @1 hook up; " + digits("200") + "; @3 press send; @3 asking 1 1; @10 notice 1 unavailable 1 cause=silence; @10 line 1 trying; @10.5 asking 1 2; @12 look"},
	{"ringing", "", "@0 line 1 registered 1; @1 incoming 2 13812345678 name=王小明"},
	{"ringing-long-name", "lines=2", "@0 line 1 registered 1; @1 incoming 2 300 line=2 name=Hildegard_von_Bingen-Schwarzenberg,_Building_7"},
	{"ringing-number", "", "@0 line 1 registered 1; @1 incoming 2 13812345678"},
	{"in-call", "", "@0 line 1 registered 1; @1 incoming 2 300 name=王小明; @2 hook up; @3 established 2 1; @77 look"},
	{"in-call-mute", "", "@0 line 1 registered 2; @1 incoming 2 300 name=Ada_Lovelace; @2 hook up; @3 established 2 2; @9 press mute; @37 look"},
	{"in-call-waiting", "", "@0 line 1 registered 1; @1 incoming 2 300 name=Ada_Lovelace; @2 hook up; @3 established 2 1; @9 incoming 4 301 name=欧阳修; @12 look"},
	{"held", "", "@0 line 1 registered 1; @1 incoming 2 300 name=王小明; @2 hook up; @3 established 2 1; @9 press hold; @42 look"},
	{"two-calls", "", "@0 line 1 registered 1; @1 incoming 2 300 name=Ada_Lovelace; @2 hook up; @3 established 2 1; @9 incoming 4 301 name=欧阳修; @12 press soft1; @13 established 4 1; @13 media 2 local-hold; @44 look"},
	{"failed-busy", "", "@0 line 1 registered 1; @1 hook up; " + digits("200") + "; @3 press send; @4 ended 1 486 reason=Busy"},
	{"failed-long", "", "@0 line 1 registered 1; @1 hook up; " + digits("200") + "; @3 press send; @4 ended 1 0 cause=silence"},
	{"menu", "", "@0 line 1 registered 1; @1 press menu; @1 press down; @1 press down"},
	{"menu-status", "lines=2", "@0 line 1 registered 1; @0 line 2 registered 2; @0 health 1 up=12 silence; @1 press menu; @1 press ok"},
	{"why", "", whyScene},
	{"why-one", "", whyScene + "; @24 press ok"},
}

const whyScene = "@0 line 1 registered 1; @10.5 decided 1 suspect from=1 to=2 method=INVITE ms=500 call=1; " +
	"@11.4 decided 1 move-early from=1 to=2 method=INVITE cause=silence ms=1300 call=1; " +
	"@11.4 decided 1 move-request from=1 to=2 method=INVITE cause=silence ms=1400 call=1; " +
	"@11.5 decided 1 line-served from=1 to=2 method=REGISTER ms=40; @20 press menu; @21 press down; @22 press ok; @23 press down"

// digits are the presses of a number.
func digits(number string) string {
	var events []string
	for _, d := range number {
		events = append(events, "@2 press "+string(d))
	}
	return strings.Join(events, "; ")
}

// stage is the phone after a scene's events.
func stage(t *testing.T, config, events string) *Phone {
	p := New(parseConfig(t, "config "+config))
	p.Step(epoch, Tick{})
	for event := range strings.SplitSeq(events, "; ") {
		when, what, _ := strings.Cut(strings.TrimPrefix(event, "@"), " ")
		f, err := strconv.ParseFloat(when, 64)
		if err != nil {
			t.Fatalf("%q: %v", event, err)
		}
		at := epoch.Add(time.Duration(f * float64(time.Second)))
		for p.Deadline().Before(at) {
			p.Step(p.Deadline(), Tick{})
		}
		ev := parseEvent(t, what, at)
		switch e := ev.(type) {
		case nil:
			ev = Tick{}
		case Incoming:
			e.Name = strings.ReplaceAll(e.Name, "_", " ")
			ev = e
		}
		p.Step(at, ev)
	}
	return p
}

// What the phone shows, as pixels of both displays in both languages: the
// pictures in testdata/display are those that were looked at.
func TestDisplay(t *testing.T) {
	for _, scene := range scenes {
		for _, language := range [...]string{"en", "zh"} {
			screen := stage(t, scene.config+" language="+language, scene.events).shown.screen
			for format, size := range [...]string{"320x240", "128x64"} {
				name := scene.name + "-" + language + "-" + size
				t.Run(name, func(t *testing.T) {
					lcdtest.Golden(t, lcd.Render(screen, lcd.Format(format)), filepath.Join("testdata", "display", name+".png"), *rewrite)
				})
			}
		}
	}
}
