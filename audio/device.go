package audio

import "time"

// Period is the time between two turns of the device: one period of samples
// is heard and one is played.
const Period = 10 * time.Millisecond

// A Device is a mouth and an ear with one clock, 16 bit mono. It is driven by
// one thread, which waits as Wait says and then takes the periods that are due.
// No method blocks, and none but Open functions and Close may allocate.
//
// Times are monotonic, from any fixed origin.
type Device interface {
	// Rate is the number of samples a second: 8000 or 16000.
	Rate() int

	// Start sets the clock going; the first period is due about one Period
	// later. Starting a device that runs does nothing.
	Start(now time.Duration) error

	// Stop ends what Start began. Nothing is heard or played until the next
	// Start.
	Stop()

	// Wait tells how to wait for the next period: poll fd for events, if it is
	// not negative, and no longer than until the deadline. With a descriptor the
	// deadline is when the device is late: Capture then says what is wrong.
	Wait() (fd int, events int16, deadline time.Duration)

	// Capture takes one period of Rate()/100 samples from the mouth if one is
	// due, else it reports false. A nil mouth drops the period: nobody listens.
	// After true the caller must Play exactly one period.
	Capture(now time.Duration, mouth []int16) (bool, error)

	// Play gives one period of Rate()/100 samples to the ear.
	Play(ear []int16) error

	// Close stops the device and gives back what it holds.
	Close() error
}

// A Router is a Device that has more than one mouth and ear.
type Router interface {
	// Route chooses the mouth and the ear.
	Route(Route) error
}

// An Overrunner is a Device that counts how often it ran dry, since the thread
// came too late, and had to begin anew.
type Overrunner interface{ Overruns() uint64 }
