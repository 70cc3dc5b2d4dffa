package alsa

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// mixer is a card with a mixer like that of a WM8960.
func mixer(t *testing.T) (*fake, *fakeCard, *Control) {
	t.Helper()
	f := newFake(t)
	c := f.card(1, "wm8960audio")
	c.elements = []*fakeElement{
		{name: "Capture Volume", kind: typeInteger, max: 63, values: []int{23, 23}},
		{name: "Capture Switch", kind: typeBoolean, values: []int{0, 0}},
		{name: "ADC Polarity", kind: typeEnumerated, items: []string{"No Inversion", "Left Inverted", "Right Inverted"}, values: []int{0}},
		{name: "Gain", kind: typeInteger, min: -20, max: 5, values: []int{0}},
		{name: "Gain", kind: typeInteger, min: -20, max: 5, values: []int{1}},
		{name: "IEC958", kind: 5, values: []int{0}},
		{name: "Jack", kind: typeBoolean, values: []int{1}, readOnly: true},
	}
	m, err := openControl(f, "wm8960audio")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if m.Close(); !f.allClosed() {
			t.Error("something is left open")
		}
	})
	return f, c, m
}

func TestTheMixerIsRead(t *testing.T) {
	_, _, m := mixer(t)
	want := []string{"Capture Volume", "Capture Switch", "ADC Polarity", "Gain", "Gain,2", "Jack"}
	if got := m.Names(); !slices.Equal(got, want) {
		t.Errorf("names %q", got)
	}
	e := m.Elements()
	if x := e[2]; x.Kind != Enumerated || x.Max != 2 || x.Items[1] != "Left Inverted" || x.Count != 1 || !x.Writable {
		t.Errorf("%+v", x)
	}
	if x := e[3]; x.Kind != Integer || x.Min != -20 || x.Max != 5 {
		t.Errorf("%+v", x)
	}
	if x := e[5]; x.Kind != Boolean || x.Min != 0 || x.Max != 1 || x.Writable {
		t.Errorf("%+v", x)
	}
	if v, err := m.Get("Capture Volume"); err != nil || !slices.Equal(v, []int{23, 23}) {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := m.Get("Gain,2"); err != nil || !slices.Equal(v, []int{1}) {
		t.Errorf("%v, %v", v, err)
	}
}

func TestTheMixerIsSet(t *testing.T) {
	_, c, m := mixer(t)
	for _, s := range []struct {
		name   string
		values []int
		at     int
		want   string
	}{
		{"Capture Volume", []int{40, 41}, 0, "[40 41]"},
		{"Capture Volume", []int{63}, 0, "[63 63]"},
		{"Capture Switch", []int{1}, 1, "[1 1]"},
		{"ADC Polarity", []int{2}, 2, "[2]"},
		{"Gain", []int{-20}, 3, "[-20]"},
		{"Gain,2", []int{5}, 4, "[5]"},
	} {
		if err := m.Set(s.name, s.values...); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(c.elements[s.at].values); got != s.want {
			t.Errorf("%s: %s, want %s", s.name, got, s.want)
		}
	}
	if err := m.Choose("ADC Polarity", "Left Inverted"); err != nil || c.elements[2].values[0] != 1 {
		t.Errorf("%v, %v", c.elements[2].values, err)
	}
	for want, err := range map[string]error{
		`set "Volume" of sound card wm8960audio: the card has no such control`:                                            m.Set("Volume", 1),
		`set "Gain" of sound card wm8960audio: it goes from -20 to 5, not to 6`:                                           m.Set("Gain", 6),
		`set "Capture Volume" of sound card wm8960audio: it has 2 values, not 3`:                                          m.Set("Capture Volume", 1, 2, 3),
		`set "Gain,2" of sound card wm8960audio: it has 1 values, not 0`:                                                  m.Set("Gain,2"),
		`set "Jack" of sound card wm8960audio: it can only be read`:                                                       m.Set("Jack", 0),
		`set "ADC Polarity" of sound card wm8960audio: it is No Inversion, Left Inverted, Right Inverted, not "Sideways"`: m.Choose("ADC Polarity", "Sideways"),
		`set "Nothing" of sound card wm8960audio: the card has no such control`:                                           m.Choose("Nothing", "x"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := m.Get("Nothing"); err == nil {
		t.Error("a control that is not there was read")
	}
}

// A card that is pulled out and put in again is found, with another number.
func TestTheMixerComesBack(t *testing.T) {
	f, c, m := mixer(t)
	f.unplug(1)
	err := m.Set("Gain", 1)
	if err == nil || !strings.Contains(err.Error(), `no sound card is named "wm8960audio"`) {
		t.Errorf("%v", err)
	}
	back := &fakeCard{id: c.id, elements: c.elements, pcms: c.pcms}
	f.cards[3] = back
	if err := m.Set("Gain", 2); err != nil || c.elements[3].values[0] != 2 {
		t.Errorf("%v, %v", c.elements[3].values, err)
	}
	f.fail["set"] = failure{syscall.EPERM, 1}
	if err := m.Set("Gain", 3); err == nil || !strings.Contains(err.Error(), "operation not permitted") {
		t.Errorf("%v", err)
	}
	f.fail["set"] = failure{syscall.ENODEV, 5}
	if err := m.Set("Gain", 3); err == nil || !strings.Contains(err.Error(), "no such device") {
		t.Errorf("a card that is gone each time: %v", err)
	}
}

func TestAMixerThatCanNotBeOpened(t *testing.T) {
	f := newFake(t)
	c := f.card(0, "Fake")
	for want, card := range map[string]string{
		"open the mixer of sound card 5: no such file": "5",
		`"a b" is no name of a sound card`:             "a b",
		`the number of a sound card is 0 to 31`:        "99999999999999999999",
	} {
		if _, err := openControl(f, card); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if m, err := openControl(f, "0"); err != nil || len(m.Names()) != 0 {
		t.Errorf("a card without a mixer: %v", err)
	} else {
		m.Close()
	}
	c.elements = []*fakeElement{{name: "x", kind: typeBoolean, info: syscall.EIO, values: []int{0}}}
	if _, err := openControl(f, "0"); err == nil || !strings.Contains(err.Error(), "read the mixer of sound card 0: element 1: input/output error") {
		t.Errorf("%v", err)
	}
	f.fail["list"] = failure{syscall.EIO, 1}
	if _, err := openControl(f, "0"); err == nil {
		t.Error("a mixer that can not be listed was opened")
	}
	if !f.allClosed() {
		t.Error("something is left open")
	}
}
