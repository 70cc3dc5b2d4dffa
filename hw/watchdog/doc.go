// Package watchdog feeds the board's watchdog as long as every loop of the
// phone answers, so that a phone that hangs is reset by the hardware. It never
// resets anything itself.
//
//	w := watchdog.Open(watchdog.Options{Device: "/dev/watchdog0", Log: log})
//	defer w.Close()
//	w.Ask("desk", 10*time.Second, func(ctx context.Context) error { return desk.Ping(ctx) })
//	loop := w.Watch("timer", 10*time.Second)
//	for range ticks { loop.Alive() }
//
// The decision who hangs is pure (type keeper); the shell reads the clock, asks
// the loops and writes to the device. Linux: Documentation/watchdog/watchdog-api.rst.
package watchdog
