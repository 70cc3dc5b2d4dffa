package main

import (
	"time"

	"phoned/sip"
)

// A fault turns a server into a state.
type fault struct {
	at     time.Duration // since the fleet was up
	server int8
	state  state
}

// Where the two servers are.
const (
	primary = 0
	backup  = 1
)

// scenario is a story told to the fleet.
type scenario struct {
	name      string // of its files
	title     string
	transport sip.Transport
	servers   [2]serverConfig
	faults    []fault // in the order of their times
	length    time.Duration
}

// whole is a server that can serve the fleet: it stores 5 % of 100,000 phones a
// second and lets a fifth of a second wait.
var whole = serverConfig{capacity: 5000, queue: 1000}

// tenth is a server of a tenth of the capacity and the same queue.
var tenth = serverConfig{capacity: 500, queue: 1000}

// busy is tenth, but says so.
var busy = serverConfig{capacity: 500, queue: 1000, retry: 30 * time.Second}

const minute = time.Minute

// scenarios are the stories, the longest ones first so that two workers end
// together.
var scenarios = []scenario{
	{
		name: "flapping", title: "The primary up 10 s, down 10 s for an hour (TCP: each time a reset)",
		transport: sip.TCP, servers: [2]serverConfig{whole, whole},
		faults: flap(reset, minute, 61*minute, 10*time.Second),
		length: 72 * minute,
	},
	{
		name: "both-dead", title: "Both servers gone for an hour (UDP, ICMP)", servers: [2]serverConfig{whole, whole},
		faults: append(down(reset, minute, 61*minute, backup), down(reset, minute, 61*minute, primary)...),
		length: 96 * minute,
	},
	{
		name: "weak-backup", title: "The primary silent for 5 min, the backup at 10 % capacity (UDP)", servers: [2]serverConfig{whole, tenth},
		faults: down(silent, minute, 6*minute, primary),
		length: 15 * minute,
	},
	{
		name: "weak-backup-503", title: "The same, and a backup that is busy says 503", servers: [2]serverConfig{whole, busy},
		faults: down(silent, minute, 6*minute, primary),
		length: 15 * minute,
	},
	{
		name: "death", title: "The primary silent for 8 min (UDP)", servers: [2]serverConfig{whole, whole},
		faults: down(silent, minute, 9*minute, primary),
		length: 16 * minute,
	},
	{
		name: "rolling", title: "Rolling restart: primary silent for 60 s, 2 min later the backup for 60 s (UDP)",
		servers: [2]serverConfig{whole, whole},
		faults:  append(down(silent, minute, 2*minute, primary), down(silent, 4*minute, 5*minute, backup)...),
		length:  13 * minute,
	},
	{
		name: "death-tcp", title: "The primary's process gone for 8 min (TCP: all phones see the reset at once)",
		transport: sip.TCP, servers: [2]serverConfig{whole, whole},
		faults: down(reset, minute, 9*minute, primary),
		length: 16 * minute,
	},
}

// down takes server s down between two times.
func down(st state, from, to time.Duration, s int8) []fault {
	return []fault{{from, s, st}, {to, s, up}}
}

// flap takes the primary down and up, each for about half, between two times.
// No process dies by a clock: each time is up to a tenth shorter or longer, so
// that no phone's timer stays in step with it.
func flap(st state, from, to, half time.Duration) []fault {
	var f []fault
	r := random(0)
	about := func() time.Duration { return half - half/10 + r.upTo(ticks(half/5)).duration() }
	for at := from; at < to; {
		back := at + about()
		f = append(f, down(st, at, back, primary)...)
		at = back + about()
	}
	return f
}
