package hw

// A Key is one key of the phone.
type Key uint8

// The keys; docs/KEYS.md tells what each does.
const (
	NoKey Key = iota
	Key0
	Key1
	Key2
	Key3
	Key4
	Key5
	Key6
	Key7
	Key8
	Key9
	KeyStar
	KeyPound
	KeySend
	KeyLine1
	KeyLine2
	KeyLine3
	KeyLine4
	KeyHold
	KeyMute
	KeySpeaker
	KeyTransfer
	KeyRedial
	KeyReject
	KeyVolumeUp
	KeyVolumeDown
	KeyMenu
	KeyUp
	KeyDown
	KeyOK
	KeyBack
	KeySoft1 // the keys below the display: Screen.Soft
	KeySoft2
	KeySoft3
	KeySoft4
	keyCount
)

var keyNames = [keyCount]string{
	"none", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "send",
	"line1", "line2", "line3", "line4", "hold", "mute", "speaker", "transfer",
	"redial", "reject", "volume+", "volume-", "menu", "up", "down", "ok", "back",
	"soft1", "soft2", "soft3", "soft4",
}

// String is the key's name on the control socket: "5", "*", "line1", "ok".
func (k Key) String() string {
	if k < keyCount {
		return keyNames[k]
	}
	return keyNames[NoKey]
}

// ParseKey finds a key by its name; ok is false for an unknown one.
func ParseKey(name string) (k Key, ok bool) {
	for i, n := range keyNames {
		if i > 0 && n == name {
			return Key(i), true
		}
	}
	return NoKey, false
}

// Digit is the character a dial key stands for; ok is false for other keys.
func (k Key) Digit() (c byte, ok bool) {
	switch {
	case k >= Key0 && k <= Key9:
		return '0' + byte(k-Key0), true
	case k == KeyStar:
		return '*', true
	case k == KeyPound:
		return '#', true
	}
	return 0, false
}
