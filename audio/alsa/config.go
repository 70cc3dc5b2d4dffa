package alsa

import (
	"fmt"
	"strconv"
	"strings"
)

// A PCM names one stream of a card, as hw:CARD,DEVICE does.
type PCM struct {
	Card   string // a number, or the card's id as in /proc/asound/cards
	Device int
}

// String is the usual name, hw:CARD,DEVICE.
func (p PCM) String() string { return fmt.Sprintf("hw:%s,%d", p.Card, p.Device) }

// A Config says how a duplex device is to be. Zeros leave the choice to Open.
type Config struct {
	Play     PCM // the ear
	Capture  PCM // the mouth
	Rate     int // of the hardware, in Hz: 8000, 16000 or 48000
	Voice    int // towards the phone, in Hz: 8000 or 16000, not more than Rate
	Channels int // of the hardware: 1 or 2
	Periods  int // how many periods of 10 ms wait to be played: 2 to 16; 0 is 2, of two cards 3
}

const (
	usualPeriods = 2
	mostPeriods  = 16
	mostCards    = 32  // SNDRV_CARDS
	mostDevices  = 255 // far more than a card has
)

// Parse reads what follows "alsa:" in a sound device's name, parts with commas
// between them:
//
//	card=CARD               both streams are device 0 of this card
//	play=hw:CARD[,DEVICE]   where the voice goes
//	capture=hw:CARD[,DEVICE]  where it comes from
//	rate=8000|16000|48000   of the hardware; else the first that the card has of 16000, 8000 and 48000
//	voice=8000|16000        towards the phone; else 8000 for a rate of 8000, and 16000
//	channels=1|2            of the hardware; else the first that the card has of 1 and 2
//	periods=2..16           how many periods of 10 ms wait to be played; else 2, and 3 if the streams are of two cards
//
// CARD is a number or an id. If only one of play and capture is given, the other
// is the same; with neither, and no card, both are hw:0,0. No part may be given
// twice, and card not beside play or capture.
func Parse(text string) (Config, error) {
	var c Config
	seen := map[string]bool{}
	parts := strings.Split(text, ",")
	for i := 0; i < len(parts) && text != ""; i++ {
		key, value, _ := strings.Cut(parts[i], "=")
		if (key == "play" || key == "capture") && i+1 < len(parts) && digits(parts[i+1]) {
			i++ // the comma within hw:0,0
			value += "," + parts[i]
		}
		if seen[key] {
			return Config{}, fmt.Errorf("%q is given twice", key)
		}
		seen[key] = true
		if err := c.set(key, value); err != nil {
			return Config{}, err
		}
	}
	switch both := seen["play"] || seen["capture"]; {
	case both && seen["card"]:
		return Config{}, fmt.Errorf(`"card" is both streams: it does not go with "play" or "capture"`)
	case !both && !seen["card"]:
		c.Play = PCM{Card: "0"}
		c.Capture = c.Play
	case !seen["card"] && !seen["play"]:
		c.Play = c.Capture
	case !seen["card"] && !seen["capture"]:
		c.Capture = c.Play
	}
	return c, c.check()
}

// set takes one part.
func (c *Config) set(key, value string) (err error) {
	switch key {
	case "card":
		c.Play.Card, c.Capture.Card = value, value
		err = checkCard(value)
	case "play":
		c.Play, err = parsePCM(value)
	case "capture":
		c.Capture, err = parsePCM(value)
	case "rate":
		c.Rate, err = oneOf(key, value, 8000, 16000, 48000)
	case "voice":
		c.Voice, err = oneOf(key, value, 8000, 16000)
	case "channels":
		c.Channels, err = oneOf(key, value, 1, 2)
	case "periods":
		c.Periods, err = strconv.Atoi(value)
		if err != nil || c.Periods < usualPeriods || c.Periods > mostPeriods || !digits(value) {
			err = fmt.Errorf("periods is %d to %d, not %q", usualPeriods, mostPeriods, value)
		}
	default:
		err = fmt.Errorf("%q is not understood", key)
	}
	return err
}

// check finds what does not go together, and numbers that no name has.
func (c *Config) check() error {
	if c.Rate != 0 && c.Voice > c.Rate {
		return fmt.Errorf("voice=%d is more than rate=%d", c.Voice, c.Rate)
	}
	return nil
}

func oneOf(key, value string, choices ...int) (int, error) {
	for _, n := range choices {
		if value == strconv.Itoa(n) {
			return n, nil
		}
	}
	words := make([]string, len(choices))
	for i, n := range choices {
		words[i] = strconv.Itoa(n)
	}
	last := len(words) - 1
	return 0, fmt.Errorf("%s is %s or %s, not %q", key, strings.Join(words[:last], ", "), words[last], value)
}

func parsePCM(text string) (PCM, error) {
	rest, ok := strings.CutPrefix(text, "hw:")
	card, device, more := strings.Cut(rest, ",")
	p := PCM{Card: card}
	if !ok {
		return PCM{}, fmt.Errorf("a stream is hw:CARD or hw:CARD,DEVICE, not %q", text)
	}
	if more {
		n, err := strconv.Atoi(device)
		if err != nil || n < 0 || n > mostDevices || !digits(device) {
			return PCM{}, fmt.Errorf("%q is no number of a device", device)
		}
		p.Device = n
	}
	return p, checkCard(card)
}

// checkCard takes a number below 32 or an id: at most 15 letters, digits, - and _.
func checkCard(card string) error {
	if digits(card) {
		if n, err := strconv.Atoi(card); err != nil || n >= mostCards {
			return fmt.Errorf("the number of a sound card is 0 to %d, not %q", mostCards-1, card)
		}
		return nil
	}
	if card == "" || len(card) > 15 {
		return fmt.Errorf("%q is no name of a sound card", card)
	}
	for _, r := range card {
		if (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return fmt.Errorf("%q is no name of a sound card", card)
		}
	}
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (c *Config) periods() int {
	switch {
	case c.Periods != 0:
		return c.Periods
	case c.Play.Card != c.Capture.Card:
		return usualPeriods + 1 // their clocks come apart
	}
	return usualPeriods
}

// VoiceRate is the rate towards the phone, in Hz; 0 if Open has the choice.
func (c Config) VoiceRate() int {
	if c.Voice == 0 && c.Rate != 0 {
		return min(c.Rate, 16000)
	}
	return c.Voice
}
