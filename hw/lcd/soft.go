package lcd

import "image"

// softKeys are the words above the four keys, each as near as possible to the
// middle of its key. Where words are wider than their keys, the others give
// room; what is too long then is cut, the longest first.
func (p *Painter) softKeys(area image.Rectangle, s *style, ground, colour uint8) {
	const keys = len(p.screen.Soft)
	gap, pad := 1, 1
	if s.height > 12 {
		gap, pad = 2, 6
	}
	words := p.screen.Soft
	var cut [keys]bool
	width := func(i int) int {
		switch {
		case words[i] == "":
			return 0
		case cut[i]:
			return s.width(words[i]) + s.cell + pad
		}
		return s.width(words[i]) + pad
	}
	for {
		sum, longest := -gap, 0
		for i := range words {
			if w := width(i); w > 0 {
				sum += w + gap
				if w > width(longest) {
					longest = i
				}
			}
		}
		if sum <= area.Dx() {
			break
		}
		// One that is cut already loses more, down to three letters, before
		// another is: most words stay whole.
		for i := range words {
			if cut[i] && s.width(words[i]) > 3*s.cell {
				longest = i
			}
		}
		words[longest] = s.head(words[longest], s.width(words[longest])-s.cell)
		cut[longest] = true
	}
	// From the left: no box begins before its key unless it must; then from
	// the right: none ends behind what follows.
	key := area.Dx() / keys
	var from, to [keys]int
	end := area.Min.X
	for i := range words {
		w := max(width(i), key-gap)
		if words[i] == "" {
			continue
		}
		if width(i) < key-gap {
			w = key - gap
		}
		from[i] = max(end, min(area.Min.X+i*key+(key-w)/2, area.Max.X-w))
		to[i] = from[i] + w
		end = to[i] + gap
	}
	limit := area.Max.X
	for i := keys - 1; i >= 0; i-- {
		if words[i] == "" {
			continue
		}
		to[i] = min(to[i], limit)
		from[i] = min(from[i], to[i]-width(i))
		limit = from[i] - gap
	}
	// What was pushed to the left may push on: shrink the wide boxes.
	end = area.Min.X
	for i, word := range words {
		if word == "" {
			continue
		}
		from[i] = max(from[i], end)
		end = to[i] + gap
		p.add(box{
			rect: image.Rect(from[i], area.Min.Y, to[i], area.Max.Y), fill: true, paper: ground,
			text: word, style: s, ink: colour, place: center, cut: cut[i],
		})
	}
}
