package phone

// A CallState is what the phone as a whole is doing, and what one call does.
type CallState string

const (
	CallIdle     CallState = "idle" // also while a failed or ended call plays its tone
	CallCalling  CallState = "calling"
	CallRinging  CallState = "ringing" // an 18x came
	CallIncoming CallState = "incoming"
	CallUp       CallState = "up"
	CallHeld     CallState = "held"
)

// A Snapshot is the phone as the control socket shows it.
type Snapshot struct {
	Registered bool              `json:"registered"` // the line a new call would take
	Server     string            `json:"server"`     // "ip:port" that serves that line, "" if none
	Call       CallState         `json:"call"`
	Lines      []LineSnapshot    `json:"lines"` // in the order of the settings
	Calls      []CallSnapshot    `json:"calls"` // the one in the ear first
	Screen     []string          `json:"screen"`
	Lamps      map[string]string `json:"lamps"` // every lamp: off, on, slow, fast
	Sound      string            `json:"sound"` // silence, dial, stutter, ringback, busy, reorder, waiting, comfort, ring
	Route      string            `json:"route"` // handset, speaker, headset; "" = nothing is in the ear
	Mute       bool              `json:"mute"`
	Volume     int               `json:"volume"` // of what the volume keys change now
}

// A LineSnapshot is the state of one line.
type LineSnapshot struct {
	Line       int    `json:"line"`
	Registered bool   `json:"registered"`
	Server     string `json:"server"`
}

// A CallSnapshot is the state of one call.
type CallSnapshot struct {
	Line   int       `json:"line"`
	State  CallState `json:"state"`
	Number string    `json:"number"`
	Server int       `json:"server"` // 1 = primary, 2 = backup, ...; 0 = not known yet
}
