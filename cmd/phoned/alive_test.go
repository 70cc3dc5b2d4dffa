package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/desk"
	"phoned/sip/ua"
)

// Every loop that the watchdog asks answers while it runs, and one that has
// stopped does not.
func TestTheLoopsAnswer(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	file, err := config.ParseChecked([]byte("<<VOIP CONFIG FILE>>Version:2.0\n<SIP CONFIG MODULE>\nSIP  Port:0\n<<END OF FILE>>\n"))
	if err != nil {
		t.Fatal(err)
	}
	settings := file.Typed()
	o := options{board: simBoard, audio: "null"}
	board, err := openBoard(o.board)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = board.Close() }()

	ctx, stop := context.WithCancel(context.Background())
	soundConfig := soundConfig(o, settings, quiet)
	soundConfig.Env = append(os.Environ(), asPhone+"=1")
	sound, err := remote.Start(ctx, soundConfig)
	if err != nil {
		t.Fatal(err)
	}
	agent, err := ua.New(agentConfig(settings, identity{}, quiet))
	if err != nil {
		t.Fatal(err)
	}
	phone := desk.New(desk.Config{Settings: deskSettings(o, factory{}, settings), UA: agent, Media: sound, Board: board, Log: quiet})
	ended := make(chan error, 2)
	go func() { ended <- agent.Run(ctx) }()
	go func() { ended <- phone.Run(context.Background()) }()

	ask := func(within time.Duration) (answers [3]bool) {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		for i, ping := range pings(phone, agent, sound) {
			answers[i] = ping.ask(ctx) == nil
		}
		return answers
	}
	if got := ask(patience); got != [3]bool{true, true, true} {
		t.Errorf("desk, user agent and voice answer: %v", got)
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	silence(sound, quiet)
	if got := ask(50 * time.Millisecond); got != [3]bool{} {
		t.Errorf("after the end desk, user agent and voice answer: %v", got)
	}
}
