package gpio

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"
)

// A kernelBank is a bank of the kernel's lines. It uses only the lower half of
// go-gpiocdev: the upper half keeps a thread for every request, and that spins
// when a chip goes away.
type kernelBank struct {
	groups []*group
	edge   chan struct{}
	done   chan struct{}
	heard  sync.WaitGroup
}

// A group is the lines of a bank that are on one chip.
type group struct {
	what  string // for errors: "ROW0, ROW1 on gpiochip0 (phone-sim)"
	file  *os.File
	conn  syscall.RawConn
	lines []int // of the bank, by line of the group
	armed chan struct{}

	// An ioctl goes through these, so that none allocates.
	values     uapi.LineValues
	err        error
	read, writ func(fd uintptr)
}

func newKernelBank() *kernelBank {
	return &kernelBank{edge: make(chan struct{}, 1), done: make(chan struct{})}
}

// eventsKept is how many edges the kernel keeps; the newest ones are enough.
const eventsKept = 16

// flags are those of a request, without the active level.
func (u use) flags() uapi.LineFlagV2 {
	switch u {
	case asRow:
		return uapi.LineFlagV2Output | uapi.LineFlagV2OpenDrain
	case asColumn:
		// To active only: most chips have one kind of edge in hardware, and
		// keys that go up are seen by scanning.
		return uapi.LineFlagV2Input | uapi.LineFlagV2EdgeRising
	case asSwitch:
		return uapi.LineFlagV2Input | uapi.LineFlagV2EdgeBoth
	}
	return uapi.LineFlagV2Output
}

// takeGroup takes the lines of a request that are on a chip.
func takeGroup(c chip, spots []spot, r request) (*group, error) {
	g := &group{armed: make(chan struct{}, 1)}
	req := uapi.LineRequest{EventBufferSize: eventsKept}
	copy(req.Consumer[:], "phoned")
	req.Config.Flags = r.use.flags()
	if r.pull {
		req.Config.Flags |= uapi.LineFlagV2BiasPullUp
	}
	var names []string
	var low uapi.LineBitmap
	for i, s := range spots {
		if s.chip != c {
			continue
		}
		if r.activeLow>>i&1 != 0 {
			low = low.Set(len(g.lines), 1)
		}
		req.Offsets[len(g.lines)] = uint32(s.offset)
		g.lines = append(g.lines, i)
		names = append(names, r.lines[i])
	}
	req.Lines = uint32(len(g.lines))
	if low != 0 {
		flags := req.Config.Flags | uapi.LineFlagV2ActiveLow
		req.Config.AddAttribute(uapi.LineConfigAttribute{Attr: flags.Encode(), Mask: low})
	}
	g.what = fmt.Sprintf("%s on %s", strings.Join(names, ", "), c)
	if err := c.look(func(fd uintptr) error { return uapi.GetLine(fd, &req) }); err != nil {
		return nil, fmt.Errorf("take %s: %w", g.what, err)
	}
	// Not blocking, so that the runtime waits for edges without a thread.
	_ = unix.SetNonblock(int(req.Fd), true)
	g.file = os.NewFile(uintptr(req.Fd), g.what)
	conn, err := g.file.SyscallConn()
	if err != nil {
		_ = g.file.Close()
		return nil, fmt.Errorf("take %s: %w", g.what, err)
	}
	g.conn = conn
	g.read = func(fd uintptr) { g.err = uapi.GetLineValuesV2(fd, &g.values) }
	g.writ = func(fd uintptr) { g.err = uapi.SetLineValuesV2(fd, g.values) }
	return g, nil
}

// call does one ioctl.
func (g *group) call(verb string, do func(fd uintptr)) error {
	err := g.conn.Control(do)
	if err == nil {
		err = g.err
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, g.what, err)
	}
	return nil
}

func (b *kernelBank) set(mask, values uint64) error {
	for _, g := range b.groups {
		g.values = uapi.LineValues{}
		for i, line := range g.lines {
			if mask>>line&1 != 0 {
				g.values.Mask |= 1 << i
				g.values.Bits |= uapi.LineBitmap(values>>line&1) << i
			}
		}
		if g.values.Mask == 0 {
			continue
		}
		if err := g.call("set", g.writ); err != nil {
			return err
		}
	}
	return nil
}

func (b *kernelBank) get() (values uint64, err error) {
	for _, g := range b.groups {
		g.values = uapi.LineValues{Mask: uapi.NewLineBitMask(len(g.lines))}
		if err := g.call("read", g.read); err != nil {
			return 0, err
		}
		for i, line := range g.lines {
			values |= uint64(g.values.Bits>>i&1) << line
		}
	}
	return values, nil
}

func (b *kernelBank) watch() {
	for _, g := range b.groups {
		select {
		case g.armed <- struct{}{}:
		default:
		}
	}
}

func (b *kernelBank) edges() <-chan struct{} { return b.edge }

func (b *kernelBank) listen() {
	for _, g := range b.groups {
		b.heard.Go(func() { b.hear(g) })
	}
}

// hear takes the edges of a group from the kernel, but only when somebody
// watches: scanning makes edges of its own, and many.
func (b *kernelBank) hear(g *group) {
	events := make([]byte, eventsKept*unsafe.Sizeof(uapi.LineEvent{}))
	for {
		select {
		case <-g.armed:
		case <-b.done:
			return
		}
		// What the edges were does not matter, the levels are read anyway. A
		// line that can not be heard any more says so when it is read.
		_, err := g.file.Read(events)
		select {
		case b.edge <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (b *kernelBank) close() {
	close(b.done)
	for _, g := range b.groups {
		_ = g.file.Close()
	}
	b.heard.Wait()
}
