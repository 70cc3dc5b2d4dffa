package main

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// Tables of a Portable Compiled Format font (X11, libXfont's pcf.h).
const (
	pcfMetrics   = 1 << 2
	pcfBitmaps   = 1 << 3
	pcfEncodings = 1 << 5

	pcfCompressed = 0x100 // of metrics: one byte each
	pcfBigEndian  = 1 << 2
	pcfBitFirst   = 1 << 3 // the highest bit is the leftmost pixel
)

// readPCF reads a font whose cells all have one size.
func readPCF(path string) (map[rune]glyph, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tables := map[uint32][]byte{}
	for i := range int(binary.LittleEndian.Uint32(data[4:])) {
		t := data[8+16*i:]
		offset := binary.LittleEndian.Uint32(t[12:])
		tables[binary.LittleEndian.Uint32(t)] = data[offset : offset+binary.LittleEndian.Uint32(t[8:])]
	}
	order := func(t []byte) (uint32, binary.ByteOrder) {
		format := binary.LittleEndian.Uint32(t)
		if format&pcfBigEndian != 0 {
			return format, binary.BigEndian
		}
		return format, binary.LittleEndian
	}

	// Metrics: left and right side, width, ascent, descent.
	m := tables[pcfMetrics]
	format, o := order(m)
	if format&pcfCompressed == 0 {
		return nil, fmt.Errorf("%s: metrics that are not compressed", path)
	}
	type box struct{ left, right, width, ascent, descent int }
	boxes := make([]box, o.Uint16(m[4:]))
	for i := range boxes {
		b := m[6+5*i:]
		boxes[i] = box{int(b[0]) - 128, int(b[1]) - 128, int(b[2]) - 128, int(b[3]) - 128, int(b[4]) - 128}
	}

	// Bitmaps: the offset of each, then the sizes, then the bits.
	b := tables[pcfBitmaps]
	format, o = order(b)
	if format&pcfBitFirst == 0 {
		return nil, fmt.Errorf("%s: bits from the right", path)
	}
	pad := 1 << (format & 3)
	n := int(o.Uint32(b[4:]))
	bits := b[8+4*n+16:]
	picture := func(i int) glyph {
		x := boxes[i]
		g := newGlyph(x.width, x.ascent+x.descent)
		stride := ((x.right-x.left+7)/8 + pad - 1) / pad * pad
		at := int(o.Uint32(b[8+4*i:]))
		for y := range g.height {
			for c := range x.right - x.left {
				if bits[at+y*stride+c/8]>>(7-c%8)&1 != 0 {
					g.ink[y*g.width+x.left+c] = true
				}
			}
		}
		return g
	}

	// Encodings: ranges of both bytes, then the glyph of each.
	e := tables[pcfEncodings]
	_, o = order(e)
	low, lowLast := int(o.Uint16(e[4:])), int(o.Uint16(e[6:]))
	high, highLast := int(o.Uint16(e[8:])), int(o.Uint16(e[10:]))
	glyphs := map[rune]glyph{}
	for h := high; h <= highLast; h++ {
		for l := low; l <= lowLast; l++ {
			i := int(o.Uint16(e[14+2*((h-high)*(lowLast-low+1)+l-low):]))
			if i != 0xffff {
				glyphs[rune(h<<8|l)] = picture(i)
			}
		}
	}
	return glyphs, nil
}
