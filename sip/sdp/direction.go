package sdp

var directionNames = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// String is the attribute that says the direction (RFC 8866 §6.7).
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return directionNames[Inactive]
}

// Sends tells whether the phone sends.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives tells whether the phone receives.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// direction is the flow with these two halves.
func direction(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}

// agree is the flow when this side wants d and the far side, in its own words,
// wants far: a half flows only if one sends and the other receives (RFC 3264
// §6.1).
func (d Direction) agree(far Direction) Direction {
	return direction(d.Sends() && far.Receives(), d.Receives() && far.Sends())
}

// parseDirection finds the direction that an attribute name says.
func parseDirection(name string) (d Direction, ok bool) {
	for i, n := range directionNames {
		if name == n {
			return Direction(i), true
		}
	}
	return SendRecv, false
}
