//go:build linux

package machine

import (
	"fmt"
	"path/filepath"

	"phoned/scripts/emulate/guest"
)

// A Board is one of QEMU's machines.
type Board string

// The boards. Virt is quick and has everything; EVK has the true drivers of the
// i.MX6UL for GPIO, I2C, Ethernet and watchdog, and neither sound nor a display.
const (
	Virt Board = "virt"
	EVK  Board = "mcimx6ul-evk"
)

// A Disk is a raw image.
type Disk struct {
	Path     string
	Discard  bool // what is written is forgotten at the end
	ReadOnly bool
}

// Config is what a machine is made of.
type Config struct {
	Dir   string // for sockets and logs; must exist and be short enough for a socket's path
	Board Board  // Virt if empty

	// Either the kernel is started at once, or U-Boot, which finds it on the disk.
	Kernel  string
	Initrd  string
	Append  string
	DTB     string // EVK
	UBoot   string
	Disks   []Disk
	Memory  int    // MiB; 128 if zero
	Virtual bool   // time is the number of instructions; a machine that waits takes none
	Space   string // network namespace to run in

	Tap      string // Ethernet: a tap device of the namespace
	Net      string // or any -netdev of QEMU, without its id; neither: no Ethernet
	MAC      string
	Tap2     string // EVK: the same for its other Ethernet
	MAC2     string
	Ear      string // WAV file that gets what the sound card plays; empty: no sound card
	EarRate  int    // of that file; 48000 if zero
	Display  bool   // 320x240
	Watchdog bool   // Virt: the chip i6300esb; the EVK has its own
	QTest    bool   // EVK: pins from outside

	Extra []string // for QEMU as they are
}

// args are QEMU's.
func (c Config) args() ([]string, error) {
	board, memory := c.Board, c.Memory
	if board == "" {
		board = Virt
	}
	if memory == 0 {
		memory = 128
	}
	a := []string{
		"-nodefaults", "-name", "phone,debug-threads=on", "-display", "none", "-accel", "tcg", "-m", fmt.Sprint(memory),
		"-chardev", "socket,id=serial,path=" + filepath.Join(c.Dir, "serial") + ",server=on,wait=on,logfile=" + filepath.Join(c.Dir, "serial.log"),
		"-serial", "chardev:serial",
		"-chardev", "socket,id=agent,path=" + filepath.Join(c.Dir, "agent") + ",server=on,wait=off",
		"-qmp", "unix:" + filepath.Join(c.Dir, "qmp") + ",server=on,wait=off",
	}
	switch board {
	case Virt:
		// A kernel without LPAE sees no devices above 4 GB.
		machine := "virt,highmem=off"
		if c.Virtual {
			// The same random seed, and so the same run, every time.
			machine += ",dtb-randomness=off"
		}
		a = append(a, "-M", machine, "-cpu", "cortex-a7")
		a = append(a, "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name="+guest.Port)
		a = append(a, c.virtDevices()...)
	case EVK:
		// It has no virtio: the agent has the second serial port.
		a = append(a, "-M", string(EVK), "-serial", "chardev:agent")
		a = append(a, c.evkDevices()...)
	default:
		return nil, fmt.Errorf("there is no board %q; there are: %s, %s", board, Virt, EVK)
	}
	if c.Virtual {
		// One instruction is one nanosecond; waiting costs no real time.
		a = append(a, "-icount", "shift=0,sleep=off", "-rtc", "clock=vm,base=2026-01-01")
	}
	switch {
	case c.UBoot != "":
		a = append(a, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file="+c.UBoot)
	case c.Kernel != "":
		a = append(a, "-kernel", c.Kernel, "-append", c.Append)
		if c.Initrd != "" {
			a = append(a, "-initrd", c.Initrd)
		}
		if c.DTB != "" {
			a = append(a, "-dtb", c.DTB)
		}
	default:
		return nil, fmt.Errorf("a machine needs a kernel or U-Boot")
	}
	return append(a, c.Extra...), nil
}

func drive(i int, d Disk) string {
	s := fmt.Sprintf("id=disk%d,format=raw,file=%s", i, d.Path)
	if d.Discard {
		s += ",snapshot=on"
	}
	if d.ReadOnly {
		s += ",readonly=on"
	}
	return s
}

func (c Config) virtDevices() []string {
	var a []string
	for i, d := range c.Disks {
		a = append(a, "-drive", "if=none,"+drive(i, d), "-device", fmt.Sprintf("virtio-blk-pci,drive=disk%d", i))
	}
	mac := c.MAC
	if mac == "" {
		mac = "02:00:00:00:00:01"
	}
	switch {
	case c.Tap != "":
		a = append(a, "-netdev", "tap,id=net,script=no,downscript=no,ifname="+c.Tap)
	case c.Net != "":
		a = append(a, "-netdev", c.Net+",id=net")
	}
	if c.Tap != "" || c.Net != "" {
		a = append(a, "-device", "virtio-net-pci,netdev=net,romfile=,mac="+mac)
	}
	if c.Ear != "" {
		rate := c.EarRate
		if rate == 0 {
			rate = 48000
		}
		a = append(a, "-audiodev", fmt.Sprintf("wav,id=ear,path=%s,out.frequency=%d,out.channels=1,out.format=s16", c.Ear, rate),
			"-device", "AC97,audiodev=ear")
	}
	if c.Display {
		a = append(a, "-device", "virtio-gpu-pci,xres=320,yres=240")
	}
	if c.Watchdog {
		a = append(a, "-device", "i6300esb", "-action", "watchdog=reset")
	}
	return append(a, "-device", "virtio-rng-pci")
}

func (c Config) evkDevices() []string {
	var a []string
	for i, d := range c.Disks {
		if d.ReadOnly { // not as an SD card: what is written to it is forgotten
			d.ReadOnly, d.Discard = false, true
		}
		a = append(a, "-drive", fmt.Sprintf("if=sd,index=%d,", i)+drive(i, d))
	}
	for _, tap := range []struct{ name, mac string }{{c.Tap, c.MAC}, {c.Tap2, c.MAC2}} {
		if tap.name != "" {
			a = append(a, "-nic", "tap,model=imx.enet,script=no,downscript=no,ifname="+tap.name+",mac="+tap.mac)
		}
	}
	if c.Net != "" {
		a = append(a, "-nic", c.Net)
	}
	// Where the device tree has the WM8960: an EEPROM acknowledges every write. (So
	// does a WM8750, but QEMU 7.2 crashes at some registers that it has not got.)
	a = append(a, "-device", "at24c-eeprom,bus=i2c-bus.1,address=0x1a,rom-size=256", "-action", "watchdog=reset")
	if c.QTest {
		a = append(a, "-qtest", "unix:"+filepath.Join(c.Dir, "qtest")+",server=on,wait=off", "-qtest-log", "/dev/null")
	}
	return a
}
