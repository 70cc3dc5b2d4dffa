//go:build linux

// Package machine runs one emulated handset: a QEMU process with its serial log,
// its control connection, the agent inside, its display, sound and power.
//
//	m, err := machine.Start(ctx, machine.Config{Dir: dir, Kernel: k.Image(), ...})
//	defer m.Close()
//	_, err = m.Serial.Wait(ctx, "phone is up")
//	agent, err := m.Agent(ctx)
//	result, err := agent.Run(ctx, "ps")
//	m.Kill() // the power goes
//
// It builds nothing and knows nothing of SIP. A machine ends with the process
// that started it, also if that is killed.
package machine
