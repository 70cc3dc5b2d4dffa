package sip

// A Method is a SIP request method (RFC 3261 §7.1 and the RFCs that add to it).
type Method uint8

// The methods the phone sends or understands.
const (
	UnknownMethod Method = iota
	REGISTER
	INVITE
	ACK
	BYE
	CANCEL
	OPTIONS
	INFO
	UPDATE
	PRACK
	REFER
	NOTIFY
	SUBSCRIBE
	MESSAGE
)

var methodNames = [...]string{
	"UNKNOWN", "REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS",
	"INFO", "UPDATE", "PRACK", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE",
}

// String is the method as it stands in a request line.
func (m Method) String() string {
	if int(m) < len(methodNames) {
		return methodNames[m]
	}
	return methodNames[UnknownMethod]
}

// ParseMethod finds the method by its exact, case-sensitive name (RFC 3261
// §7.1); ok is false for a method the phone does not know.
func ParseMethod(s string) (m Method, ok bool) {
	for i, name := range methodNames[1:] {
		if s == name {
			return Method(i + 1), true
		}
	}
	return UnknownMethod, false
}
