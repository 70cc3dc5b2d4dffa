package gpio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"
)

// kernel is the host whose lines are those of the GPIO character devices.
type kernel struct{}

// A chip is one GPIO chip.
type chip struct {
	path  string
	name  string // of the device, "gpiochip2"
	label string // in the device tree or of the driver, "209c000.gpio"
	lines int
}

func (c chip) is(name string) bool { return name == c.name || name == c.label || name == c.path }

func (c chip) String() string { return fmt.Sprintf("%s (%s)", c.name, c.label) }

// A spot is where a line is.
type spot struct {
	chip   chip
	offset int
	info   uapi.LineInfoV2
}

// chips are the GPIO chips of the machine; those that can not be opened are
// told by the error beside the others.
func chips() (all []chip, err error) {
	names := gpiocdev.Chips()
	for _, name := range names {
		c := chip{path: filepath.Join("/dev", name)}
		err = errors.Join(err, c.look(func(fd uintptr) error {
			info, err := uapi.GetChipInfo(fd)
			if err != nil {
				return fmt.Errorf("ask %s what it is: %w", c.path, err)
			}
			c.name, c.label, c.lines = uapi.BytesToString(info.Name[:]), uapi.BytesToString(info.Label[:]), int(info.Lines)
			all = append(all, c)
			return nil
		}))
	}
	if len(names) == 0 {
		err = errors.New("there is no GPIO chip (/dev/gpiochip0)")
	}
	return all, err
}

// look opens a chip for a moment.
func (c chip) look(do func(fd uintptr) error) error {
	f, err := os.OpenFile(c.path, os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err // it names the path
	}
	defer f.Close()
	return do(f.Fd())
}

// survey finds lines, in order. What is missing or found twice is told of all
// of them together.
func survey(where string, lines []string) ([]spot, error) {
	all, failed := chips()
	if where != "" {
		one := slices.DeleteFunc(slices.Clone(all), func(c chip) bool { return !c.is(where) })
		if len(one) == 0 {
			return nil, errors.Join(fmt.Errorf("there is no GPIO chip %s, but %s", where, list(all)), failed)
		}
		all = one
	}
	found := make([][]spot, len(lines))
	for _, c := range all {
		err := c.look(func(fd uintptr) error {
			for offset := range c.lines {
				info, err := uapi.GetLineInfoV2(fd, offset)
				if err != nil {
					return fmt.Errorf("ask %s for its line %d (Linux 5.10 or later is needed): %w", c, offset, err)
				}
				name := uapi.BytesToString(info.Name[:])
				for i, line := range lines {
					if line == name || c.numbered(line) == offset {
						found[i] = append(found[i], spot{c, offset, info})
					}
				}
			}
			return nil
		})
		failed = errors.Join(failed, err)
	}
	var spots []spot
	var missing, twice []string
	for i, f := range found {
		switch {
		case len(f) == 0:
			missing = append(missing, lines[i])
		case len(f) > 1:
			twice = append(twice, fmt.Sprintf("%s is on %s and on %s", lines[i], f[0].chip, f[1].chip))
		default:
			spots = append(spots, f[0])
		}
	}
	var err error
	if len(missing) > 0 {
		// Lines may be on a chip that can not be opened.
		err = errors.Join(fmt.Errorf("no line is called %s on %s", strings.Join(missing, ", "), list(all)), failed)
	}
	if len(twice) > 0 {
		err = errors.Join(err, fmt.Errorf("the line %s: tell which chip", strings.Join(twice, ", ")))
	}
	return spots, err
}

// numbered is the offset of a line that is called by the chip and its number
// there, else -1.
func (c chip) numbered(line string) int {
	if i := strings.LastIndexByte(line, ':'); i > 0 && c.is(line[:i]) {
		if n, err := strconv.Atoi(line[i+1:]); err == nil {
			return n
		}
	}
	return -1
}

func list(all []chip) string {
	if len(all) == 0 {
		return "any GPIO chip"
	}
	var names []string
	for _, c := range all {
		names = append(names, c.String())
	}
	return strings.Join(names, ", ")
}

func (kernel) find(where string, lines []string) error {
	spots, err := survey(where, lines)
	for i, s := range spots {
		if err == nil && s.info.Flags.IsUsed() {
			err = fmt.Errorf("line %s (%s, line %d) belongs to %q already",
				lines[i], s.chip, s.offset, uapi.BytesToString(s.info.Consumer[:]))
		}
	}
	return err
}

func (kernel) take(where string, r request) (bank, error) {
	spots, err := survey(where, r.lines)
	if err != nil {
		return nil, err
	}
	b := newKernelBank()
	// One request for each chip: the kernel knows none across chips.
	for i, s := range spots {
		if slices.ContainsFunc(spots[:i], func(o spot) bool { return o.chip == s.chip }) {
			continue
		}
		g, err := takeGroup(s.chip, spots, r)
		if err != nil {
			b.close()
			return nil, err
		}
		b.groups = append(b.groups, g)
	}
	if r.use == asColumn || r.use == asSwitch {
		b.listen()
	}
	return b, nil
}

// settle waits in the kernel: the timers of Go are coarser by a hundred times.
func (kernel) settle(d time.Duration) {
	left := unix.NsecToTimespec(d.Nanoseconds())
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
}
