package phone

import (
	"strings"
	"testing"

	"phoned/hw"
)

// What a new firmware does is told once in full, to the owner and to programs;
// its further steps stand in the menu and disturb nobody.
func TestFirmwareNews(t *testing.T) {
	for _, language := range []Language{English, Chinese} {
		p := New(Config{Language: language, Version: "1.2", Lines: []Line{{Number: 1, Enabled: true}}})
		step := func(ev Event) (told []Notice) {
			for _, a := range p.Step(epoch, ev) {
				if n, ok := a.(Notify); ok {
					told = append(told, n.Notice)
				}
			}
			return told
		}
		about := func() string {
			var all []string
			for _, e := range (&Phone{cfg: p.cfg, menu: &menu{place: place{page: pageAbout}}, newFirmware: p.newFirmware, now: epoch}).menuEntries() {
				all = append(all, e.text)
			}
			return strings.Join(all, "\n")
		}
		for _, c := range []struct {
			news     Firmware
			kind     NoticeKind
			severity Severity
			has      string
		}{
			{Firmware{State: FirmwareWriting, Runs: "1.2"}, NoticeFirmware, Info, "0%"},
			{Firmware{State: FirmwareWriting, Percent: 40, Runs: "1.2"}, NoticeFirmware, Info, "40%"},
			{Firmware{State: FirmwareWaiting, Version: "1.3", Runs: "1.2"}, NoticeFirmwareReady, Info, "1.3"},
			{Firmware{State: FirmwareStays, Version: "1.3", Runs: "1.3"}, NoticeFirmware, Info, "1.3"},
			{Firmware{State: FirmwareGivenUp, Version: "1.3", Runs: "1.2"}, NoticeFirmwareFailed, Error, "1.2"},
			{Firmware{State: FirmwareFellBack, Version: "1.3", Runs: "1.2"}, NoticeFirmwareFailed, Error, "1.3"},
			{Firmware{State: FirmwareNotInstalled, Why: FirmwareSignature}, NoticeFirmwareFailed, Error, p.say(wordFirmwareSignature)},
			{Firmware{State: FirmwareNotInstalled, Why: 200}, NoticeFirmwareFailed, Error, p.say(wordFirmwareInterrupted)},
		} {
			told := step(c.news)
			if len(told) != 1 || told[0].Kind != c.kind || told[0].Severity != c.severity || !strings.Contains(told[0].Text, c.has) {
				t.Errorf("%+v: %+v", c.news, told)
			}
			if !strings.Contains(about(), c.has) {
				t.Errorf("%+v: the menu says %q", c.news, about())
			}
		}
	}
}

// A second wish while one firmware is being installed is refused, and does not
// hide how far the first one is.
func TestFirmwareGoesOn(t *testing.T) {
	p := New(Config{Lines: []Line{{Number: 1, Enabled: true}}})
	p.Step(epoch, Firmware{State: FirmwareWriting, Percent: 30})
	p.Step(epoch, Firmware{State: FirmwareNotInstalled, Why: FirmwareBusy})
	if f := p.newFirmware; f == nil || f.Percent != 30 {
		t.Errorf("%+v", f)
	}
}

// Progress never covers a call: the display stays as it is.
func TestFirmwareProgressIsQuiet(t *testing.T) {
	p := New(Config{Lines: []Line{{Number: 1, Enabled: true}}})
	p.Step(epoch, Firmware{State: FirmwareWriting})
	p.Step(epoch, Input{hw.Input{Kind: hw.HookUp}})
	for percent := 10; percent < 100; percent += 10 {
		for _, a := range p.Step(epoch, Firmware{State: FirmwareWriting, Percent: percent}) {
			if _, shows := a.(Show); shows {
				t.Errorf("at %d%% the display is drawn again", percent)
			}
		}
	}
}
