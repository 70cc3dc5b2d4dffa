package lcd

import "image/color"

// What a pixel is of, the index into the palettes. A mono display has the first
// two only.
const (
	paper uint8 = iota
	ink
	faint       // text of second rank
	bar         // status bar and the words above the keys
	barInk      // on it
	alert       // a trouble
	alertInk    // on it
	selected    // under the menu's cursor
	selectedInk // on it
	rule        // lines between areas
)

// Day and Night are the colours. Every text stands at least 7:1 against what
// is behind it (WCAG 2 level AAA).
var (
	Day = color.Palette{
		rgb(0xffffff), rgb(0x0c1116), rgb(0x3b4650), rgb(0x10324d), rgb(0xffffff),
		rgb(0x9c1410), rgb(0xffffff), rgb(0x0a468c), rgb(0xffffff), rgb(0x9aa7b2),
	}
	Night = color.Palette{
		rgb(0x0a0e12), rgb(0xf2f5f7), rgb(0xb9c4cd), rgb(0x1d3042), rgb(0xffffff),
		rgb(0xffb4a8), rgb(0x3b0703), rgb(0x9ccaff), rgb(0x00203f), rgb(0x51606c),
	}
	// Glass is how a mono display looks: dark pixels on a light ground.
	Glass = color.Palette{rgb(0xd8e2cf), rgb(0x141c12)}
)

func rgb(c uint32) color.Color {
	return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff}
}
