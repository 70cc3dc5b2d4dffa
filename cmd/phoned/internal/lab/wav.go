//go:build linux

package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"time"
)

// A Sound is a recording: mono, 16 bits.
type Sound struct {
	Rate    int // samples per second
	Samples []int16
}

// WriteTone writes a WAV file of 8 kHz with a tone; level 1 is full scale.
func WriteTone(path string, hz, level float64, long time.Duration) error {
	n := int(long.Seconds() * 8000)
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, v := range []any{
		uint32(36 + 2*n), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(8000), uint32(16000), uint16(2), uint16(16),
		[]byte("data"), uint32(2 * n),
	} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	data := make([]byte, 2*n)
	for i := range n {
		v := int16(level * 32767 * math.Sin(2*math.Pi*hz*float64(i)/8000))
		binary.LittleEndian.PutUint16(data[2*i:], uint16(v))
	}
	b.Write(data)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("lab: write %s: %w", path, err)
	}
	return nil
}

// ReadWAV reads a recording, also one whose writer was killed before it set the
// sizes. Of several channels the first is taken.
func ReadWAV(path string) (Sound, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Sound{}, fmt.Errorf("lab: read sound: %w", err)
	}
	bad := func(why string) (Sound, error) { return Sound{}, fmt.Errorf("lab: %s: %s", path, why) }
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return bad("no WAV file")
	}
	var s Sound
	channels := 0
	for at := 12; at+8 <= len(b); {
		id, size := string(b[at:at+4]), int(binary.LittleEndian.Uint32(b[at+4:]))
		chunk := b[at+8:]
		switch id {
		case "fmt ":
			if len(chunk) < 16 {
				return bad("short format")
			}
			channels = int(binary.LittleEndian.Uint16(chunk[2:]))
			s.Rate = int(binary.LittleEndian.Uint32(chunk[4:]))
			if bits := binary.LittleEndian.Uint16(chunk[14:]); bits != 16 || channels < 1 {
				return bad(fmt.Sprintf("%d bits, %d channels", bits, channels))
			}
		case "data":
			if channels == 0 {
				return bad("data before its format")
			}
			if size > len(chunk) || size == 0 {
				size = len(chunk)
			}
			for i := 0; i+2*channels <= size; i += 2 * channels {
				s.Samples = append(s.Samples, int16(binary.LittleEndian.Uint16(chunk[i:])))
			}
			return s, nil
		}
		at += 8 + size + size&1
	}
	return s, errors.New("lab: " + path + ": no sound in it")
}

// Length is how long the recording is.
func (s Sound) Length() time.Duration {
	if s.Rate == 0 {
		return 0
	}
	return time.Duration(len(s.Samples)) * time.Second / time.Duration(s.Rate)
}

// From is the recording without its beginning.
func (s Sound) From(t time.Duration) Sound {
	i := min(len(s.Samples), int(t.Seconds()*float64(s.Rate)))
	return Sound{s.Rate, s.Samples[i:]}
}

// window is how long the pieces are in which sound is looked for.
const window = 20 * time.Millisecond

// Has tells for each window of 20 ms whether it holds the tone: at least half of
// its energy, and loud enough to be heard (-46 dB of full scale).
func (s Sound) Has(hz float64) []bool {
	n := int(window.Seconds() * float64(s.Rate))
	if n == 0 {
		return nil
	}
	var out []bool
	for at := 0; at+n <= len(s.Samples); at += n {
		out = append(out, s.tone(s.Samples[at:at+n], hz))
	}
	return out
}

func (s Sound) tone(piece []int16, hz float64) bool {
	// Goertzel: the energy at one frequency, against all of it.
	w := 2 * math.Pi * hz / float64(s.Rate)
	var re, im, total float64
	for i, v := range piece {
		x := float64(v) / 32768
		re += x * math.Cos(w*float64(i))
		im += x * math.Sin(w*float64(i))
		total += x * x
	}
	n := float64(len(piece))
	if total/n < 2.5e-5 {
		return false
	}
	return 2*(re*re+im*im)/n >= total/2
}

// Share is the part of the recording that holds the tone, 0 to 1, and the
// longest gap between its first and its last window that does.
func (s Sound) Share(hz float64) (share float64, gap time.Duration) {
	has := s.Has(hz)
	first, last, count := -1, -1, 0
	for i, h := range has {
		if h {
			if first < 0 {
				first = i
			}
			last = i
			count++
		}
	}
	if first < 0 {
		return 0, 0
	}
	run := 0
	for _, h := range has[first : last+1] {
		if h {
			run = 0
			continue
		}
		run++
		gap = max(gap, time.Duration(run)*window)
	}
	return float64(count) / float64(len(has)), gap
}

// Span is when the tone is heard first and last.
func (s Sound) Span(hz float64) (from, to time.Duration) {
	for i, h := range s.Has(hz) {
		if h {
			if to == 0 {
				from = time.Duration(i) * window
			}
			to = time.Duration(i+1) * window
		}
	}
	return from, to
}
