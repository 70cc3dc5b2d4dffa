package phone

// A Severity tells news from failures.
type Severity string

const (
	// Info is news: trying, moved, back.
	Info Severity = "info"
	// Error is a request or a whole pass over the servers that failed for good.
	Error Severity = "error"
)

// A NoticeKind names a notice for programs; the text is for people.
type NoticeKind string

const (
	NoticeTrying      NoticeKind = "trying"      // a server failed, the next one is asked
	NoticeMoved       NoticeKind = "moved"       // registered at the backup
	NoticeBack        NoticeKind = "back"        // registered at the primary again
	NoticeRecovered   NoticeKind = "recovered"   // registered again after all had failed
	NoticeAllFailed   NoticeKind = "all-failed"  // a pass over all servers failed
	NoticeRefused     NoticeKind = "refused"     // a server refused the registration
	NoticeCertificate NoticeKind = "certificate" // a server's certificate does not verify
	NoticeByeLost     NoticeKind = "bye-lost"    // a hang-up reached no server
	NoticeNoNetwork   NoticeKind = "no-network"
	NoticeNetwork     NoticeKind = "network"     // the network is back
	NoticeBusy        NoticeKind = "busy"        // 486, 600
	NoticeNotFound    NoticeKind = "not-found"   // 404, 410, 484, 604
	NoticeNoAnswer    NoticeKind = "no-answer"   // 408, or the phone gave up ringing
	NoticeUnavailable NoticeKind = "unavailable" // 480
	NoticeDeclined    NoticeKind = "declined"    // 603
	NoticeForbidden   NoticeKind = "forbidden"   // 401, 403, 407
	NoticeCallFailed  NoticeKind = "call-failed" // any other end of a call that was not up
	NoticeCallLost    NoticeKind = "call-lost"   // a call that was up ended with a failure
	NoticeHoldFailed  NoticeKind = "hold-failed"
	NoticeMissed      NoticeKind = "missed"
	NoticeHardware    NoticeKind = "hardware"
	NoticePostponed   NoticeKind = "postponed"     // the primary was lost soon after the return: looked at less often
	NoticeRedundancy  NoticeKind = "no-redundancy" // the servers are the same address
	NoticeDrillOver   NoticeKind = "drill-over"    // a drill has registered at the backup
	NoticeDrillDone   NoticeKind = "drill-done"    // and is back
	NoticeDrillFailed NoticeKind = "drill-failed"
	NoticeHint        NoticeKind = "hint" // why a key does nothing now

	NoticeFirmware       NoticeKind = "firmware"        // how far a new one is
	NoticeFirmwareReady  NoticeKind = "firmware-ready"  // it is installed and waits for the restart
	NoticeFirmwareFailed NoticeKind = "firmware-failed" // it is not installed, or was tried and given up
)

// A Notice is a sentence to the owner of the phone.
type Notice struct {
	Line     int        `json:"line"` // 0 = no line in particular
	Kind     NoticeKind `json:"kind"`
	Severity Severity   `json:"severity"`
	Text     string     `json:"text"`
	Server   int        `json:"server,omitempty"` // of a drill: 1 = primary, 2 = backup, ...
	MS       int64      `json:"ms,omitempty"`     // of a drill: how long it took to register there
	Cause    string     `json:"cause,omitempty"`  // of a drill that failed, as journal.CauseName says it
	Status   int        `json:"status,omitempty"` // and of the answer
}
