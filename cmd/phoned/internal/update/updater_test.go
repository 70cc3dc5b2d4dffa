package update

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// A slowService comes up late.
type slowService struct {
	up        bool
	installed string
}

func (s *slowService) Running(context.Context) (string, bool, error) {
	if !s.up {
		return "", false, errors.New("nobody there")
	}
	return "A", false, nil
}

func (s *slowService) Install(_ context.Context, path string, _ func(int)) (string, error) {
	s.installed = path
	return "2", nil
}

func (s *slowService) Follow(context.Context, func(int)) error { return nil }
func (s *slowService) Mark(context.Context, bool) error        { return nil }

// Whoever asks for an installation before phoned has found the service has it
// looked for at once: without it he is told so, with it the bundle is installed.
func TestAnInstallationLooksForTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &slowService{}
		var told []News
		u := New(Config{
			Service: service, Dir: t.TempDir(), Version: "1", Log: slog.New(slog.DiscardHandler),
			Tell: func(n News) { told = append(told, n) }, Restart: func() {},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- u.Run(ctx) }()
		time.Sleep(2 * time.Minute) // it is looked for seldom by now

		u.Install("/early")
		synctest.Wait()
		if len(told) != 1 || told[0].Reason != ReasonNoService {
			t.Fatalf("without the service: %v", told)
		}
		service.up = true
		u.See(State{Network: true}) // no reason to look for it
		u.Install("/bundle")
		synctest.Wait()
		if service.installed != "/bundle" {
			t.Errorf("installed: %q, told: %v", service.installed, told)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
