package phone

import (
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/keypad"
)

// What a board says in English is told in the language of the display, each
// sentence for itself; what the phone does not know stays as it came.
func TestFaultsInChinese(t *testing.T) {
	for told, want := range map[string]string{
		"":                         "",
		"Key 5 seems to be stuck.": "按键5可能卡住了。",
		"Key 5 makes bad contact. Key hold seems to be stuck.":                                                                        "按键5接触不良。 按键hold可能卡住了。",
		"Key 1 seems to be stuck. Key 2 seems to be stuck.":                                                                           "按键1可能卡住了。 按键2可能卡住了。",
		"The hook switch makes bad contact. The keypad does not answer (set ROW0 on gpiochip0 (phone-sim): no such device).":          "叉簧开关接触不良。 键盘没有响应(set ROW0 on gpiochip0 (phone-sim): no such device)。",
		"The display does not work (send to the display: input/output error). The light of the display does not work (no such file).": "显示屏不工作(send to the display: input/output error)。 显示屏背光不工作(no such file)。",
		"The sound chip does not answer (i2c-1: no acknowledgement from 0x1a).":                                                       "声音芯片没有响应(i2c-1: no acknowledgement from 0x1a)。",
		"The sound mixer lost its settings; it gets them again.":                                                                      "声音混音器丢失了设置,正在重新设置。",
		"Key 5 melts.": "Key 5 melts.",
	} {
		if got := (speaker{language: Chinese}).fault(told); got != want {
			t.Errorf("%q is told as %q, want %q", told, got, want)
		}
		if got := (speaker{language: English}).fault(told); got != told {
			t.Errorf("%q is told as %q", told, got)
		}
	}
}

// The sentences are those of the keypad: what it says of a stuck key is known.
func TestTheKeypadsWordsAreKnown(t *testing.T) {
	m, err := keypad.NewMatrix(keypad.Config{Keys: [][]hw.Key{{hw.Key5}}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	down := keypad.Event{Kind: keypad.Scanned, Frame: keypad.Frame{1}}
	m.Step(now, keypad.Event{Kind: keypad.Ready})
	m.Step(now, down)
	now = now.Add(time.Minute)
	m.Step(now, keypad.Event{Kind: keypad.Tick})
	for _, a := range m.Step(now, down) {
		if a.Input.Kind == hw.Fault {
			if got := (speaker{language: Chinese}).fault(a.Input.Text); got != "按键5可能卡住了。" {
				t.Errorf("told as %q", got)
			}
			return
		}
	}
	t.Error("no fault was told")
}
