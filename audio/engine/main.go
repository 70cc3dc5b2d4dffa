package engine

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"phoned/audio/device"
	"phoned/audio/wire"
)

// The flags by which package remote starts the media process.
const (
	FlagDevice  = "device"  // the sound device's name
	FlagControl = "control" // descriptor of the control socket
	FlagSocket  = "socket"  // path at which another control process may take over
	FlagResume  = "resume"  // the device goes on after a media process that died
)

// memoryLimit is where the garbage collector, which is off otherwise, sets in. A
// call makes a few hundred bytes of garbage a second, by reports alone, and the
// process collects when it has nothing else to do.
const memoryLimit = 48 << 20

// Main runs the media process with the flags that package remote gives it and
// returns the exit status. The program calls it before anything else when its
// first argument is -media:
//
//	if len(os.Args) > 1 && os.Args[1] == "-media" {
//		os.Exit(engine.Main(os.Args[2:]))
//	}
func Main(args []string) int {
	set := flag.NewFlagSet("media", flag.ContinueOnError)
	set.SetOutput(os.Stderr)
	name := set.String(FlagDevice, "null", "sound device")
	control := set.Int(FlagControl, -1, "descriptor of the control socket")
	socket := set.String(FlagSocket, "", "path of the socket for the next control process")
	resume := set.Bool(FlagResume, false, "go on with the device of a process that died")
	if err := set.Parse(args); err != nil {
		return 2
	}
	if _, err := device.Parse(*name); err != nil || *control < 0 {
		fmt.Fprintln(os.Stderr, "the media process is started by the phone, with a device and a control socket:", err)
		return 2
	}
	// The terminal's signals are for the control process, which says when to end.
	signal.Ignore(unix.SIGINT, unix.SIGHUP)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	realTime()
	unix.CloseOnExec(*control)
	link, err := wire.NewLink(*control)
	if err != nil {
		fmt.Fprintln(os.Stderr, "media:", err)
		return 1
	}
	e, err := newEngine(*name, *resume, link, *socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, "media:", err)
		return 1
	}
	defer e.close()
	for !e.done {
		e.turn()
	}
	return 0
}

// realTime asks for the thread to run before all others. A phone that must not
// is still a phone.
func realTime() {
	const priority = 50
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -15)
	}
}
