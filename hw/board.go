package hw

// An InputKind says what happened on the board.
type InputKind uint8

const (
	Press   InputKind = iota // Key went down
	Release                  // Key went up
	HookUp                   // the handset was lifted
	HookDown
	HeadsetIn
	HeadsetOut
	Fault  // Text says in words what of the hardware failed; an empty one that it is well again
	Long   // Key has been down for a second; it follows its Press, once
	Repeat // Key is still down; only of keys that repeat
)

// An Input is what the board tells the phone.
type Input struct {
	Kind InputKind
	Key  Key
	Text string
}

// A Lamp is one indicator.
type Lamp uint8

const (
	LampMessage Lamp = iota // the big one: ringing, messages, no registration
	LampLine1
	LampLine2
	LampLine3
	LampLine4
	LampSpeaker
	LampMute
	LampHeadset
	LampCount
)

var lampNames = [LampCount]string{"message", "line1", "line2", "line3", "line4", "speaker", "mute", "headset"}

// String is the lamp's name on the control socket.
func (l Lamp) String() string {
	if l < LampCount {
		return lampNames[l]
	}
	return "none"
}

// A Light is what a lamp does.
type Light uint8

const (
	Off Light = iota
	On
	Slow // 1 s on, 1 s off
	Fast // 250 ms on, 250 ms off
)

// String is the light's name on the control socket.
func (l Light) String() string {
	return [...]string{"off", "on", "slow", "fast"}[l&3]
}

// A Board is the hardware of one phone without its sound: keys, hook, lamps
// and display. Real boards and hw/sim pass the same tests (hw/hwtest).
type Board interface {
	// Inputs delivers what happens on the board, in order. The channel closes
	// when the board is closed.
	Inputs() <-chan Input
	// SetLamp makes a lamp shine.
	SetLamp(Lamp, Light) error
	// Show puts a screen on the display.
	Show(Screen) error
	Close() error
}
