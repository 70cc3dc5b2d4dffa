package sip

// A Verdict is what a response says about the server it came from and the
// request it answers.
type Verdict uint8

const (
	// Provisional: 1xx. Only an INVITE may rely on it (RFC 3261 §17.1.1.2).
	Provisional Verdict = iota
	// Accepted: 2xx.
	Accepted
	// Challenged: 401 or 407; the request may be repeated with credentials.
	Challenged
	// TooBrief: 423 to a REGISTER; it may be repeated with a longer expiry.
	TooBrief
	// Rejected: the server is alive and this is its answer.
	Rejected
	// Unavailable: the server can not serve the request; another one may.
	Unavailable
)

var verdictNames = [...]string{
	"provisional", "accepted", "challenged", "too brief", "rejected", "unavailable",
}

// String is the verdict as one would say it.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown"
}

// Judge gives the verdict on a response. Only 503 makes a server unavailable
// for every method (RFC 3263 §4.3); REGISTER also moves on from a 500.
func Judge(m Method, status int) Verdict {
	switch {
	case status < 200:
		return Provisional
	case status < 300:
		return Accepted
	case status == 401, status == 407:
		return Challenged
	case status == 423 && m == REGISTER:
		return TooBrief
	case status == 503, status == 500 && m == REGISTER:
		return Unavailable
	default:
		return Rejected
	}
}
