package phone

// A FirmwareState is how far a new firmware is.
type FirmwareState uint8

// The states, in the order of package update.
const (
	FirmwareWriting      FirmwareState = iota // it is being installed; Percent
	FirmwareWaiting                           // installed; the phone restarts when it is idle
	FirmwareNotInstalled                      // Why
	FirmwareStays                             // it runs and has proved itself
	FirmwareGivenUp                           // it does not register; the phone goes back to Runs
	FirmwareFellBack                          // it did not come up; Runs does
)

// A FirmwareRefusal says why a firmware is not installed.
type FirmwareRefusal uint8

// The refusals, in the order of package update.
const (
	FirmwareNoRefusal FirmwareRefusal = iota
	FirmwareBusy
	FirmwareRestart
	FirmwareTrial
	FirmwareNoFile
	FirmwareSignature
	FirmwareOtherPhone
	FirmwareDamaged
	FirmwareNoService
	FirmwareWrite
	FirmwareInterrupted
	firmwareRefusals
)

// Firmware tells how far a new firmware is.
type Firmware struct {
	State   FirmwareState
	Version string // of the new one; "" = not known yet
	Runs    string // the one that runs, or is gone back to
	Percent int
	Why     FirmwareRefusal
}

func (Firmware) event() {}

var firmwareWhy = [firmwareRefusals]word{
	FirmwareNoRefusal:   wordFirmwareWrite,
	FirmwareBusy:        wordFirmwareBusy,
	FirmwareRestart:     wordFirmwareRestart,
	FirmwareTrial:       wordFirmwareTrial,
	FirmwareNoFile:      wordFirmwareNoFile,
	FirmwareSignature:   wordFirmwareSignature,
	FirmwareOtherPhone:  wordFirmwareOther,
	FirmwareDamaged:     wordFirmwareDamaged,
	FirmwareNoService:   wordFirmwareNoService,
	FirmwareWrite:       wordFirmwareWrite,
	FirmwareInterrupted: wordFirmwareInterrupted,
}

// firmware tells the owner. What is written is told in full at its begin; each
// further step of it stands in the menu and goes to programs alone.
func (p *Phone) firmware(f Firmware) {
	before := p.newFirmware
	p.newFirmware = &f
	n := Notice{Kind: NoticeFirmware, Severity: Info, Text: p.firmwareText(&f)}
	switch f.State {
	case FirmwareWriting:
		if before != nil && before.State == FirmwareWriting && f.Percent > 0 {
			p.do(Notify{n})
			return
		}
	case FirmwareWaiting:
		n.Kind = NoticeFirmwareReady
	case FirmwareNotInstalled:
		n.Kind, n.Severity = NoticeFirmwareFailed, Error
		if before != nil && (before.State == FirmwareWriting || before.State == FirmwareWaiting) &&
			(f.Why == FirmwareBusy || f.Why == FirmwareRestart) {
			p.newFirmware = before // it goes on
		}
	case FirmwareGivenUp, FirmwareFellBack:
		n.Kind, n.Severity = NoticeFirmwareFailed, Error
	}
	p.notifyWith(bannerTime, n)
}

// firmwareText is a new firmware's state as a sentence.
func (p *Phone) firmwareText(f *Firmware) string {
	switch f.State {
	case FirmwareWriting:
		return p.say(wordFirmwareWriting, f.Percent)
	case FirmwareWaiting:
		return p.say(wordFirmwareWaiting, f.Version)
	case FirmwareStays:
		return p.say(wordFirmwareStays, f.Version)
	case FirmwareGivenUp:
		return p.say(wordFirmwareGivenUp, f.Version, f.Runs)
	case FirmwareFellBack:
		return p.say(wordFirmwareFellBack, f.Version, f.Runs)
	}
	return p.sentences(p.say(wordFirmwareNot), p.say(firmwareWhy[min(f.Why, firmwareRefusals-1)]))
}
