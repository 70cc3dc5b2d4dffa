package fb

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"phoned/hw/lcd"
	"phoned/hw/lcd/refresh"
)

// linux/fb.h
const (
	getVariable = 0x4600 // FBIOGET_VSCREENINFO
	putVariable = 0x4601 // FBIOPUT_VSCREENINFO
	getFixed    = 0x4602 // FBIOGET_FSCREENINFO
	blank       = 0x4611 // FBIOBLANK

	activateForce = 128 // FB_ACTIVATE_FORCE
	unblank       = 0   // FB_BLANK_UNBLANK
	powerDown     = 4   // FB_BLANK_POWERDOWN
)

// A Config says which framebuffer and how.
type Config struct {
	Device string // "/dev/fb0"
	Rotate int    // degrees clockwise that the picture is turned: 0, 90, 180, 270
	Night  bool   // light on dark
	// Refresh.Light nil means that the framebuffer itself goes dark after
	// Refresh.LightOff.
	Refresh refresh.Config
}

// Open starts a display on a framebuffer. It fails if there is none, or none
// that can be drawn on; the error says why.
func Open(cfg Config) (*refresh.Display, error) {
	f, err := os.OpenFile(cfg.Device, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("framebuffer: %w", err)
	}
	fail := func(err error) (*refresh.Display, error) {
		return nil, errors.Join(fmt.Errorf("framebuffer %s: %w", cfg.Device, err), f.Close())
	}
	var v variable
	if err := control(f, getVariable, unsafe.Pointer(&v)); err != nil {
		return fail(fmt.Errorf("ask for its size: %w", err))
	}
	// Some drivers (virtio-gpu) show nothing before a mode was set, be it the
	// one they have. Others refuse, and show what they have.
	v.Activate = activateForce
	_ = control(f, putVariable, unsafe.Pointer(&v))
	light := func(on bool) error {
		level := uintptr(powerDown)
		if on {
			level = unblank
		}
		return value(f, blank, level)
	}
	_ = light(true) // which not every driver knows

	if err := control(f, getVariable, unsafe.Pointer(&v)); err != nil {
		return fail(fmt.Errorf("ask for its size: %w", err))
	}
	var x fixed
	if err := control(f, getFixed, unsafe.Pointer(&x)); err != nil {
		return fail(fmt.Errorf("ask for its memory: %w", err))
	}
	width, height := lcd.Colour320x240.Size()
	g, err := arrange(&v, &x, width, height, cfg.Rotate)
	if err != nil {
		return fail(err)
	}
	memory, err := unix.Mmap(int(f.Fd()), 0, int(x.SmemLen), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fail(fmt.Errorf("map its memory: %w", err))
	}
	if cfg.Refresh.Light == nil && cfg.Refresh.LightOff > 0 {
		cfg.Refresh.Light = light
	}
	painter := lcd.NewPainter(lcd.Colour320x240)
	painter.Night(cfg.Night)
	closing := func() error { return errors.Join(unix.Munmap(memory), f.Close()) }
	return refresh.Start(newPanel(g, memory, closing), painter, cfg.Refresh), nil
}

// control asks the driver, with a pointer to what it reads or writes.
func control(f *os.File, request uintptr, to unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(to)); errno != 0 {
		return errno
	}
	return nil
}

// value asks the driver, with a number.
func value(f *os.File, request, n uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, n); errno != 0 {
		return errno
	}
	return nil
}
