package tone

import (
	"time"

	"phoned/audio"
)

// Default is what a sound is while the settings say nothing: the tones of ETSI
// TR 101 041-2 (425 Hz) in their most usual cadences; a soft beep every two
// seconds as comfort; and, for Ring, a melody of struck notes.
func Default(s audio.Sound) Spec {
	switch s {
	case audio.DialTone:
		return must("425/0")
	case audio.StutterTone:
		return must("425/400,0/40")
	case audio.Ringback:
		return must("425/1000,0/4000")
	case audio.BusyTone:
		return must("425/500,0/500")
	case audio.ReorderTone:
		return must("425/250,0/250")
	case audio.CallWaitingTone:
		return must("425/200,0/600,425/200,0/3000")
	case audio.ComfortBeep:
		spec := must("425/60,0/1940")
		spec.LevelDB = -22
		return spec
	case audio.Ring:
		return melody()
	}
	return Spec{}
}

// melody is the ring: a rising and falling chord of struck notes, twice, and a
// pause, so that it is heard well without being shrill.
func melody() Spec {
	notes := []uint16{659, 784, 1047, 1319, 1047, 784}
	s := Spec{LevelDB: -3, Strike: true}
	for range 2 {
		for _, hz := range notes {
			s.Segments = append(s.Segments, Segment{Hz: [MaxTones]uint16{hz, 2 * hz}, Long: 120 * time.Millisecond})
		}
		s.Segments = append(s.Segments, Segment{Long: 160 * time.Millisecond})
	}
	s.Segments = append(s.Segments, Segment{Long: 2240 * time.Millisecond})
	return s
}

func must(text string) Spec {
	s, err := Parse(text)
	if err != nil {
		panic(err) // impossible: the texts above are tested
	}
	return s
}
