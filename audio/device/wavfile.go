package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The largest file a mouth may have: half an hour at 16000 samples a second.
const maxMouth = 60 << 20

const headerSize = 44

// header is that of a WAV file of 16 bit mono samples.
func header(rate, samples int) (h [headerSize]byte) {
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], uint32(headerSize-8+2*samples))
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 16)
	le.PutUint16(h[20:], 1) // PCM
	le.PutUint16(h[22:], 1)
	le.PutUint32(h[24:], uint32(rate))
	le.PutUint32(h[28:], uint32(2*rate))
	le.PutUint16(h[32:], 2)
	le.PutUint16(h[34:], 16)
	copy(h[36:], "data")
	le.PutUint32(h[40:], uint32(2*samples))
	return h
}

// readWAV reads a file of 16 bit PCM, mono or the first of its channels, at
// 8000 or 16000 samples a second or a multiple of 16000 up to 96000 Hz.
func readWAV(path string) (samples []int16, rate int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("open the mouth's file: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMouth+1))
	if err != nil {
		return nil, 0, fmt.Errorf("read the mouth's file: %w", err)
	}
	samples, rate, err = parseWAV(b)
	if err != nil {
		return nil, 0, fmt.Errorf("read the mouth's file %s: %w", path, err)
	}
	return samples, rate, nil
}

func parseWAV(b []byte) (samples []int16, rate int, err error) {
	if len(b) > maxMouth {
		return nil, 0, fmt.Errorf("it is larger than %d MB", maxMouth>>20)
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, 0, errors.New("it is no WAV file")
	}
	le := binary.LittleEndian
	channels := 0
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int(min(le.Uint32(b[4:]), maxMouth))
		b = b[8:]
		body := b[:min(size, len(b))]
		b = b[min(size+size&1, len(b)):]
		switch id {
		case "fmt ":
			if len(body) < 16 {
				return nil, 0, errors.New("its format is cut short")
			}
			kind, bits := le.Uint16(body), le.Uint16(body[14:])
			channels, rate = int(le.Uint16(body[2:])), int(le.Uint32(body[4:]))
			if kind == 0xfffe && len(body) >= 26 {
				kind = le.Uint16(body[24:]) // WAVE_FORMAT_EXTENSIBLE
			}
			if kind != 1 || bits != 16 || channels < 1 || channels > 8 {
				return nil, 0, fmt.Errorf("it has format %d with %d bits and %d channels; 16 bit PCM is needed", kind, bits, channels)
			}
			if rate != 8000 && (rate%16000 != 0 || rate == 0 || rate > 96000) {
				return nil, 0, fmt.Errorf("it has %d samples a second; 8000, 16000, 32000 or 48000 are needed", rate)
			}
		case "data":
			if channels == 0 {
				return nil, 0, errors.New("its samples come before their format")
			}
			samples = make([]int16, len(body)/2/channels)
			for i := range samples {
				samples[i] = int16(le.Uint16(body[2*i*channels:]))
			}
			return thin(samples, rate)
		}
	}
	return nil, 0, errors.New("it holds no samples")
}

// thin brings a multiple of 16000 samples a second down to that, by means over
// the samples that become one: good enough for a mouth of tests.
func thin(s []int16, rate int) ([]int16, int, error) {
	k := rate / 16000
	if k <= 1 {
		return s, rate, nil
	}
	out := make([]int16, len(s)/k)
	for i := range out {
		sum := 0
		for _, v := range s[i*k : i*k+k] {
			sum += int(v)
		}
		out[i] = int16(sum / k)
	}
	return out, 16000, nil
}

// An earFile is a WAV file that is valid at every moment: its header is written
// again with each piece, so that a process that is killed leaves all but the last
// tenth of a second.
type earFile struct {
	f       *os.File
	rate    int
	samples int // in the file
	buf     []byte
	head    [headerSize]byte
}

// piece is how many samples are written at once.
func (e *earFile) piece() int { return e.rate / 10 }

func openEar(path string, rate int, resume bool) (*earFile, error) {
	flags := os.O_RDWR | os.O_CREATE
	if !resume {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the ear's file: %w", err)
	}
	e := &earFile{f: f, rate: rate}
	e.buf = make([]byte, 0, 2*e.piece())
	if st, err := f.Stat(); err == nil && st.Size() > headerSize {
		e.samples = int(st.Size()-headerSize) / 2
	}
	if err := e.flush(); err != nil {
		f.Close()
		return nil, err
	}
	return e, nil
}

func (e *earFile) write(s []int16) error {
	for _, v := range s {
		e.buf = append(e.buf, byte(v), byte(v>>8))
	}
	if len(e.buf) < cap(e.buf) {
		return nil
	}
	return e.flush()
}

// flush writes what waits, and then the header that counts it.
func (e *earFile) flush() error {
	if _, err := e.f.WriteAt(e.buf, int64(headerSize+2*e.samples)); err != nil {
		e.buf = e.buf[:0]
		return fmt.Errorf("write the ear's file: %w", err)
	}
	e.samples += len(e.buf) / 2
	e.buf = e.buf[:0]
	e.head = header(e.rate, e.samples)
	if _, err := e.f.WriteAt(e.head[:], 0); err != nil {
		return fmt.Errorf("write the ear's file: %w", err)
	}
	return nil
}

func (e *earFile) close() error {
	return errors.Join(e.flush(), e.f.Close())
}
