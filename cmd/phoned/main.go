// Phoned is the firmware of an open SIP desk phone.
//
//	phoned -config FILE [-data DIR] [-board sim] [-audio null] [-control PATH]
//	phoned -demo
//	phoned explain | replay | drill
//
// main.go is its table of contents; wire.go turns settings into the words of
// the parts. What the program does lives in the packages below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"phoned/audio/engine"
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/control"
	"phoned/cmd/phoned/internal/desk"
	"phoned/hw/sim"
	"phoned/sip/ua"
)

// version is set by the linker.
var version = "unknown"

func main() {
	// The same binary is the media process and the guard of a terminal.
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "-media":
			os.Exit(engine.Main(os.Args[2:]))
		case sim.GuardArg:
			os.Exit(sim.Guard(os.Args[2:]))
		}
	}
	if isTool(os.Args[1:]) {
		os.Exit(runTool(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(start(os.Args[1:], os.Stderr))
}

// start runs the phone from its arguments to its exit status.
func start(args []string, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return 0
	case err == nil && o.list:
		err = listBoards(os.Stdout)
		if err == nil {
			return 0
		}
		fallthrough
	case err != nil:
		fmt.Fprintf(stderr, "phoned: %v\n", err)
		return 1
	}
	thrift()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	status, err := run(ctx, o, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "phoned: %v\n", err)
		return 1
	}
	return status
}

// How long the end may take: BYEs and unregistering, then the media process.
const (
	stopTime  = 8 * time.Second
	soundTime = 3 * time.Second
)

// thrift keeps the control process small: it has a few hundred kilobytes of
// live data, for which the collector's usual 4 MB of headroom is much.
func thrift() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(48 << 20)
	}
}

// run is the phone from its settings to its end; status is what it asks of
// whoever keeps it running (ending.go).
func run(ctx context.Context, o options, stderr io.Writer) (status int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	// Demo: servers of its own, which outlive the phone's goodbye.
	world, err := openWorld(&o, stderr)
	if err != nil {
		return 0, err
	}
	defer world.end()

	// Board.
	board, err := openBoard(o.board)
	if err != nil {
		return 0, err
	}
	defer func() { _ = board.Close() }()
	if o.audio == "" {
		o.audio = board.audio
	}
	view, logs := openView(o, board.sim, world.panel, stderr)
	log := newLog(o, logs)

	// Settings.
	store, err := openSettings(o, world.settings, log)
	if err != nil {
		return 0, err
	}
	defer store.close()
	settings := store.settings()
	for _, w := range settings.Warnings {
		log.Warn("settings: " + w)
	}

	// Control socket: before anything that another phone would notice.
	var sockets []net.Listener
	for _, path := range o.control {
		l, err := control.Listen(path)
		if err != nil {
			return 0, err
		}
		defer func() { _ = l.Close() }()
		sockets = append(sockets, l)
	}

	// Sound.
	soundCtx, endSound := context.WithCancel(context.Background())
	defer endSound()
	sound, err := remote.Start(soundCtx, soundConfig(o, settings, log))
	if err != nil {
		return 0, fmt.Errorf("start sound %q: %w", o.audio, err)
	}
	defer func() {
		endSound()
		silence(sound, log)
	}()
	if err := tune(sound, settings); err != nil {
		return 0, err
	}

	// SIP.
	made := readFactory(o.factory, log)
	agent, err := ua.New(agentConfig(settings, identify(made, o.data, log), log))
	if err != nil {
		return 0, err
	}

	// Desk.
	end := newEnding(cancel)
	phone := desk.New(desk.Config{
		Settings: deskSettings(o, made, settings),
		UA:       agent,
		Media:    withRoutes(sound, board.router),
		Board:    board,
		Save:     store.save,
		Restart:  func() { end.Reboot(false) },
		Log:      log,
	})

	// Firmware, where the phone runs from an image.
	firmware := newKeeper(o.data, phone, func() { end.Reboot(false) }, log)

	// Everything runs until the first part ends. The desk goes on until the user
	// agent has said goodbye to the servers and closed its events.
	var g group
	agentCtx, endAgent := context.WithCancel(context.Background())
	defer endAgent()
	context.AfterFunc(ctx, endAgent)
	g.run(cancel, func() error { return agent.Run(agentCtx) })
	g.run(cancel, func() error { return phone.Run(context.Background()) })
	server := control.New(control.Config{Phone: phone, Keys: board.keys, Power: end, Update: firmware.install(), Log: log, Program: version})
	for _, l := range sockets {
		g.run(cancel, func() error { return server.Serve(ctx, l) })
	}
	g.run(cancel, func() error {
		return watchLink(ctx, func() []string { return linkTargets(store.settings()) }, firmware.listen(phone), log)
	})
	if firmware != nil {
		g.run(cancel, func() error { return firmware.run(ctx) })
	}
	g.run(cancel, func() error { return reloadOnHangup(ctx, o, made, store, phone, sound, log) })
	g.run(cancel, func() error { end.run(ctx, phone, log); return nil })
	if view != nil {
		g.run(cancel, func() error {
			defer cancel() // the user quits: the phone ends
			return view.Run(ctx)
		})
	}
	log.Info("phone is up", "version", version, "lines", len(settings.Lines), "board", o.board, "audio", o.audio)
	unguard := guardBoard(o, board, phone, agent, sound, log)
	err = g.wait(ctx)
	if status, _ = end.wish(); status == 0 {
		unguard() // else it also sees to it that the reboot comes
	}
	return status, err
}

// silence waits until the media process has ended.
func silence(sound *remote.Remote, log *slog.Logger) {
	late := time.After(soundTime)
	for {
		select {
		case _, open := <-sound.Events():
			if !open {
				return
			}
		case <-late:
			log.Error("the media process does not end")
			return
		}
	}
}

// reloadOnHangup reads the settings anew at SIGHUP. Bad settings are refused
// and the old ones stay.
func reloadOnHangup(ctx context.Context, o options, made factory, store *settingsStore, phone *desk.Desk, sound *remote.Remote, log *slog.Logger) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
		}
		if err := store.reload(); err != nil {
			log.Error("the old settings stay", "error", err)
			phone.Do(desk.Fault{Text: err.Error()})
			continue
		}
		settings := store.settings()
		for _, w := range settings.Warnings {
			log.Warn("settings: " + w)
		}
		if err := tune(sound, settings); err != nil {
			log.Error("settings", "error", err)
		}
		phone.Do(desk.Fault{})
		phone.Do(desk.Reload{Settings: deskSettings(o, made, settings)})
		log.Info("settings read again", "lines", len(settings.Lines))
	}
}
