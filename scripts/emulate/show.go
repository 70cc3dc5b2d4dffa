//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
	"phoned/scripts/emulate/machine"
)

// usage is what show tells at its start.
const usage = `
  up / down              lift the handset, put it down
  1 ... 9 * 0 #          press keys: 600# calls a party that echoes what it hears
  send hold mute speaker transfer redial reject menu ok back line1 ... line4 soft1 ... soft4
  volume+ volume- arrow-up arrow-down
  headset in / headset out
  call                   somebody calls the phone
  silence primary        the server says nothing (also: backup; stop = its port is closed; heal)
  sh COMMAND             run something inside the phone, as root
  reset                  the reset button
  quit
`

// show runs the phone, tells what it does, and takes keys from the terminal.
func show(ctx context.Context, w *build.Workshop, args []string) error {
	f := flag.NewFlagSet("show", flag.ContinueOnError)
	uboot := f.Bool("u-boot", true, "start as the product does, through the boot loader")
	fresh := f.Bool("fresh", false, "forget what the phone has stored")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir := filepath.Join(w.Project, "build", "emulate", "show")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	config, err := showMachine(ctx, w, dir, *uboot, *fresh)
	if err != nil {
		return err
	}
	m, err := machine.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	fmt.Printf("screen: %s (made anew twice a second)\nsound:  %s\nserial: %s\n%s\n",
		filepath.Join(dir, "screen.png"), config.Ear, filepath.Join(dir, "serial.log"), usage)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go tellSerial(ctx, m)
	go keepScreen(ctx, m, filepath.Join(dir, "screen.png"))
	go tellPhone(ctx, m)
	err = obey(ctx, m, os.Stdin)
	_ = m.Quit(context.WithoutCancel(ctx)) // the WAV gets its length
	return err
}

// showMachine is the machine with a disk that is kept from one show to the next.
func showMachine(ctx context.Context, w *build.Workshop, dir string, uboot, fresh bool) (machine.Config, error) {
	image, err := w.Image(ctx, build.Spec{Factory: map[string]string{"settings.conf": guest.Settings("Failback Interval:60")}})
	if err != nil {
		return machine.Config{}, err
	}
	disk, tests, far := filepath.Join(dir, "disk.img"), filepath.Join(dir, "tests.img"), filepath.Join(dir, "far")
	// A disk of another image is of no use; its directory's name says what it is of.
	mark := filepath.Join(dir, "image")
	if old, err := os.ReadFile(mark); fresh || err != nil || string(old) != image.Dir {
		if err := image.Copy(ctx, disk); err != nil {
			return machine.Config{}, err
		}
		if err := os.WriteFile(mark, []byte(image.Dir), 0o644); err != nil {
			return machine.Config{}, err
		}
	}
	if err := w.Program(ctx, "./scripts/emulate/far", far); err != nil {
		return machine.Config{}, err
	}
	if err := w.TestDisk(ctx, tests, map[string]string{"far": far}); err != nil {
		return machine.Config{}, err
	}
	c := machine.Config{
		Dir: dir, Display: true, Watchdog: true, Ear: filepath.Join(dir, "ear.wav"), Net: "user",
		Disks: []machine.Disk{{Path: disk}, {Path: tests, ReadOnly: true}},
	}
	if uboot {
		c.UBoot, err = w.Firmware()
		return c, err
	}
	kernel, err := w.Kernel(ctx)
	c.Kernel, c.Append = kernel.Image(), build.Append
	return c, err
}

// tellSerial prints the console.
func tellSerial(ctx context.Context, m *machine.Machine) {
	for mark := 0; ; mark++ {
		line, err := m.Serial.WaitFrom(ctx, mark, "")
		if err != nil {
			return
		}
		fmt.Println("serial |", line.Text)
	}
}

// keepScreen keeps a picture of the display.
func keepScreen(ctx context.Context, m *machine.Machine, path string) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = m.Screenshot(ctx, path) // nothing to show yet
		}
	}
}

// tellPhone starts the servers and the far party, prints what phoned tells on its
// control socket, and does so again after a reset.
func tellPhone(ctx context.Context, m *machine.Machine) {
	for ctx.Err() == nil {
		if err := tellOnce(ctx, m); err != nil && ctx.Err() == nil {
			time.Sleep(time.Second)
		}
	}
}

func tellOnce(ctx context.Context, m *machine.Machine) error {
	agent, err := m.Agent(ctx)
	if err != nil {
		return err
	}
	if _, err := agent.Shell(ctx, "[ -S /run/far ] || { start-stop-daemon -S -b -x "+guest.Mount+"/far; }"); err != nil {
		return err
	}
	socket, err := agent.Dial(ctx, "/run/phoned/control")
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }()
	if _, err := io.WriteString(socket, `{"do":"get"}`+"\n"); err != nil {
		return err
	}
	var before string
	lines := bufio.NewScanner(socket)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s struct {
			Screen []string          `json:"screen"`
			Lamps  map[string]string `json:"lamps"`
			Text   string            `json:"text"`
		}
		if json.Unmarshal(lines.Bytes(), &s) != nil {
			continue
		}
		text := strings.Join(s.Screen, "\n")
		if s.Text != "" {
			fmt.Println("notice |", s.Text)
		}
		if text == "" || text == before {
			continue
		}
		before = text
		for line := range strings.Lines(text) {
			fmt.Println("screen |", strings.TrimRight(line, "\n"))
		}
		for lamp, how := range s.Lamps {
			if how != "off" {
				fmt.Println("lamp   |", lamp, how)
			}
		}
	}
	return errors.New("phoned has ended")
}

// obey takes commands until the end of the input. Without a terminal or a pipe the
// phone runs until it is interrupted.
func obey(ctx context.Context, m *machine.Machine, in io.Reader) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(in)
		for s.Scan() {
			lines <- strings.TrimSpace(s.Text())
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.Done():
			return fmt.Errorf("the machine is off: %s", m.Noise())
		case line, open := <-lines:
			if !open || line == "quit" {
				return nil
			}
			if err := do(ctx, m, line); err != nil {
				fmt.Println("emulate:", err)
			}
		}
	}
}

// do carries out one line.
func do(ctx context.Context, m *machine.Machine, line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	if words[0] == "reset" {
		return m.Reset(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	agent, err := m.Agent(ctx)
	if err != nil {
		return err
	}
	const desk = "/sys/devices/platform/phone-sim/"
	switch words[0] {
	case "up":
		return agent.Write(ctx, desk+"hook", []byte("1"))
	case "down":
		return agent.Write(ctx, desk+"hook", []byte("0"))
	case "headset":
		return agent.Write(ctx, desk+"headset", []byte(map[bool]string{true: "1", false: "0"}[slices.Contains(words, "in")]))
	case "sh":
		out, err := agent.Shell(ctx, strings.TrimPrefix(line, "sh"))
		fmt.Print(out)
		return err
	case "wait":
		time.Sleep(2 * time.Second)
		return nil
	case "call", "silence", "stop", "heal":
		return tellFar(ctx, agent, line)
	}
	keys, err := keysOf(words)
	if err != nil {
		return err
	}
	return agent.Press(ctx, keys...)
}

// keysOf are the keys that words mean: a name is a key, other words are digits.
func keysOf(words []string) ([]string, error) {
	names := map[string]string{"arrow-up": "up", "arrow-down": "down"}
	var keys []string
	for _, w := range words {
		if name, ok := names[w]; ok {
			w = name
		}
		if _, err := guest.Mask(w); err == nil {
			keys = append(keys, w)
			continue
		}
		for _, c := range w {
			if _, err := guest.Mask(string(c)); err != nil {
				return nil, fmt.Errorf("%q is neither a key nor a command%s", w, usage)
			}
			keys = append(keys, string(c))
		}
	}
	return keys, nil
}

// tellFar gives the far party or a server a command.
func tellFar(ctx context.Context, agent *machine.Agent, line string) error {
	socket, err := agent.Dial(ctx, "/run/far")
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }()
	if _, err := io.WriteString(socket, line+"\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(socket).ReadString('\n')
	if err == nil && answer != "done\n" {
		err = errors.New(strings.TrimSpace(answer))
	}
	return err
}
