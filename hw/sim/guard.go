package sim

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// GuardArg is the program's argument that makes it the guard of a terminal:
//
//	if len(os.Args) > 1 && os.Args[1] == sim.GuardArg {
//		os.Exit(sim.Guard(os.Args[2:]))
//	}
const GuardArg = "-guard-terminal"

// guard starts a second process that gives the terminal back if this one dies
// without doing so: a panic in any goroutine, or a kill. It returns what ends
// the guard. Without a guard the terminal is merely less safe. old is how the
// terminal was.
func guard(in, out *os.File, old *unix.Termios) (stop func()) {
	exe, err := os.Executable()
	if err != nil {
		return func() {}
	}
	state, err := binary.Append(nil, binary.NativeEndian, old)
	if err != nil {
		return func() {}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	cmd := exec.Command(exe, GuardArg, hex.EncodeToString(state))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
	cmd.ExtraFiles = []*os.File{r}
	// A group of its own: ^C and the shell's signals are for the phone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Start()
	_ = r.Close()
	if err != nil {
		_ = w.Close()
		return func() {}
	}
	// The words of a crash go through the guard, which prints them after it has
	// given the terminal back.
	_ = debug.SetCrashOutput(w, debug.CrashOptions{})
	return func() {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_, _ = w.WriteString(allFine)
		_ = w.Close()
		_ = cmd.Wait()
	}
}

const allFine = "\x00fine"

// Guard is the whole life of the guard process: it waits for the end of the
// phone on file 3 and gives the terminal on its standard input back as args
// tell.
func Guard(args []string) int {
	// Writing to the terminal from the background must not stop it.
	signal.Ignore(syscall.SIGTTOU, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	var old unix.Termios
	if len(args) != 1 {
		return 1
	}
	state, err := hex.DecodeString(args[0])
	if err != nil {
		return 1
	}
	if _, err := binary.Decode(state, binary.NativeEndian, &old); err != nil {
		return 1
	}
	pipe := os.NewFile(3, "phone")
	if pipe == nil {
		return 1
	}
	words, _ := io.ReadAll(io.LimitReader(pipe, 1<<20))
	if string(words) == allFine {
		return 0
	}
	_, _ = os.Stdout.WriteString(leave)
	_ = unix.IoctlSetTermios(0, unix.TCSETS, &old)
	_, _ = os.Stderr.Write(words)
	return 0
}
