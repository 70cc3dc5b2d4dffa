package remote

import (
	"io"
	"log/slog"
)

// A Config is what Start needs. Only Device must be given.
type Config struct {
	// Exe is the program that becomes the media process; empty = this program.
	Exe string
	// Args come before the media process's own flags; nil = {"-media"}.
	Args []string
	// Env is its environment; nil = that of this process.
	Env []string
	// Device is the name of the sound device: alsa, null, echo or
	// wav:mouth=FILE,ear=FILE (see package device).
	Device string
	// Socket is the path of the Unix socket by which the next control process
	// takes over a media process that outlived this one. Empty = no such
	// socket: the media process then ends soon after this one.
	Socket string
	// PortMin and PortCount bound the UDP ports of RTP and RTCP (settings
	// `RTP Initial Port` and `RTP Port Quantity`); 0 = 10000 and 1000.
	PortMin, PortCount int
	// DSCP of RTP and RTCP (setting `Voice DSCP`), 0-63.
	DSCP int
	// Log takes what the owner would want to know; nil = nothing is logged.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Args == nil {
		c.Args = []string{"-media"}
	}
	if c.PortMin == 0 {
		c.PortMin = 10000
	}
	if c.PortCount == 0 {
		c.PortCount = 1000
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return c
}
