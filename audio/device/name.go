package device

import (
	"fmt"
	"strings"

	"phoned/audio"
	"phoned/audio/alsa"
)

// A Name is a device's name taken apart.
type Name struct {
	Kind  string      // null, echo, wav, alsa
	Rate  int         // asked for; 0 = any
	Mouth string      // wav: the file that is said; empty = silence
	Ear   string      // wav: the file that gets what is heard; empty = nothing
	Once  bool        // wav: the mouth is silent after the end of its file
	Card  alsa.Config // alsa
}

// Parse reads a name:
//
//	null[:rate=8000]
//	echo[:rate=8000]
//	wav:[mouth=FILE][,ear=FILE][,once][,rate=8000]
//	alsa[:card=CARD|play=hw:CARD,DEVICE,capture=hw:CARD,DEVICE][,rate=48000]...
//
// alsa.Parse tells what may follow "alsa:". Names of files hold no comma. An empty text is null.
func Parse(text string) (Name, error) {
	kind, rest, _ := strings.Cut(text, ":")
	n := Name{Kind: kind}
	switch kind {
	case "":
		n.Kind = "null"
	case "null", "echo", "wav":
	case "alsa":
		var err error
		if n.Card, err = alsa.Parse(rest); err != nil {
			return Name{}, fmt.Errorf("sound device %q: %w", text, err)
		}
		n.Rate = n.Card.VoiceRate()
		return n, nil
	default:
		return Name{}, fmt.Errorf("sound device %q: there is null, echo, wav and alsa", text)
	}
	if rest == "" {
		if kind == "wav" {
			return Name{}, fmt.Errorf("sound device %q: it needs mouth=FILE or ear=FILE", text)
		}
		return n, nil
	}
	for _, part := range strings.Split(rest, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch {
		case key == "rate" && value == "8000":
			n.Rate = 8000
		case key == "rate" && value == "16000":
			n.Rate = 16000
		case key == "rate":
			return Name{}, fmt.Errorf("sound device %q: the rate is 8000 or 16000, not %q", text, value)
		case n.Kind == "wav" && key == "mouth" && value != "":
			n.Mouth = value
		case n.Kind == "wav" && key == "ear" && value != "":
			n.Ear = value
		case n.Kind == "wav" && part == "once":
			n.Once = true
		default:
			return Name{}, fmt.Errorf("sound device %q: %q is not understood", text, part)
		}
	}
	return n, nil
}

// usualRate is that of a device that can have any.
const usualRate = 16000

// Open opens a device by its name. With resume it continues after one of the
// same name that ended without notice: the ear's file is not begun anew.
func Open(text string, resume bool) (audio.Device, error) {
	n, err := Parse(text)
	if err != nil {
		return nil, err
	}
	switch n.Kind {
	case "echo":
		return newEcho(n.rate()), nil
	case "wav":
		return openWAV(n, resume)
	case "alsa":
		d, err := alsa.Open(n.Card)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return NewNull(n.rate()), nil
}

func (n Name) rate() int {
	if n.Rate == 0 {
		return usualRate
	}
	return n.Rate
}
