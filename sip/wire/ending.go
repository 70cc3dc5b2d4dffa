package wire

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ending tells why a connection ended from the error it ended with.
func ending(err error) Fault {
	switch {
	case errors.Is(err, errNoPong):
		return NoPong
	case errors.Is(err, errUnacknowledged), errors.Is(err, errSilent), errors.Is(err, errStuck),
		errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded):
		return TimedOut
	case rejected(err):
		return Certificate
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Closed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNREFUSED),
		errors.Is(err, syscall.ECONNABORTED):
		return Reset
	case noRoute(err), hostDown(err):
		return TimedOut // tcp(7): the soft error behind a time-out is told in its place
	default:
		return Ended
	}
}
