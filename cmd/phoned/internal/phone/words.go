package phone

import "fmt"

// A word names a sentence or label in every language.
type word uint8

const (
	wordNone word = iota

	// States and titles.
	wordIdle
	wordDialling
	wordPredial
	wordCalling
	wordCallingVia // server
	wordRinging
	wordRingingVia // server
	wordIncoming
	wordIncomingOn // line name
	wordAnswering
	wordInCall
	wordInCallVia // server
	wordHeld
	wordHeldByThem
	wordTwoCalls
	wordWaitingCall // who
	wordCallEnded
	wordCallFailed
	wordUnknownCaller
	wordMissedOne  // who, time
	wordMissedMany // count
	wordMicOff
	wordHandsetOff
	wordVolume // level
	wordDND
	wordVia // line name

	// Lines.
	wordLine // number
	wordRegistered
	wordRegisteredBackup // server
	wordTrying
	wordRegFailed
	wordNotSetUp
	wordReady
	wordStarting
	wordNoNetworkShort

	// Troubles.
	wordNoNetwork
	wordNetworkBack
	wordServerSilent      // server
	wordServerUnreachable // server
	wordServerTLS         // server
	wordServerCertificate // server
	wordServerNoName      // server
	wordServerError       // server, status
	wordAskNext
	wordBackupSince // backup server, time
	wordBack        // server
	wordRecovered   // server
	wordAllFailed
	wordAllFailedNext // seconds
	wordRefusedPassword
	wordRefusedUnknown
	wordRefusedOther // server, status
	wordNextAttempt  // seconds
	wordByeLost
	wordHardware // text
	wordHardwareOK
	wordNoLine
	wordLineNotSetUp // number

	// Ends of calls.
	wordBusy
	wordNotFound
	wordNoAnswer
	wordUnavailable
	wordDeclined
	wordForbidden
	wordNoCodec
	wordServerBusy
	wordMovedAway
	wordOtherFailure
	wordNobodyServes
	wordCertificateCall
	wordOverload
	wordCallLost
	wordTheyHungUp
	wordSIPCode       // status
	wordSIPCodeReason // status, reason

	// Hints.
	wordNoTransfer
	wordNoRedial
	wordTwoCallsAlready
	wordHoldRefused
	wordResumeRefused
	wordRegistering // line name

	// Keys below the display.
	softAnswer
	softReject
	softEnd
	softHold
	softResume
	softSwap
	softSend
	softDelete
	softCancel
	softRedial
	softMenu
	softDND
	softSelect
	softBack
	softSilence
	softClose

	// Menu.
	menuTitle
	menuStatus
	menuRegister
	menuDNDOn
	menuDNDOff
	menuLanguage
	menuNetwork
	menuAbout
	menuAddress // address
	menuNoAddress
	menuServer  // number, address
	menuModel   // model
	menuVersion // version
	menuNoLines

	wordCount
)

var catalogues = [languageCount]*[wordCount]string{English: &english, Chinese: &chinese}

// say is a sentence in the language of the display.
func (p *Phone) say(w word, args ...any) string {
	format := catalogues[p.cfg.Language][w]
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// sentences joins sentences as the language does: Chinese needs no space after
// its full stop.
func (p *Phone) sentences(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	case p.cfg.Language == Chinese:
		return a + b
	}
	return a + " " + b
}
