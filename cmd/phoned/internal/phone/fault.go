package phone

import "strings"

// faults are the sentences that a board tells as a Fault. It speaks English;
// these are known, and so can be told in any language.
var faults = [...]word{
	wordKeyStuck, wordKeyLoose, wordKeypadShort, wordHookLoose, wordHeadsetLoose,
	wordKeypadSilent, wordHookSilent, wordHeadsetSilent, wordLampsSilent,
	wordDisplaySilent, wordLightSilent,
	wordChipSilent, wordChipForgot, wordMixerSilent, wordMixerForgot,
}

// fault is a board's fault in the language of the display. What is not known is
// told as it came.
func (s speaker) fault(text string) string {
	if s.language == English {
		return text
	}
	for _, w := range faults {
		text = translate(text, english[w], catalogues[s.language][w])
	}
	return text
}

// translate replaces each sentence of the form from in text by to; both have
// one fact at the most, "%s".
func translate(text, from, to string) string {
	before, after, fact := strings.Cut(from, "%s")
	if !fact {
		return strings.ReplaceAll(text, from, to)
	}
	var out strings.Builder
	for {
		begin, rest, found := strings.Cut(text, before)
		what, rest, ends := strings.Cut(rest, after)
		switch {
		case !found || !ends:
			return out.String() + text
		case strings.Contains(what, ". "): // that was the beginning of another sentence
			out.WriteString(begin + before)
			text = text[len(begin)+len(before):]
		default:
			out.WriteString(begin + strings.Replace(to, "%s", what, 1))
			text = rest
		}
	}
}
