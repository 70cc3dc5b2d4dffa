package board

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// knobs are a mixer that notes what is done with it.
type knobs struct {
	log    *[]string
	number int
	broken bool
}

func (k *knobs) Set(name string, values ...int) error {
	*k.log = append(*k.log, fmt.Sprintf("%d: %s %v", k.number, name, values))
	if k.broken {
		return errors.New("no such device")
	}
	return nil
}

func (k *knobs) Close() error {
	*k.log = append(*k.log, fmt.Sprintf("%d: closed", k.number))
	return nil
}

// A sound card that was unplugged has another mixer when it is back: after an
// error the old one is given up.
func TestAMixerThatIsOpenedWhenItIsThere(t *testing.T) {
	var log []string
	there, opened := false, 0
	var last *knobs
	m := &lateMixer{card: "usb", open: func(card string) (Mixing, error) {
		if !there || card != "usb" {
			return nil, errors.New("no card " + card)
		}
		opened++
		last = &knobs{log: &log, number: opened}
		return last, nil
	}}
	if err := m.Set("x", 1); err == nil || err.Error() != "no card usb" {
		t.Errorf("before it is there: %v", err)
	}
	there = true
	if err := m.Set("x", 1); err != nil {
		t.Error(err)
	}
	last.broken = true
	if err := m.Set("x", 2); err == nil {
		t.Error("an unplugged card takes settings")
	}
	if err := m.Set("y", 3, 4); err != nil {
		t.Error(err)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
	if got := strings.Join(log, ", "); got != "1: x [1], 1: x [2], 1: closed, 2: y [3 4], 2: closed" {
		t.Errorf("done: %s", got)
	}
}

// A bus that is not there is an error of the transfer, which the codec tells and
// tries again; it never keeps the phone from starting.
func TestABusThatIsNotThere(t *testing.T) {
	b := &lateBus{name: "no such bus"}
	if err := b.Tx(0x1a, []byte{0, 0}, nil); err == nil || !strings.Contains(err.Error(), "no such bus") {
		t.Errorf("%v", err)
	}
	if b.String() != "no such bus" || b.SetSpeed(1) == nil || b.Close() != nil {
		t.Error("a bus that is not open has a name and nothing else")
	}
	if _, err := openCodec(Config{Codec: Codec{Kind: "mixer", Card: "0"}}, Options{}, func(string) {}); err == nil {
		t.Error("a mixer without a program's mixer")
	}
}
