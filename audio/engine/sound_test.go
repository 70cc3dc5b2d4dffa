package engine

import (
	"errors"
	"testing"
	"time"

	"phoned/audio"
	"phoned/audio/path"
)

// A card is a sound card as the media process sees it: a descriptor, periods that
// come as time passes, and faults.
type card struct {
	opened, closed, started, stopped int

	openErr, startErr, err error
	dry                    uint64 // overruns
	dead                   bool   // it gives nothing and says nothing
	due                    bool
	last                   time.Duration
}

var errGone = errors.New("the card is gone")

func (c *card) open(string, bool) (audio.Device, error) {
	if c.openErr != nil {
		return nil, c.openErr
	}
	c.opened++
	return c, nil
}

func (c *card) Rate() int { return 16000 }
func (c *card) Start(now time.Duration) error {
	c.started++
	c.last = now
	return c.startErr
}
func (c *card) Stop()                             { c.stopped++ }
func (c *card) Wait() (int, int16, time.Duration) { return 77, 1, c.last + time.Second/2 }
func (c *card) Capture(now time.Duration, _ []int16) (bool, error) {
	if c.err != nil {
		return false, c.err
	}
	if c.dead {
		if now >= c.last+time.Second/2 {
			return false, errors.New("the card is silent")
		}
		return false, nil
	}
	due := c.due
	c.due = false
	if due {
		c.last = now
	}
	return due, nil
}
func (c *card) Play([]int16) error { return nil }
func (c *card) Overruns() uint64   { return c.dry }
func (c *card) Close() error       { c.closed++; return nil }

// A bench is a sound and the time.
type bench struct {
	sound
	card    *card
	path    *path.Path
	now     time.Duration
	periods int
	told    []string // the faults
}

func newBench(c *card) *bench {
	b := &bench{card: c, path: path.New(16000, nil)}
	b.opener = c.open
	b.sound.open("card", false, 0)
	b.path.Play(audio.DialTone)
	return b
}

// run is what the engine's turns do, until a time has passed.
func (b *bench) run(long time.Duration) {
	for end := b.now + long; ; {
		b.sound.run(b.now, b.path)
		_, _, deadline := b.wait(b.now)
		step := min(10*time.Millisecond, deadline-b.now)
		b.now += max(step, time.Millisecond)
		b.card.due = true
		for b.capture(b.now, nil) {
			b.periods++
			b.play(b.now, nil)
		}
		if b.news {
			b.news = false
			b.told = append(b.told, b.fault)
		}
		if b.now >= end {
			return
		}
	}
}

// A card that is pulled out in a call: silence in its place keeps the call's time,
// it is tried again ever less often, and used as soon as it is back.
func TestTheCardIsGoneAndBack(t *testing.T) {
	b := newBench(new(card))
	b.run(time.Second)
	if b.periods < 99 || b.card.started != 1 {
		t.Fatalf("%d periods, started %d times", b.periods, b.card.started)
	}
	b.card.err, b.card.openErr, b.card.dry = errGone, errGone, 3
	b.periods = 0
	var tries []time.Duration
	b.opener = func(string, bool) (audio.Device, error) {
		tries = append(tries, b.now)
		return b.card.open("", true)
	}
	b.run(40 * time.Second)
	if b.periods < 3990 || b.card.closed != 1 || len(b.told) != 1 || b.told[0] != errGone.Error() {
		t.Errorf("%d periods without the card, closed %d times, told %q", b.periods, b.card.closed, b.told)
	}
	for i := 1; i < len(tries); i++ {
		want := min(retryFirst<<(i), retryMost)
		if got := tries[i] - tries[i-1]; got < want || got > want+20*time.Millisecond {
			t.Errorf("try %d after %v, want %v", i+1, got, want)
		}
	}
	if len(tries) < 8 {
		t.Errorf("%d tries", len(tries))
	}
	b.card.err, b.card.openErr, b.card.dry = nil, nil, 0
	if b.overruns() != 3 {
		t.Errorf("%d overruns", b.overruns())
	}
	b.run(retryMost + time.Second)
	if b.spare != nil || b.card.started != 2 || len(b.told) != 2 || b.told[1] != "" {
		t.Errorf("started %d times, told %q", b.card.started, b.told)
	}
	if b.card.dry = 2; b.overruns() != 5 {
		t.Errorf("%d overruns", b.overruns())
	}
	b.run(wellAfter)
	b.card.err = errGone
	b.run(20 * time.Millisecond)
	if b.pause != retryFirst {
		t.Errorf("a card that worked for long is tried after %v", b.pause)
	}
}

// A card that gives nothing is noticed at its deadline, and one that can be opened
// but stays dead is told once, not each time.
func TestADeadCard(t *testing.T) {
	b := newBench(&card{dead: true})
	b.run(60 * time.Second)
	if len(b.told) != 1 || b.told[0] != "the card is silent" {
		t.Errorf("told %q", b.told)
	}
	if b.card.opened < 5 || b.card.opened > 15 || b.card.closed < b.card.opened-1 {
		t.Errorf("opened %d times in a minute, closed %d times", b.card.opened, b.card.closed)
	}
	if b.periods < 4000 {
		t.Errorf("%d periods in a minute: the call loses its time", b.periods)
	}
	b.card.dead = false
	b.run(20 * time.Second)
	if len(b.told) != 2 || b.told[1] != "" || b.spare != nil {
		t.Errorf("told %q", b.told)
	}
}

// A card that can not be started is stood in for, too: a call's time goes on.
func TestACardThatDoesNotStart(t *testing.T) {
	b := newBench(&card{startErr: errGone})
	b.run(time.Second)
	if b.periods < 90 || len(b.told) != 1 {
		t.Errorf("%d periods, told %q", b.periods, b.told)
	}
	b.path.Play(audio.Silence)
	b.card.startErr = nil
	b.run(10 * time.Second)
	if b.running || b.spare != nil || len(b.told) != 2 || b.told[1] != "" {
		t.Errorf("a card that is back and not needed: told %q", b.told)
	}
	if fd, _, _ := b.wait(b.now); fd >= 0 {
		t.Error("a card at rest is polled")
	}
}
