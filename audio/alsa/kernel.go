package alsa

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A kernel is what this package asks of the operating system. The numbers of
// requests and the structures are those of abi.go; the tests have a sound card
// of software behind it. An Errno of 0 is success.
type kernel interface {
	open(path string) (fd int, err syscall.Errno)
	close(fd int)
	// call is ioctl(2) with a structure, or nothing.
	call(fd int, r request, arg unsafe.Pointer) syscall.Errno
	// callInt is ioctl(2) with a number.
	callInt(fd int, r request, arg int) syscall.Errno
}

// linux is the kernel this program runs on.
type linux struct{}

func (linux) open(path string) (int, syscall.Errno) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == nil {
		return fd, 0
	}
	var e syscall.Errno
	if !errors.As(err, &e) {
		e = syscall.EIO
	}
	return -1, e
}

func (linux) close(fd int) { _ = unix.Close(fd) }

func (linux) call(fd int, r request, arg unsafe.Pointer) syscall.Errno {
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), r, uintptr(arg))
	return e
}

func (linux) callInt(fd int, r request, arg int) syscall.Errno {
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), r, uintptr(arg))
	return e
}

// cardNumber finds a card by its number or its id.
func cardNumber(k kernel, card string) (int, error) {
	if err := checkCard(card); err != nil {
		return 0, err
	}
	if digits(card) {
		n := 0
		for _, c := range card {
			n = 10*n + int(c-'0')
		}
		return n, nil
	}
	info := new(cardInfo)
	for n := range mostCards {
		fd, e := k.open(controlPath(n))
		if e != 0 {
			continue // no card has this number, or not for us
		}
		e = k.call(fd, ctlCardInfo, unsafe.Pointer(info))
		k.close(fd)
		if e == 0 && text(info.ID[:]) == card {
			return n, nil
		}
	}
	return 0, fmt.Errorf("no sound card is named %q", card)
}

func controlPath(card int) string { return fmt.Sprintf("/dev/snd/controlC%d", card) }

// gone says whether an error means that the card is no more there.
func gone(e syscall.Errno) bool {
	return e == syscall.ENODEV || e == syscall.EBADFD || e == syscall.ENXIO
}
