package alsa

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"phoned/audio"
)

const (
	// stallFor is how long a running card may give no samples: one whose codec
	// has lost its clock says nothing.
	stallFor = 500 * time.Millisecond
	// mostAgain is how often a card is begun anew in a second, and moreAfter how
	// often before one more period waits to be played: some cards take whole
	// periods at once, or give the first one late.
	mostAgain  = 8
	moreAfter  = 3
	againWhile = time.Second
)

// Counts is what has happened since Open.
type Counts struct {
	Overruns uint64 // how often the streams ran dry or over and were begun anew
	Dropped  uint64 // frames that had no room in the playback's ring
	Trimmed  uint64 // frames left out or put in since the two clocks differ
}

// A Device is the mouth and the ear of a sound card. It implements audio.Device.
type Device struct {
	play, capture *stream
	linked        bool
	voice         int // Hz towards the phone
	period        int // frames of the hardware in 10 ms
	wait          int // frames that wait to be played
	up            raise
	down          lower
	mono          []int16 // a period of the hardware, and one more frame
	silence       []int16

	running bool
	last    time.Duration // when the card gave samples last
	got     int           // frames of the next period that were read
	again   int           // begun anew in the second
	second  time.Duration // that began then
	broken  bool          // beginning anew did not work: at the next turn
	stale   bool          // the mouth was not listened to
	balance balance
	counts  Counts
}

// Open opens a card and finds the first parameters that both its streams offer.
func Open(c Config) (*Device, error) { return open(linux{}, c) }

func open(k kernel, c Config) (*Device, error) {
	play, err := openStream(k, c.Play, true)
	if err != nil {
		return nil, err
	}
	capture, err := openStream(k, c.Capture, false)
	if err != nil {
		play.close()
		return nil, err
	}
	d := &Device{play: play, capture: capture}
	if err := d.agree(c); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// agree looks for a shape that both streams have, and makes what it needs.
func (d *Device) agree(c Config) error {
	periods := c.periods()
	for _, rate := range c.rates() {
		for _, wide := range []bool{false, true} {
			for _, channels := range c.channels() {
				e := d.play.agree(shape{rate, channels[0], wide}, periods)
				if e == 0 {
					e = d.capture.agree(shape{rate, channels[1], wide}, periods)
				}
				if e == 0 {
					d.make(c, rate, periods)
					return nil
				}
				d.rest()
				if e != syscall.EINVAL {
					return d.fault("set up", e)
				}
			}
		}
	}
	return fmt.Errorf("sound device %s has none of what is asked for: %s", d.name(), c.wishes())
}

func (d *Device) make(c Config, rate, periods int) {
	d.linked = d.play.link(d.capture)
	d.rest()
	d.voice = c.Voice
	if d.voice == 0 {
		d.voice = min(rate, 16000)
	}
	d.period = rate / 100
	d.wait = periods * max(d.period, d.play.period)
	d.up, d.down = newRaise(rate/d.voice), newLower(rate/d.voice)
	d.mono = make([]int16, d.period+1)
	d.silence = make([]int16, d.period)
	d.balance = newBalance(d.period)
}

// rates are those to try, in order.
func (c *Config) rates() []int {
	if c.Rate != 0 {
		return []int{c.Rate}
	}
	if c.Voice == 16000 {
		return []int{16000, 48000}
	}
	return []int{16000, 8000, 48000}
}

// channels are those to try, of playback and capture: the same, since many cards
// have one clock for both.
func (c *Config) channels() [][2]int {
	if c.Channels != 0 {
		return [][2]int{{c.Channels, c.Channels}}
	}
	return [][2]int{{1, 1}, {2, 2}, {2, 1}, {1, 2}}
}

// wishes says in words what was tried.
func (c *Config) wishes() string {
	rates, channels := "16000, 8000 or 48000", "1 or 2"
	if r := c.rates(); len(r) == 1 {
		rates = fmt.Sprint(r[0])
	} else if len(r) == 2 {
		rates = "16000 or 48000"
	}
	if c.Channels != 0 {
		channels = fmt.Sprint(c.Channels)
	}
	return fmt.Sprintf("%s frames a second, %s channels, 16 or 32 bits, in periods of about 10 ms", rates, channels)
}

// name is what the device is called in an error.
func (d *Device) name() string {
	if d.play.pcm == d.capture.pcm {
		return d.play.pcm.String()
	}
	return d.play.pcm.String() + " and " + d.capture.pcm.String()
}

// fault puts an error of the kernel into words.
func (d *Device) fault(what string, e syscall.Errno) error {
	if gone(e) {
		return fmt.Errorf("sound device %s is gone: %w", d.name(), e)
	}
	return fmt.Errorf("%s sound device %s: %w", what, d.name(), e)
}

// Rate implements audio.Device.
func (d *Device) Rate() int { return d.voice }

// Counts returns what has happened.
func (d *Device) Counts() Counts { return d.counts }

// Overruns is how often the streams were begun anew.
func (d *Device) Overruns() uint64 { return d.counts.Overruns }

// String tells what was agreed on, for a log or a test.
func (d *Device) String() string {
	bits := 16
	if d.play.wide {
		bits = 32
	}
	how := "apart"
	if d.linked {
		how = "linked"
	}
	return fmt.Sprintf("%s: %d Hz, %d bits, %d channels played and %d recorded, %d frames of %d wait, %s, voice %d Hz",
		d.name(), d.play.rate, bits, d.play.channels, d.capture.channels, d.wait, d.play.ring, how, d.voice)
}

// Start implements audio.Device.
func (d *Device) Start(now time.Duration) error {
	if d.running {
		return nil
	}
	for _, s := range [...]*stream{d.play, d.capture} {
		if e := s.set(); e != 0 {
			d.rest()
			return d.fault("start", e)
		}
	}
	if e := d.begin(now); e != 0 {
		d.rest()
		return d.fault("start", e)
	}
	d.running, d.again, d.second, d.broken = true, 0, now, false
	return nil
}

// begin sets both streams going with silence to play first, whatever their state.
func (d *Device) begin(now time.Duration) syscall.Errno {
	d.play.drop()
	if !d.linked {
		d.capture.drop()
	}
	if e := d.play.prepare(); e != 0 {
		return e
	}
	if e := d.capture.prepare(); e != 0 {
		return e
	}
	d.play.put(d.silence)
	for left := d.wait; left > 0; {
		n, e := d.play.transfer(0, min(left, d.period))
		if e != 0 {
			return e
		}
		if n == 0 {
			return syscall.EIO // an empty ring that takes nothing
		}
		left -= n
	}
	if !d.linked {
		if e := d.capture.start(); e != 0 {
			return e
		}
	}
	d.last, d.got = now, 0
	d.balance.reset()
	return d.play.start()
}

// Stop implements audio.Device. The card may go to sleep.
func (d *Device) Stop() {
	if d.running {
		d.running = false
		d.rest()
	}
}

// rest ends what Start or agree began.
func (d *Device) rest() {
	for _, s := range [...]*stream{d.play, d.capture} {
		s.drop()
	}
	for _, s := range [...]*stream{d.play, d.capture} {
		s.free()
	}
}

// Wait implements audio.Device: the card wakes its thread when a period was
// recorded. The deadline is when it should have, at the latest.
func (d *Device) Wait() (fd int, events int16, deadline time.Duration) {
	if d.broken {
		return d.capture.fd, unix.POLLIN, d.last
	}
	return d.capture.fd, unix.POLLIN, d.last + stallFor
}

// Capture implements audio.Device.
func (d *Device) Capture(now time.Duration, mouth []int16) (bool, error) {
	if !d.running {
		return false, nil
	}
	if d.broken {
		return false, d.recover(now, syscall.EPIPE)
	}
	recorded, e := d.capture.waiting()
	if e != 0 {
		return false, d.recover(now, e)
	}
	if recorded+d.got < d.period {
		return false, d.silent(now)
	}
	toPlay, e := d.play.waiting()
	if e != 0 {
		return false, d.recover(now, e)
	}
	total := recorded + d.got + toPlay
	for d.got < d.period {
		n, e := d.capture.transfer(d.got, d.period-d.got)
		if e != 0 {
			return false, d.recover(now, e)
		}
		if n == 0 {
			return false, d.silent(now) // the rest comes later
		}
		d.got += n
	}
	d.got, d.last = 0, now
	d.balance.see(total)
	d.hear(mouth)
	return true, nil
}

// silent is an error when the card has given no samples for too long.
func (d *Device) silent(now time.Duration) error {
	if now-d.last < stallFor {
		return nil
	}
	return fmt.Errorf("sound device %s gives no samples any more", d.name())
}

// hear gives a period that was read to the mouth.
func (d *Device) hear(mouth []int16) {
	if mouth == nil {
		d.stale = true
		return
	}
	if d.stale {
		d.stale = false
		d.down.reset()
	}
	d.capture.take(d.mono[:d.period])
	d.down.lower(mouth, d.mono[:d.period])
}

// Play implements audio.Device.
func (d *Device) Play(ear []int16) error {
	if !d.running {
		return nil
	}
	n := d.up.raise(d.mono[:d.period], ear)
	clear(d.mono[n:])
	d.mono[d.period] = d.mono[d.period-1]
	trim := d.balance.trim()
	if trim != 0 {
		d.counts.Trimmed++
	}
	n = d.period + trim
	d.play.put(d.mono[:n])
	for at := 0; at < n; {
		done, e := d.play.transfer(at, n-at)
		if e != 0 {
			return d.recover(d.last, e)
		}
		if done == 0 {
			d.counts.Dropped += uint64(n - at)
			break
		}
		at += done
	}
	return nil
}

// recover begins both streams anew after one ran dry or over, or was suspended or
// stopped. Any other error is the caller's.
func (d *Device) recover(now time.Duration, e syscall.Errno) error {
	if !stopped(e) && e != syscall.EBADFD {
		return d.fault("drive", e)
	}
	d.counts.Overruns++
	if now-d.second >= againWhile {
		d.again, d.second = 0, now
	}
	d.again++
	if d.again > mostAgain {
		return fmt.Errorf("sound device %s does not keep running: %w", d.name(), e)
	}
	if d.again%moreAfter == 0 && d.wait+d.period <= d.play.ring {
		d.wait += d.period
	}
	e = d.begin(now)
	if d.broken = stopped(e); d.broken || e == 0 {
		return nil
	}
	return d.fault("restart", e)
}

// stopped says whether an error means that a stream ran dry or over, or that the
// phone was asleep.
func stopped(e syscall.Errno) bool { return e == syscall.EPIPE || e == syscall.ESTRPIPE }

// Close implements audio.Device.
func (d *Device) Close() error {
	d.Stop()
	d.play.close()
	d.capture.close()
	return nil
}

var _ audio.Device = (*Device)(nil)
