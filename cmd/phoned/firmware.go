package main

import (
	"context"
	"log/slog"
	"os"
	"strings"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/cmd/phoned/internal/update"
)

// A keeper keeps the firmware of a phone that runs from an image: it tells the
// updater how the phone is, and the owner how the updater fares.
type keeper struct {
	updater *update.Updater
	phone   *desk.Desk
	network chan bool
}

// slotMark is what the boot loader tells the kernel of the slot it has started.
const slotMark = "rauc.slot="

// fromImage tells whether this phoned was started from one of an image's slots.
func fromImage(commandLine string) bool {
	for _, word := range strings.Fields(commandLine) {
		if slot, ok := strings.CutPrefix(word, slotMark); ok && slot != "" {
			return true
		}
	}
	return false
}

// newKeeper makes the keeper of the firmware; nil where there is no image, or
// nothing is kept from one start to the next.
func newKeeper(data string, phone *desk.Desk, restart func(), log *slog.Logger) *keeper {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil || !fromImage(string(line)) || data == "" {
		return nil
	}
	k := &keeper{phone: phone, network: make(chan bool, 1)}
	k.updater = update.New(update.Config{
		Service: update.RAUC{},
		Dir:     data,
		Version: version,
		Tell:    func(n update.News) { phone.Do(desk.Firmware{News: firmwareNews(n)}) },
		Restart: restart,
		Log:     log,
	})
	return k
}

// firmwareNews puts the updater's news into the phone's words.
func firmwareNews(n update.News) phone.Firmware {
	return phone.Firmware{
		State:   phone.FirmwareState(n.Kind),
		Version: n.Version,
		Runs:    n.Runs,
		Percent: n.Percent,
		Why:     phone.FirmwareRefusal(n.Reason),
	}
}

// install asks for a bundle; nil of a phone without an image.
func (k *keeper) install() func(path string) {
	if k == nil {
		return nil
	}
	return k.updater.Install
}

// listen is who hears of the link: the keeper, or the desk of a phone without an
// image.
func (k *keeper) listen(phone *desk.Desk) listener {
	if k == nil {
		return phone
	}
	return k
}

// Do passes what the link's watch tells on to the desk, and the updater hears of
// it too.
func (k *keeper) Do(c desk.Command) {
	k.phone.Do(c)
	link, ok := c.(desk.Link)
	if !ok {
		return
	}
	for {
		select {
		case k.network <- link.Up:
			return
		default:
		}
		select { // the older news is in the way
		case <-k.network:
		default:
		}
	}
}

// run works until ctx ends.
func (k *keeper) run(ctx context.Context) error {
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		var s update.State
		for ctx.Err() == nil {
			k.watch(ctx, &s)
		}
	}()
	defer func() { <-watched }()
	return k.updater.Run(ctx)
}

// watch tells the updater how the phone is until ctx or the desk's stream ends.
func (k *keeper) watch(ctx context.Context, s *update.State) {
	updates, stop := k.phone.Subscribe()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s.Network = <-k.network:
		case u, open := <-updates:
			if !open {
				return
			}
			if u.Snapshot == nil {
				continue
			}
			s.Calls = len(u.Snapshot.Calls) > 0 || u.Snapshot.Call != phone.CallIdle
			s.Registered = false
			for _, l := range u.Snapshot.Lines {
				s.Registered = s.Registered || l.Registered
			}
		}
		k.updater.See(*s)
	}
}
