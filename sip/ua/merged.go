package ua

import (
	"time"
)

// mergeTime is how long an INVITE that arrived is remembered: as long as a copy
// of it may be on its way over another path (RFC 3261 §8.2.2.2), and longer than
// a server that failed over takes to try the other way.
const mergeTime = 64 * time.Second

// maxMerged bounds the memory.
const maxMerged = 256

// A mergeKey is what copies of one call have in common, whichever server they
// came through.
type mergeKey struct{ callID, tag string }

type mergedCall struct {
	cseq uint32
	at   time.Duration
}

// merged remembers the INVITEs that arrived.
type merged map[mergeKey]mergedCall

func (m merged) add(k mergeKey, cseq uint32, now time.Duration) {
	for old, seen := range m {
		if now-seen.at > mergeTime || len(m) >= maxMerged {
			delete(m, old)
		}
	}
	m[k] = mergedCall{cseq: cseq, at: now}
}

// isMerged tells whether an INVITE outside of dialogs is another copy of one
// that is known: the same call is in progress, or the same INVITE has been.
func (a *agent) isMerged(k mergeKey, cseq uint32) bool {
	for _, c := range a.dialogs[k.callID] {
		if c.request == nil || c.ended {
			continue
		}
		if tag, _ := param(c.request.From().Params, "tag"); tag == k.tag {
			return true
		}
	}
	seen, ok := a.merged[k]
	return ok && seen.cseq == cseq && a.now()-seen.at <= mergeTime
}
