// Package guest is what the emulated handset and its tests share: the words that
// the host and the agent in the guest exchange, and the buttons of the module
// phone-sim. It starts nothing.
package guest

// Port is the name of the virtio-serial port on which the agent listens.
const Port = "phone.test"

// Mount is where the emulated board has what tests bring; "run" in it is started.
const Mount = "/test"

// What a Request can ask for.
const (
	Hello    = "hello"    // the agent answers when it is there
	Run      = "run"      // a program, whose output comes piece by piece
	Dial     = "dial"     // a Unix socket, of which everything is told that comes out
	Send     = "send"     // data to the socket that Request Of has opened
	End      = "end"      // kills the program or closes the socket of Request Of
	Read     = "read"     // a file's content
	Write    = "write"    // a file with content
	Press    = "press"    // keys, one after the other
	Poweroff = "poweroff" // at once, without a goodbye
)

// A Request is one line of JSON to the agent.
type Request struct {
	ID   int      `json:"id"` // the replies have it, too
	Do   string   `json:"do"`
	Args []string `json:"args,omitempty"` // program and arguments, or keys
	Env  []string `json:"env,omitempty"`
	Dir  string   `json:"dir,omitempty"`
	Path string   `json:"path,omitempty"`
	Data []byte   `json:"data,omitempty"`
	Of   int      `json:"of,omitempty"`
}

// A Reply is one line of JSON from the agent. Only the last of a request is
// Done.
type Reply struct {
	ID     int    `json:"id"`
	Out    []byte `json:"out,omitempty"`
	Done   bool   `json:"done,omitempty"`
	Status int    `json:"status,omitempty"` // of a program; 128 and its number after a signal
	Error  string `json:"error,omitempty"`
}
