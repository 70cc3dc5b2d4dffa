package phone

import "time"

// MaxVolume is the loudest level of every volume.
const MaxVolume = 9

// A DTMF is the way digits are sent in a call, the setting `SIPN DTMF Mode`.
type DTMF uint8

const (
	InBand   DTMF = 0 // as tones in the voice
	RFC4733  DTMF = 1 // as telephone events; in-band where they are not agreed
	SIPInfo  DTMF = 2 // as INFO requests
	AutoDTMF DTMF = 3 // RFC4733
)

// A Language of the display and of the notices.
type Language uint8

const (
	English Language = iota
	Chinese
	languageCount
)

// String is the language's code, as a Save of it holds it: "en", "zh".
func (l Language) String() string {
	if l == Chinese {
		return "zh"
	}
	return "en"
}

// Line is what the phone needs to know of one SIP account.
type Line struct {
	Number   int    // 1, 2, ...: the N of SIPN
	Name     string // what the user calls the line; empty = User
	User     string // the phone number
	Enabled  bool   // has a server and a user
	Register bool   // SIPN Enable Reg; without it calls may be placed all the same
	DND      bool   // SIPN Enable DND
	Servers  int    // how many servers it has; 0 = not told
	DTMF     DTMF
}

// Config is the phone's part of the settings. New and Reload repair values
// that make no sense.
type Config struct {
	Lines    []Line
	Language Language // PHONE FEATURE Default Language

	DialByPound   bool          // # sends what was dialled
	DialByTimeout bool          // a pause of DialTimeout sends it
	DialTimeout   time.Duration // 0 = 10 s
	DialFixed     bool          // the FixedLength-th digit sends it
	FixedLength   int

	DNDStatus    int           // DND Return Code; 0 = 480
	BusyStatus   int           // Busy Return Code; 0 = 486
	RejectStatus int           // Reject Return Code; 0 = 603
	RingTimeout  time.Duration // of calls in both directions; 0 = 120 s
	CallWaiting  bool          // a second call may come in

	HandsetVolume int // 0 to MaxVolume
	SpeakerVolume int
	HeadsetVolume int
	RingVolume    int

	Model   string // for the menu's About page
	Version string
	Serial  string // "" = not told
	MAC     string // of the LAN port; "" = not told

	Restarts bool // the menu may restart the phone
}

// A Setting is one that the user may change at the phone.
type Setting uint8

const (
	SettingLanguage Setting = iota // "en", "zh"
	SettingDND                     // "0", "1"; for all lines
	SettingHandsetVolume
	SettingSpeakerVolume
	SettingHeadsetVolume
	SettingRingVolume
)

var settingNames = [...]string{"language", "dnd", "handset-volume", "speaker-volume", "headset-volume", "ring-volume"}

// String names the setting for logs.
func (s Setting) String() string {
	if int(s) < len(settingNames) {
		return settingNames[s]
	}
	return "unknown"
}
