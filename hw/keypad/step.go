package keypad

import "phoned/hw"

// A matrix has at most so many rows and columns.
const (
	MaxRows    = 16
	MaxColumns = 16
)

// Rows is a set of rows: bit r is row r.
type Rows uint16

// A Frame is one scan of a matrix: bit c of word r tells that column c was
// closed while row r alone was driven.
type Frame [MaxRows]uint16

// An EventKind says what happened.
type EventKind uint8

const (
	Tick    EventKind = iota // Deadline has come
	Ready                    // the lines can be read: the first event, and the one after Lost
	Edge                     // a contact closed while its owner watched for it
	Scanned                  // the answer to Scan: Frame
	Lost                     // the lines can not be read any more, nor be watched
)

// An Event is something that happened to the lines.
type Event struct {
	Kind  EventKind
	Frame Frame // of Scanned; what was not asked for does not count
}

// Level is the answer to the Scan of a Switch.
func Level(active bool) Event {
	ev := Event{Kind: Scanned}
	if active {
		ev.Frame[0] = 1
	}
	return ev
}

// An ActionKind says what to do.
type ActionKind uint8

const (
	// Scan: drive each of Rows alone, read all columns, and answer Scanned or
	// Lost at once. A Switch is simply read.
	Scan ActionKind = iota
	// Watch: drive all of Rows together and none of the others. From then on,
	// and until the next Scan, a column that closes, or is closed already, is an
	// Edge. Of a Switch, a change of its level since the last Scan is one.
	Watch
	// Tell Input to the phone. A Fault is that of Input.Key, or of the switch;
	// with an empty text it is over.
	Tell
)

// An Action is what to do about an event.
type Action struct {
	Kind  ActionKind
	Rows  Rows
	Input hw.Input
}
