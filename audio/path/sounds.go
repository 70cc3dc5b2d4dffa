package path

import (
	"phoned/audio"
	"phoned/audio/gain"
	"phoned/audio/tone"
)

const soundCount = int(audio.Ring) + 1

// sounds is what the phone plays by itself: one sound, and the end of the one
// before.
type sounds struct {
	rate  int
	specs [soundCount]tone.Spec
	sound audio.Sound
	now   tone.Generator
	past  tone.Generator
	ring  gain.Gain
	frame [audioFrame]int16
}

func (s *sounds) init(rate int) {
	s.rate = rate
	for i := range s.specs {
		s.specs[i] = tone.Default(audio.Sound(i))
	}
	s.ring = gain.New(ringDB(usualStep))
}

func (s *sounds) set(which audio.Sound, spec tone.Spec) {
	if int(which) >= soundCount {
		return
	}
	s.specs[which] = spec
	if which == s.sound {
		s.start(which)
	}
}

func (s *sounds) play(which audio.Sound) {
	if which != s.sound && int(which) < soundCount {
		s.start(which)
	}
}

func (s *sounds) start(which audio.Sound) {
	s.past = s.now
	s.past.Stop()
	s.sound = which
	s.now.Start(s.specs[which], s.rate)
}

// active says whether something is to be heard, now or later.
func (s *sounds) active() bool { return !s.now.Silent() || !s.past.Silent() }

// mix adds the sound to the ear.
func (s *sounds) mix(ear []int16) {
	f := s.frame[:len(ear)]
	if !s.past.Silent() {
		s.past.Generate(f)
		gain.Mix(ear, f)
	}
	if s.now.Silent() {
		return
	}
	s.now.Generate(f)
	if s.sound == audio.Ring {
		s.ring.Apply(f, s.rate)
	}
	gain.Mix(ear, f)
}
