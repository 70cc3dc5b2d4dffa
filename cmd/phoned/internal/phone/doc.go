// Package phone decides what the telephone does: what a key or the hook
// means, which call is in the ear, what is heard, what the display and the
// lamps show, and in which words a trouble is told.
//
// A Phone is a state machine without I/O. Its owner turns the world into
// events and carries out every action of one event before the next:
//
//	p := phone.New(config)
//	for {
//		for _, action := range p.Step(now, event) {
//			carry it out
//		}
//		wait for the next event, or until p.Deadline(), then Step a Tick
//	}
//
// It starts no goroutine, reads no clock, file or setting, knows no SIP
// message, address or codec, and writes no log. Times are shown in the zone of
// the `now` it is given.
package phone
