package phone

import (
	"phoned/audio"
	"phoned/hw"
)

// An Action is what Step asks for.
type Action interface{ action() }

// Actions for the SIP user agent.
type (
	// Dial places a call over a line; Number is what the user dialled.
	Dial struct {
		Call   CallID
		Line   int
		Number string
	}
	// Ring tells the caller that the phone rings (180).
	Ring struct{ Call CallID }
	// Answer takes an incoming call (200).
	Answer struct{ Call CallID }
	// Reject ends an incoming call with a final status.
	Reject struct {
		Call   CallID
		Status int
	}
	// Hangup ends a call in any state. The phone forgets the call with it.
	Hangup struct{ Call CallID }
	// Hold and Resume stop and restart the voice of a call that is up.
	Hold   struct{ Call CallID }
	Resume struct{ Call CallID }
	// Register registers the line now, starting at its primary server.
	Register struct{ Line int }
	// Drill walks the line's registration to another server and back.
	Drill struct{ Line int }
)

// Actions for the voice. Each is given once, when its value changes.
type (
	// Talk says whose voice is in the ear: the call that microphone and earpiece
	// belong to; 0 = none.
	Talk struct{ Call CallID }
	// Play says what the phone sounds by itself until the next Play.
	Play struct{ Sound audio.Sound }
	// Route says where the voice goes and comes from.
	Route struct{ Route audio.Route }
	// Mute closes or opens the microphone.
	Mute struct{ On bool }
	// Volume sets the loudness, 0 to MaxVolume, of the current route (it follows
	// every Route), or of the ring with Ring.
	Volume struct {
		Ring  bool
		Level int
	}
	// SendDigit sends one DTMF digit in a call, in the way of Mode, which is never
	// AutoDTMF.
	SendDigit struct {
		Call  CallID
		Digit byte // 0-9 * #
		Mode  DTMF
	}
)

// Restart asks for a new start of the whole phone when no call is left.
type Restart struct{}

// Actions for the board, the settings and those who watch.
type (
	// Lamp makes a lamp shine.
	Lamp struct {
		Lamp  hw.Lamp
		Light hw.Light
	}
	// Show puts a screen on the display.
	Show struct{ Screen hw.Screen }
	// Notify tells a notice to whoever listens; the display has it already.
	Notify struct{ Notice Notice }
	// Save keeps a setting that the user changed at the phone.
	Save struct {
		Setting Setting
		Value   string
	}
)

func (Dial) action()      {}
func (Ring) action()      {}
func (Answer) action()    {}
func (Reject) action()    {}
func (Hangup) action()    {}
func (Hold) action()      {}
func (Resume) action()    {}
func (Register) action()  {}
func (Drill) action()     {}
func (Talk) action()      {}
func (Play) action()      {}
func (Route) action()     {}
func (Mute) action()      {}
func (Volume) action()    {}
func (SendDigit) action() {}
func (Lamp) action()      {}
func (Show) action()      {}
func (Notify) action()    {}
func (Save) action()      {}
func (Restart) action()   {}
