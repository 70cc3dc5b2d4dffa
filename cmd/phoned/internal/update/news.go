package update

// A Kind says what the owner learns.
type Kind uint8

// The kinds of news.
const (
	Writing      Kind = iota // a bundle is being written; Percent
	Waiting                  // written; the phone restarts when it is idle
	NotInstalled             // refused or failed; Reason
	Stays                    // the new firmware has proved itself
	GivenUp                  // the new firmware did not register; the phone goes back to Runs
	FellBack                 // the new firmware did not come up; Runs does
)

// String is the name of the kind for programs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{"installing", "installed", "not-installed", "stays", "given-up", "fell-back"}

// News is what the owner learns of an update.
type News struct {
	Kind    Kind
	Version string // of the new firmware; "" = not known yet
	Runs    string // the firmware that runs, or is gone back to
	Percent int
	Reason  Reason
}

// A Reason says why a bundle is not installed.
type Reason uint8

// The reasons.
const (
	NoReason          Reason = iota
	ReasonBusy               // another bundle is being written
	ReasonRestart            // one is written and waits for the restart
	ReasonTrial              // the firmware that runs is not proved: the other slot is the way back
	ReasonNoFile             // no such file, or it can not be read
	ReasonSignature          // not signed by a key this phone trusts
	ReasonOther              // made for another kind of phone
	ReasonDamaged            // not a bundle, cut short or changed
	ReasonNoService          // the service that writes slots does not answer
	ReasonWrite              // the slot could not be written
	ReasonInterrupted        // the phone, or its service, ended in the middle
)

var reasonNames = [...]string{
	"", "busy", "restart", "trial", "no-file", "signature", "other-phone", "damaged", "no-service", "write", "interrupted",
}

// String is the name of the reason for programs.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "write"
}
