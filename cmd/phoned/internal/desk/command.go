package desk

// A Command is what others ask of the desk.
type Command interface{ command() }

type (
	// Register registers a line now, starting at its primary server.
	Register struct{ Line int }
	// Link tells whether the phone has a network, and its address there.
	Link struct {
		Up      bool
		Address string
	}
	// Reload replaces the settings: the phone's at once, a line's when it has no
	// call, and only if they differ.
	Reload struct{ Settings Settings }
	// Fault tells in words that something of the phone failed.
	Fault struct{ Text string }
)

func (Register) command() {}
func (Link) command()     {}
func (Reload) command()   {}
func (Fault) command()    {}
