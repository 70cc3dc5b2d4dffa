package phone

// softs are what the four keys below the display do now; wordNone is nothing.
// The display shows these words, so a key always does what stands above it.
func (p *Phone) softs() [4]word {
	ringing, c := p.waiting(), p.inEar()
	switch {
	case p.menu != nil && p.menu.page == pageWhyOne:
		return [4]word{wordNone, wordNone, wordNone, softBack}
	case p.menu != nil:
		return [4]word{softSelect, wordNone, wordNone, softBack}
	case p.dial != nil && len(p.dial.digits) > 0:
		if ringing != nil {
			return [4]word{softSend, softDelete, softAnswer, softReject}
		}
		return [4]word{softSend, softDelete, wordNone, softCancel}
	case ringing != nil && p.ear == earClosed:
		return [4]word{softAnswer, softSilence, wordNone, softReject}
	case ringing != nil:
		return [4]word{softAnswer, wordNone, wordNone, softReject}
	case c != nil && c.state == CallUp && p.heldBeside() != nil:
		return [4]word{softHold, softSwap, wordNone, softEnd}
	case c != nil && c.state == CallUp:
		return [4]word{softHold, wordNone, wordNone, softEnd}
	case c != nil:
		return [4]word{wordNone, wordNone, wordNone, softEnd}
	case p.failed != nil:
		return [4]word{softRedial, wordNone, wordNone, softClose}
	case p.focus != nil && p.focus.state == CallHeld && p.dial != nil:
		return [4]word{softResume, wordNone, wordNone, softCancel}
	case p.focus != nil && p.focus.state == CallHeld:
		return [4]word{softResume, wordNone, wordNone, softEnd}
	case p.dial != nil:
		return [4]word{softRedial, wordNone, wordNone, softCancel}
	}
	return [4]word{softRedial, softDND, wordNone, softMenu}
}

// soft does what stands above a key below the display.
func (p *Phone) soft(w word) {
	ringing, c := p.waiting(), p.inEar()
	switch w {
	case softAnswer:
		p.answer(ringing)
	case softReject:
		p.reject(ringing)
	case softSilence:
		ringing.silenced = true
	case softEnd:
		if c == nil {
			c = p.focus
		}
		p.hangUp(c)
		p.afterEnd()
	case softHold, softResume:
		p.holdKey()
	case softSwap:
		p.resume(p.heldBeside())
	case softSend:
		p.send()
	case softDelete:
		p.deleteDigit()
	case softCancel:
		p.cancelDial()
		p.afterEnd()
	case softRedial:
		p.redialKey()
	case softDND:
		p.toggleDND()
	case softMenu:
		p.menuKey()
	case softSelect:
		p.menuSelect()
	case softBack:
		p.menuBack()
	case softClose:
		p.clearFailure()
	}
}

// toggleDND refuses calls on all lines, or takes them again.
func (p *Phone) toggleDND() {
	p.dnd = !p.dnd
	value := "0"
	if p.dnd {
		value = "1"
	}
	p.do(Save{SettingDND, value})
}
