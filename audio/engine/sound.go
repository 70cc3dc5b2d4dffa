package engine

import (
	"time"

	"phoned/audio"
	"phoned/audio/device"
	"phoned/audio/path"
)

// A device that does not work is tried again soon, for a sound card may be back
// at once, and then ever less often.
const (
	retryFirst = 250 * time.Millisecond
	retryMost  = 8 * time.Second
	wellAfter  = 10 * time.Second // a device that worked so long begins with retryFirst
)

// A sound is the device, or a silent one in its place while it does not work: a
// call must not end because a loudspeaker has failed.
type sound struct {
	name    string
	opener  func(name string, resume bool) (audio.Device, error)
	dev     audio.Device
	spare   audio.Device // stands in; nil if dev is the real one
	fault   string
	news    bool          // fault has changed
	retry   time.Duration // when it is tried again
	pause   time.Duration // how long after the failure
	since   time.Duration // when it was opened last
	before  uint64        // overruns of devices that are closed
	running bool
	route   audio.Route
	routed  bool
	unfit   bool // the device has another rate than the path: the process must begin anew
}

// open opens the device, or a silent one.
func (s *sound) open(name string, resume bool, now time.Duration) {
	s.name, s.since = name, now
	if s.opener == nil {
		s.opener = device.Open
	}
	dev, err := s.opener(name, resume)
	if err != nil {
		n, _ := device.Parse(name)
		rate := n.Rate
		if rate == 0 {
			rate = 16000
		}
		s.dev = device.NewNull(rate)
		s.spare = s.dev
		s.fail(err, now)
		return
	}
	s.dev = dev
}

func (s *sound) rate() int { return s.dev.Rate() }

func (s *sound) close() { _ = s.dev.Close() }

// fail puts a silent device in the place of the one that does not work.
func (s *sound) fail(err error, now time.Duration) {
	if text := err.Error(); text != s.fault {
		s.fault, s.news = text, true
	}
	if s.pause = min(2*s.pause, retryMost); s.pause == 0 || s.spare == nil && now-s.since >= wellAfter {
		s.pause = retryFirst
	}
	s.retry = now + s.pause
	if s.spare != nil {
		return
	}
	rate := s.dev.Rate()
	s.before = s.overruns()
	_ = s.dev.Close()
	s.dev = device.NewNull(rate)
	s.spare = s.dev
	s.routed = false
	if s.running {
		_ = s.dev.Start(now)
	}
}

// again tries to open a device that has failed.
func (s *sound) again(now time.Duration) {
	dev, err := s.opener(s.name, true)
	if err != nil {
		s.fail(err, now)
		return
	}
	if dev.Rate() != s.dev.Rate() {
		// The path is made for another rate: begin anew with this one. The
		// control side starts the process again with all its state.
		_ = dev.Close()
		s.unfit = true
		return
	}
	s.dev, s.spare, s.routed, s.since = dev, nil, false, now
	if s.running {
		s.start(now)
	} else {
		s.well()
	}
}

// well forgets a fault. A device that runs must have given a period first: a card
// can be opened and started and still be dead.
func (s *sound) well() {
	if s.fault != "" && s.spare == nil {
		s.fault, s.news = "", true
	}
}

func (s *sound) start(now time.Duration) {
	s.running = true
	if err := s.dev.Start(now); err != nil {
		s.fail(err, now)
	}
}

// run starts and stops the device as the path needs it, and routes it.
func (s *sound) run(now time.Duration, p *path.Path) {
	if s.spare != nil && now >= s.retry {
		s.again(now)
	}
	if r, ok := s.dev.(audio.Router); ok && (!s.routed || s.route != p.Sounding()) {
		s.route, s.routed = p.Sounding(), true
		if err := r.Route(s.route); err != nil {
			s.fail(err, now)
		}
	}
	switch active := p.Active(); {
	case active && !s.running:
		s.start(now)
	case !active && s.running:
		s.dev.Stop()
		s.running = false
	}
}

// wait tells how to wait for the next period.
func (s *sound) wait(now time.Duration) (fd int, events int16, deadline time.Duration) {
	fd, events, deadline = -1, 0, now+time.Hour
	if s.running {
		fd, events, deadline = s.dev.Wait()
	}
	if s.spare != nil {
		deadline = min(deadline, s.retry)
	}
	return fd, events, deadline
}

// overruns is how often the device ran dry, with those before it.
func (s *sound) overruns() uint64 {
	if d, ok := s.dev.(audio.Overrunner); ok {
		return s.before + d.Overruns()
	}
	return s.before
}

func (s *sound) capture(now time.Duration, mouth []int16) bool {
	if !s.running {
		return false
	}
	ok, err := s.dev.Capture(now, mouth)
	if err != nil {
		s.fail(err, now)
		return false
	}
	if ok {
		s.well()
	}
	return ok
}

func (s *sound) play(now time.Duration, ear []int16) {
	if err := s.dev.Play(ear); err != nil {
		s.fail(err, now)
	}
}
