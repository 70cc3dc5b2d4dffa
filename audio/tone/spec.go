package tone

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of a spec.
const (
	MaxTones    = 4  // frequencies at once
	MaxSegments = 64 // parts of one cadence
	MinHz       = 20
	MaxHz       = 3800
	MaxSegment  = 60 * time.Second
)

// A Segment is a part of a cadence: some frequencies at once, for a time.
type Segment struct {
	Hz   [MaxTones]uint16 // the frequencies; those that are 0 do not sound
	Long time.Duration    // 0 = for ever
}

// A Spec is a cadence, which is repeated. The empty Spec is silence.
type Spec struct {
	Segments []Segment
	// LevelDB is the level of each frequency, in dBm0; 0 means the usual -13.
	LevelDB float64
	// Strike makes each segment fade like a struck bell.
	Strike bool
}

// Parse reads the form of the settings: segments divided by commas, each
// `frequency[+frequency...]/milliseconds`. The frequency 0 is silence; a
// segment of 0 ms lasts for ever and must be the last. An empty text is silence.
func Parse(text string) (Spec, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Spec{}, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > MaxSegments {
		return Spec{}, fmt.Errorf("tone has %d parts, at most %d can be played", len(parts), MaxSegments)
	}
	s := Spec{Segments: make([]Segment, 0, len(parts))}
	for i, p := range parts {
		seg, err := parseSegment(strings.TrimSpace(p))
		if err != nil {
			return Spec{}, fmt.Errorf("tone part %d: %w", i+1, err)
		}
		if seg.Long == 0 && i != len(parts)-1 {
			return Spec{}, fmt.Errorf("tone part %d: %q lasts for ever, so nothing can follow it", i+1, p)
		}
		s.Segments = append(s.Segments, seg)
	}
	return s, nil
}

func parseSegment(p string) (Segment, error) {
	var seg Segment
	tones, ms, ok := strings.Cut(p, "/")
	if !ok {
		return seg, fmt.Errorf("%q is not of the form frequency/milliseconds", p)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(ms), 10, 32)
	if err != nil || time.Duration(n)*time.Millisecond > MaxSegment {
		return seg, fmt.Errorf("%q is not a time from 0 to %d ms", ms, MaxSegment/time.Millisecond)
	}
	seg.Long = time.Duration(n) * time.Millisecond
	list := strings.Split(tones, "+")
	if len(list) > MaxTones {
		return seg, fmt.Errorf("%q has %d frequencies, at most %d sound at once", tones, len(list), MaxTones)
	}
	for i, f := range list {
		hz, err := strconv.ParseUint(strings.TrimSpace(f), 10, 16)
		if err != nil || hz != 0 && (hz < MinHz || hz > MaxHz) {
			return seg, fmt.Errorf("%q is not a frequency from %d to %d Hz, or 0 for silence", f, MinHz, MaxHz)
		}
		seg.Hz[i] = uint16(hz)
	}
	return seg, nil
}

// String is the form that Parse reads.
func (s Spec) String() string {
	var b strings.Builder
	for i, seg := range s.Segments {
		if i > 0 {
			b.WriteByte(',')
		}
		n := 0
		for _, hz := range seg.Hz {
			if hz == 0 {
				continue
			}
			if n > 0 {
				b.WriteByte('+')
			}
			fmt.Fprint(&b, hz)
			n++
		}
		if n == 0 {
			b.WriteByte('0')
		}
		fmt.Fprintf(&b, "/%d", seg.Long.Milliseconds())
	}
	return b.String()
}
