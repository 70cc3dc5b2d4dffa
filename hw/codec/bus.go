package codec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
)

// adapters is where the kernel lists the I2C buses.
const adapters = "/sys/bus/i2c/devices"

// OpenBus opens an I2C bus of the kernel: by its number, "1" or "i2c-1", by its
// device, "/dev/i2c-1", or by its adapter's name as
// /sys/bus/i2c/devices/i2c-1/name has it.
func OpenBus(name string) (i2c.BusCloser, error) {
	return openBus(os.DirFS(adapters), name)
}

// bus is an I2C bus by the kernel's I2C_RDWR (Linux:
// Documentation/i2c/dev-interface.rst). The kernel puts transfers in order.
type bus struct {
	name string
	mu   sync.RWMutex // Close waits for a transfer
	fd   int          // -1 when closed
}

// message is struct i2c_msg of linux/i2c.h.
type message struct {
	addr, flags, length uint16
	buf                 unsafe.Pointer
}

// transfer is struct i2c_rdwr_ioctl_data of linux/i2c-dev.h.
type transfer struct {
	msgs  unsafe.Pointer
	count uint32
}

const (
	ioctlFuncs = 0x0705 // I2C_FUNCS
	ioctlRdwr  = 0x0707 // I2C_RDWR
	funcI2C    = 1      // I2C_FUNC_I2C
	flagRead   = 1      // I2C_M_RD
)

var errNotI2C = errors.New("the adapter does only SMBus, no plain I2C")

func openDevice(number int) (*bus, error) {
	device := fmt.Sprintf("/dev/i2c-%d", number)
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", device, err)
	}
	var funcs uintptr
	err = ioctl(fd, ioctlFuncs, unsafe.Pointer(&funcs))
	if err == nil && funcs&funcI2C == 0 {
		err = errNotI2C
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("open %s: %w", device, err)
	}
	return &bus{name: filepath.Base(device), fd: fd}, nil
}

// String is the bus's name: "i2c-1".
func (b *bus) String() string { return b.name }

// Tx writes and then reads, each if there is something to, in one transaction.
func (b *bus) Tx(addr uint16, w, r []byte) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.fd < 0 {
		return os.ErrClosed
	}
	var msgs [2]message
	n := 0
	for flags, data := range [][]byte{w, r} {
		if len(data) > 8192 {
			return fmt.Errorf("transfer of %d bytes: the kernel takes 8192", len(data))
		}
		if len(data) > 0 {
			msgs[n] = message{addr: addr, flags: uint16(flags) * flagRead, length: uint16(len(data)), buf: unsafe.Pointer(&data[0])}
			n++
		}
	}
	if n == 0 {
		return nil
	}
	t := transfer{unsafe.Pointer(&msgs[0]), uint32(n)}
	err := ioctl(b.fd, ioctlRdwr, unsafe.Pointer(&t))
	runtime.KeepAlive(w)
	runtime.KeepAlive(r)
	switch {
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.EREMOTEIO):
		// What drivers say of a chip that does not acknowledge (Linux:
		// Documentation/i2c/fault-codes.rst).
		return fmt.Errorf("no acknowledgement from 0x%02x: %w", addr, err)
	case err != nil:
		return fmt.Errorf("transfer to 0x%02x: %w", addr, err)
	}
	return nil
}

// SetSpeed can't be: the device tree has set the speed.
func (b *bus) SetSpeed(physic.Frequency) error {
	return errors.New("set the speed of " + b.name + ": the device tree does that")
}

// Close closes the bus.
func (b *bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fd < 0 {
		return nil
	}
	fd := b.fd
	b.fd = -1
	return unix.Close(fd)
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
			continue
		}
		return errno
	}
}
