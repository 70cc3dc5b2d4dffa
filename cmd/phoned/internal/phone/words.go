package phone

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
	wordMovesSoon // server, seconds
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
	wordNoNames       // server
	wordNoNamesNext   // server, seconds
	wordRefusedPassword
	wordRefusedUnknown
	wordRefusedOther // server, status
	wordNextAttempt  // seconds
	wordByeLost
	wordHardware // text
	wordHardwareOK
	wordKeyStuck    // key
	wordKeyLoose    // key
	wordKeypadShort // where
	wordHookLoose
	wordHeadsetLoose
	wordKeypadSilent  // why
	wordHookSilent    // why
	wordHeadsetSilent // why
	wordLampsSilent   // why
	wordDisplaySilent // why
	wordLightSilent   // why
	wordChipSilent    // why
	wordChipForgot
	wordMixerSilent // why
	wordMixerForgot
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
	wordNobodyNamed
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
	menuSerial  // serial number
	menuMAC     // address
	menuRestart
	menuRestartNow
	menuRestartNot
	wordRestarts
	menuNoLines
	menuWhy
	menuNoWhy
	menuPacket // packet
	menuDrill
	menuDrillStart
	menuDrillAbout

	// Servers and their health.
	wordServer   // number
	wordServerAt // number, address
	wordOtherServer
	wordAlive
	wordAliveIn // duration
	wordNotKnown
	wordDownSilent      // time
	wordDownUnreachable // time
	wordDownRefusing    // time
	wordDownInsecure    // time
	wordDownUncertified // time
	wordDownNameless    // time
	wordDownFailing     // status, time
	wordLeftAlone       // time
	wordNextLook        // server, time
	wordPostponed       // server, time
	wordNoRedundancy
	wordMillis  // number
	wordSeconds // number with decimals

	// Decisions: why. The evidence is the beginning of a sentence.
	wordWasSilent      // server
	wordWasUnreachable // server
	wordWasRefusing    // server
	wordWasInsecure    // server
	wordWasUncertified // server
	wordWasNameless    // server
	wordWasFailing     // server, status
	wordWasOffline
	wordWasOverloaded
	wordWasGone // server
	wordTheCall
	wordTheHangup
	wordTheRegistration
	wordTheRequest
	wordTheOther       // method
	wordLineSays       // line, sentence
	wordWhyCost        // duration
	wordWhyTook        // duration
	wordUntilNext      // time
	wordUntilLook      // time
	wordUntilThen      // time
	wordUntilEarliest  // time
	wordUntilMove      // time
	wordWhyMoveRequest // evidence, request, server
	wordWhyMoveLine    // evidence, server
	wordWhySkipDown    // server, request, server
	wordWhySuspect     // server, duration, server
	wordWhyMoveEarly   // server, duration, server, request
	wordWhySpared      // server
	wordWhySplay       // evidence
	wordWhyLineServed  // server
	wordWhyWatch       // server
	wordWhyUnsteady    // server
	wordWhyFailBack    // server
	wordWhyRelapse     // server
	wordWhyGiveUp      // evidence, request
	wordWhyLeaveAlone  // server
	wordWhyReconnect   // server
	wordWhyLinkLost
	wordWhyLinkBack    // server
	wordWhyDrillStart  // server
	wordWhyDrillEnd    // server
	wordWhyDrillFailed // evidence, server
	wordWhyOther       // name

	// Decisions in a few words, for the list.
	wordShortCall
	wordShortHangup
	wordShortRegistration
	wordTitleMoveRequest // request, server
	wordTitleMoveLine    // server
	wordTitleSkipDown    // server
	wordTitleSuspect     // server
	wordTitleMoveEarly   // server
	wordTitleSpared      // server
	wordTitleSplay
	wordTitleLineServed // server
	wordTitleWatch      // server
	wordTitleUnsteady   // server
	wordTitleFailBack   // server
	wordTitleRelapse    // server
	wordTitleGiveUp     // request
	wordTitleLeaveAlone // server
	wordTitleReconnect  // server
	wordTitleLinkBack
	wordTitleDrillStart // server
	wordTitleDrillEnd

	// Drills.
	wordDrillNoLine
	wordDrillOffline
	wordDrillNotRegistered
	wordDrillOneServer
	wordDrillCall
	wordDrillRunning
	wordDrillNotNow
	wordDrillBegun
	wordDrillAsks   // server
	wordDrillOver   // server, duration
	wordDrillDone   // server, duration, server, duration
	wordDrillFailed // trouble

	// A new firmware.
	wordFirmwareWriting  // percent
	wordFirmwareWaiting  // version
	wordFirmwareStays    // version
	wordFirmwareGivenUp  // version, version that runs
	wordFirmwareFellBack // version, version that runs
	wordFirmwareNot
	wordFirmwareBusy
	wordFirmwareRestart
	wordFirmwareTrial
	wordFirmwareNoFile
	wordFirmwareSignature
	wordFirmwareOther
	wordFirmwareDamaged
	wordFirmwareNoService
	wordFirmwareWrite
	wordFirmwareInterrupted

	wordCount
)

var catalogues = [languageCount]*[wordCount]string{English: &english, Chinese: &chinese}

// speaker speaks as the display does.
func (p *Phone) speaker() speaker {
	return speaker{language: p.cfg.Language, zone: p.now.Location()}
}

// say is a sentence in the language of the display.
func (p *Phone) say(w word, args ...any) string { return p.speaker().say(w, args...) }

// sentences joins sentences as the language does.
func (p *Phone) sentences(a, b string) string { return p.speaker().join(a, b) }
