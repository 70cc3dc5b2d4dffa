package alsa

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A fake is a kernel with sound cards of software, on virtual time. It keeps the
// rules of sound/core/pcm_native.c as far as the package meets them.
type fake struct {
	t     *testing.T
	now   time.Duration
	cards map[int]*fakeCard
	fds   map[int]any // *fakePCM or *fakeCard
	next  int
	log   []string                 // the requests, one word each
	fail  map[string]failure       // by word: what the request answers instead
	old   bool                     // SYNC_PTR only with times of 64 bits
	opens map[string]syscall.Errno // by path: what opening answers
}

// A failure is an answer that is given some times.
type failure struct {
	errno syscall.Errno
	times int
}

type fakeCard struct {
	id       string
	pcms     map[string]*fakePCM // by the end of their path: D0p, D0c
	elements []*fakeElement
	lost     bool
}

func newFake(t *testing.T) *fake {
	return &fake{t: t, cards: map[int]*fakeCard{}, fds: map[int]any{}, next: 10, fail: map[string]failure{}, opens: map[string]syscall.Errno{}}
}

// card adds a card that plays and records at any rate the package knows.
func (f *fake) card(n int, id string) *fakeCard {
	c := &fakeCard{id: id, pcms: map[string]*fakePCM{}}
	for _, way := range []string{"D0p", "D0c"} {
		c.pcms[way] = &fakePCM{
			f: f, play: way == "D0p", rates: []int{8000, 16000, 48000}, channels: []int{1, 2}, formats: []int{formatS16},
			periods: [2]int{32, 4096}, rings: [2]int{64, 65536}, step: 1,
			mouth: func(int64, int) int32 { return 0 },
		}
	}
	f.cards[n] = c
	return c
}

// duplex is the usual card and its two streams.
func (f *fake) duplex() (play, capture *fakePCM) {
	c := f.card(0, "Fake")
	return c.pcms["D0p"], c.pcms["D0c"]
}

// unplug takes a card away: its descriptors answer ENODEV.
func (f *fake) unplug(n int) {
	f.cards[n].lost = true
	delete(f.cards, n)
}

func (f *fake) open(path string) (int, syscall.Errno) {
	if e := f.opens[path]; e != 0 {
		return -1, e
	}
	for n, c := range f.cards {
		if path == controlPath(n) {
			f.next++
			f.fds[f.next] = c
			return f.next, 0
		}
		for way, p := range c.pcms {
			if path != fmt.Sprintf("/dev/snd/pcmC%d%s", n, way) {
				continue
			}
			if p.open {
				return -1, syscall.EBUSY
			}
			f.next++
			p.open, p.card, p.state, p.fd = true, c, stateOpen, f.next
			f.fds[f.next] = p
			return f.next, 0
		}
	}
	return -1, syscall.ENOENT
}

func (f *fake) close(fd int) {
	switch x := f.fds[fd].(type) {
	case *fakePCM:
		x.unlink()
		x.open = false
	case nil:
		f.t.Errorf("descriptor %d is closed twice", fd)
	}
	delete(f.fds, fd)
}

func (f *fake) callInt(fd int, r request, arg int) syscall.Errno {
	p, ok := f.fds[fd].(*fakePCM)
	if !ok || r != pcmLink {
		return syscall.ENOTTY
	}
	if e, ok := f.failed("link"); ok {
		return e
	}
	return p.link(f.fds[arg].(*fakePCM))
}

var words = map[request]string{
	pcmUserVersion: "version", pcmTstamp: "clock", pcmHwRefine: "refine", pcmHwParams: "hardware", pcmHwFree: "free",
	pcmSwParams: "software", pcmPrepare: "prepare", pcmStart: "start", pcmDrop: "drop", pcmWrite: "write", pcmRead: "read",
	ctlCardInfo: "info", ctlElemList: "list", ctlElemInfo: "describe", ctlElemRead: "get", ctlElemWrite: "set",
	pcmSyncPtr: "sync", pcmSyncPtr64: "sync",
}

func (f *fake) failed(word string) (syscall.Errno, bool) {
	x := f.fail[word]
	if x.times == 0 {
		return 0, false
	}
	x.times--
	f.fail[word] = x
	return x.errno, true
}

func (f *fake) call(fd int, r request, arg unsafe.Pointer) syscall.Errno {
	word, known := words[r]
	if !known {
		f.t.Errorf("request %#x is not known", r)
		return syscall.ENOTTY
	}
	if word != "sync" && word != "read" && word != "write" {
		f.log = append(f.log, word)
	}
	if e, ok := f.failed(word); ok {
		return e
	}
	switch x := f.fds[fd].(type) {
	case *fakePCM:
		if x.card.lost {
			return syscall.ENODEV
		}
		return x.call(r, arg)
	case *fakeCard:
		if x.lost {
			return syscall.ENODEV
		}
		return x.call(r, arg)
	}
	f.t.Errorf("%s on descriptor %d, which is not open", word, fd)
	return syscall.EBADF
}

// took returns the log since the last time.
func (f *fake) took() string {
	s := strings.Join(f.log, " ")
	f.log = nil
	return s
}

// allClosed is true if nothing was left open.
func (f *fake) allClosed() bool { return len(f.fds) == 0 }

// idle is a kernel that says yes and does nothing: all frames are moved.
type idle struct{}

func (idle) open(string) (int, syscall.Errno)        { return 3, 0 }
func (idle) close(int)                               {}
func (idle) callInt(int, request, int) syscall.Errno { return 0 }
func (idle) call(_ int, r request, arg unsafe.Pointer) syscall.Errno {
	if r == pcmRead || r == pcmWrite {
		x := (*xferi)(arg)
		x.Result = sframes(x.Frames)
	}
	return 0
}
