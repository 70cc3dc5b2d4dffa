package ua

import (
	"log/slog"
	"strings"
	"testing"
)

func TestAPanicEndsItsMessageAlone(t *testing.T) {
	log := &lockedBuffer{}
	a := newAgent(Config{}, slog.New(slog.NewTextHandler(log, nil)), func(Event) {})
	a.guard("test", func() { panic("boom") })
	if !strings.Contains(log.String(), "boom") {
		t.Error("the panic is not in the log")
	}
}
