package update

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// RAUC's names on the bus (its "D-Bus API", interface
// de.pengutronix.rauc.Installer).
const (
	raucName   = "de.pengutronix.rauc"
	raucPath   = dbus.ObjectPath("/")
	raucMember = "de.pengutronix.rauc.Installer."
	properties = "org.freedesktop.DBus.Properties."
)

// callTime is how long a call of the service may take that writes no slot. Info
// reads a whole bundle's signature from slow storage.
const callTime = 30 * time.Second

// A RAUC is the service that writes slots, on the system's bus. Its methods
// wait for it; each makes a connection of its own, so that a bus or a service
// that has been restarted is found again.
type RAUC struct {
	// Address of the bus; "" = the system's.
	Address string
}

// An InstallError is a bundle that is not installed.
type InstallError struct {
	Reason Reason
	Text   string // the service's own words
}

func (e *InstallError) Error() string { return e.Text }

// connect reaches the bus. One that takes the connection and then says nothing
// is given up after callTime.
func (r RAUC) connect(ctx context.Context) (*dbus.Conn, error) {
	failed := func(err error) (*dbus.Conn, error) {
		return nil, &InstallError{ReasonNoService, fmt.Sprintf("reach the update service: %v", err)}
	}
	dial := func() (*dbus.Conn, error) { return dbus.Dial(r.Address) }
	if r.Address == "" {
		dial = func() (*dbus.Conn, error) { return dbus.SystemBusPrivate() }
	}
	conn, err := dial()
	if err != nil {
		return failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	mute := context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if !mute() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return failed(err)
	}
	return conn, nil
}

// property reads one property of the service.
func property(ctx context.Context, conn *dbus.Conn, name string) (v dbus.Variant, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	call := conn.Object(raucName, raucPath).CallWithContext(ctx, properties+"Get", 0, strings.TrimSuffix(raucMember, "."), name)
	if err := call.Store(&v); err != nil {
		return v, &InstallError{ReasonNoService, fmt.Sprintf("ask the update service for %s: %v", name, err)}
	}
	return v, nil
}

func text(v dbus.Variant) string {
	s, _ := v.Value().(string)
	return s
}

// Running tells the slot that runs, and whether a bundle is being written.
func (r RAUC) Running(ctx context.Context) (slot string, writing bool, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = conn.Close() }()
	boot, err := property(ctx, conn, "BootSlot")
	if err != nil {
		return "", false, err
	}
	operation, err := property(ctx, conn, "Operation")
	if err != nil {
		return "", false, err
	}
	return text(boot), text(operation) != "idle", nil
}

// Mark marks the slot that runs as good or bad.
func (r RAUC) Mark(ctx context.Context, good bool) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	state := "bad"
	if good {
		state = "good"
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	call := conn.Object(raucName, raucPath).CallWithContext(ctx, raucMember+"Mark", 0, state, "booted")
	if call.Err != nil {
		return fmt.Errorf("mark the running firmware %s: %w", state, call.Err)
	}
	return nil
}

// Install writes a bundle into the other slot and returns its version. progress
// is told percents as they come, on the caller's goroutine.
func (r RAUC) Install(ctx context.Context, path string, progress func(percent int)) (version string, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	rauc := conn.Object(raucName, raucPath)

	// A bundle that can not be looked into is not installed either; but only the
	// attempt tells why.
	infoCtx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var compatible string
	if err := rauc.CallWithContext(infoCtx, raucMember+"Info", 0, path).Store(&compatible, &version); err != nil {
		version = ""
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(infoCtx, dbus.WithMatchSender(raucName), dbus.WithMatchObjectPath(raucPath)); err != nil {
		return "", &InstallError{ReasonNoService, fmt.Sprintf("listen to the update service: %v", err)}
	}
	if err := rauc.CallWithContext(infoCtx, raucMember+"InstallBundle", 0, path, map[string]dbus.Variant{}).Err; err != nil {
		return "", refusal(err)
	}
	return version, r.follow(ctx, conn, signals, progress)
}

// Follow waits for the end of an installation that another process has begun.
func (r RAUC) Follow(ctx context.Context, progress func(percent int)) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(raucName), dbus.WithMatchObjectPath(raucPath)); err != nil {
		return &InstallError{ReasonNoService, fmt.Sprintf("listen to the update service: %v", err)}
	}
	return r.follow(ctx, conn, signals, progress)
}

// lookEvery is how often the service is asked whether it still works: one that
// dies sends no signal.
const lookEvery = 5 * time.Second

// follow listens until the installation is over.
func (r RAUC) follow(ctx context.Context, conn *dbus.Conn, signals <-chan *dbus.Signal, progress func(int)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			operation, err := property(ctx, conn, "Operation")
			if err != nil {
				return &InstallError{ReasonInterrupted, fmt.Sprintf("the update service ended in the middle: %v", err)}
			}
			if text(operation) == "idle" {
				return r.outcome(ctx, conn)
			}
		case s, open := <-signals:
			switch {
			case !open:
				return &InstallError{ReasonInterrupted, "the bus ended in the middle"}
			case s.Name == raucMember+"Completed":
				return r.outcome(ctx, conn)
			case s.Name == properties+"PropertiesChanged":
				if percent, ok := percentOf(s); ok {
					progress(percent)
				}
			}
		}
	}
}

// outcome is how the last installation ended: RAUC leaves no error text behind
// one that went well.
func (r RAUC) outcome(ctx context.Context, conn *dbus.Conn) error {
	last, err := property(ctx, conn, "LastError")
	if err != nil {
		return err
	}
	if words := text(last); words != "" {
		return refusal(errors.New(words))
	}
	return nil
}

// percentOf reads the property Progress (percentage, message, depth) out of a
// change.
func percentOf(s *dbus.Signal) (percent int, ok bool) {
	if len(s.Body) < 2 {
		return 0, false
	}
	changed, _ := s.Body[1].(map[string]dbus.Variant)
	fields, _ := changed["Progress"].Value().([]any)
	if len(fields) == 0 {
		return 0, false
	}
	n, ok := fields[0].(int32)
	return int(n), ok
}

// refusal sorts RAUC's words by what the owner can do about them.
func refusal(err error) error {
	var known *InstallError
	if errors.As(err, &known) {
		return err
	}
	words := err.Error()
	is := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(strings.ToLower(words), p) {
				return true
			}
		}
		return false
	}
	reason := ReasonDamaged
	var bus dbus.Error
	switch {
	case is("no such file", "permission denied", "failed to open"):
		reason = ReasonNoFile
	case is("already processing", "already installing"):
		reason = ReasonBusy
	case is("compatible mismatch"):
		reason = ReasonOther
	case is("failed to verify signature", "signature verification", "self-signed", "self signed", "unable to get local issuer", "not yet valid", "has expired"):
		reason = ReasonSignature
	case is("no space", "destination device", "failed updating slot", "failed to write", "input/output", "bootloader", "failed marking", "mark slot"):
		reason = ReasonWrite
	case errors.As(err, &bus) && (is("serviceunknown", "noreply", "namehasnoowner", "accessdenied") ||
		strings.HasPrefix(bus.Name, "org.freedesktop.DBus.Error.")), errors.Is(err, context.DeadlineExceeded):
		reason = ReasonNoService
	}
	return &InstallError{reason, words}
}
