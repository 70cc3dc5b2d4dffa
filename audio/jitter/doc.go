// Package jitter turns packets that come early, late, twice, out of order or
// never into an even flow of samples. A Playout is given packets as they arrive
// and is asked for samples by the sound device's clock; it decides how long to
// wait for the slow ones (the 95th percentile of what the network did of late),
// makes up for the lost ones (the last pitch period, fading), and keeps the
// delay short and the two clocks together by leaving out or repeating a pitch
// period where it is not heard.
//
// It is pure: time is an argument. It knows no RTP beyond sequence of
// timestamps, no codec beyond a Decoder, and allocates nothing. Inside, time is
// counted in ticks of the RTP clock, 8000 a second.
package jitter
