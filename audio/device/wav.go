package device

import (
	"fmt"
	"time"

	"phoned/audio"
)

// A wav has a file for a mouth and one for an ear.
type wav struct {
	clock
	rate  int
	mouth []int16
	at    int
	once  bool
	ear   *earFile
}

func openWAV(n Name, resume bool) (audio.Device, error) {
	w := &wav{rate: n.rate(), once: n.Once}
	if n.Mouth != "" {
		samples, rate, err := readWAV(n.Mouth)
		if err != nil {
			return nil, err
		}
		if n.Rate != 0 && rate != n.Rate {
			return nil, fmt.Errorf("the mouth's file %s has %d samples a second, the device %d", n.Mouth, rate, n.Rate)
		}
		w.mouth, w.rate = samples, rate
	}
	if n.Ear != "" {
		ear, err := openEar(n.Ear, w.rate, resume)
		if err != nil {
			return nil, err
		}
		w.ear = ear
	}
	return w, nil
}

func (w *wav) Rate() int { return w.rate }

// Capture says the next of the mouth's file. While nobody listens the file waits,
// so that a call hears it from where it stands.
func (w *wav) Capture(now time.Duration, mouth []int16) (bool, error) {
	if !w.due(now) {
		return false, nil
	}
	for len(mouth) > 0 {
		if w.at == len(w.mouth) {
			if w.once || len(w.mouth) == 0 {
				clear(mouth)
				break
			}
			w.at = 0
		}
		n := copy(mouth, w.mouth[w.at:])
		w.at += n
		mouth = mouth[n:]
	}
	return true, nil
}

func (w *wav) Play(ear []int16) error {
	if w.ear == nil {
		return nil
	}
	return w.ear.write(ear)
}

// Stop writes what waits: the file is complete while the phone is silent.
func (w *wav) Stop() {
	if w.running && w.ear != nil {
		_ = w.ear.flush()
	}
	w.clock.Stop()
}

func (w *wav) Close() error {
	w.clock.Stop()
	if w.ear == nil {
		return nil
	}
	return w.ear.close()
}
