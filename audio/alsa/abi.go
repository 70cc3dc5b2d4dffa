package alsa

import "unsafe"

// The structures of include/uapi/sound/asound.h, laid out by hand: C aligns
// long long to 8 bytes on 32-bit ARM and Go to 4. A uframes is the kernel's
// unsigned long, which is Go's uint, and an sframes its long.
type (
	uframes = uint
	sframes = int
)

// Parameters of hwParams: first the masks, then the intervals.
const (
	paramAccess = iota // SNDRV_PCM_HW_PARAM_ACCESS
	paramFormat
	paramSubformat
	paramMasks // how many masks there are
)

const (
	paramChannels   = iota + 10 // SNDRV_PCM_HW_PARAM_CHANNELS
	paramRate                   // 11
	paramPeriodTime             // 12
	paramPeriodSize             // 13
	paramPeriodByte             // 14
	paramPeriods                // 15
	paramBufferTime             // 16
	paramBufferSize             // 17
	paramFirst      = 8         // the first interval, SNDRV_PCM_HW_PARAM_SAMPLE_BITS
	paramIntervals  = 12
)

const (
	accessRW        = 3 // SNDRV_PCM_ACCESS_RW_INTERLEAVED
	formatS16       = 2 // SNDRV_PCM_FORMAT_S16_LE
	formatS32       = 10
	intervalInteger = 1 << 2
	tstampMonotonic = 1          // SNDRV_PCM_TSTAMP_TYPE_MONOTONIC
	protocol        = 2<<16 | 14 // the SNDRV_PCM_VERSION that is spoken here: 2.0.14
)

// The states of a stream, SNDRV_PCM_STATE_*.
const (
	stateOpen = iota
	stateSetup
	statePrepared
	stateRunning
	stateXrun
	stateDraining
	statePaused
	stateSuspended
	stateDisconnected
)

// Flags of a syncPtr: what the kernel does and reports.
const (
	syncHardware = 1 << iota // ask the hardware where it is
	syncAppl                 // report appl_ptr; else it is set
	syncAvailMin             // report avail_min; else it is set
)

type mask [8]uint32

type interval struct{ Min, Max, Flags uint32 }

type hwParams struct {
	Flags            uint32
	Masks            [paramMasks]mask
	_                [5]mask
	Intervals        [paramIntervals]interval
	_                [9]interval
	Rmask, Cmask     uint32
	Info, Msbits     uint32
	RateNum, RateDen uint32
	FifoSize         uframes
	_                [64]byte
}

type swParams struct {
	TstampMode                    int32
	PeriodStep, SleepMin          uint32
	AvailMin, XferAlign           uframes
	StartThreshold, StopThreshold uframes
	SilenceThreshold, SilenceSize uframes
	Boundary                      uframes
	Proto, TstampType             uint32
	_                             [56]byte
}

// A timespec is the kernel's on this processor, with 32 bits on 32-bit ones:
// enough for CLOCK_MONOTONIC, and nothing here reads it.
type timespec struct{ Sec, Nsec int }

type mmapStatus struct {
	State, _       int32
	HwPtr          uframes
	Tstamp         timespec
	SuspendedState int32
	AudioTstamp    timespec
}

// A syncPtr is snd_pcm_sync_ptr as the kernel has known it since Linux 2.6.
type syncPtr struct {
	Flags  uint32
	Status mmapStatus
	_      [64 - unsafe.Sizeof(mmapStatus{})]byte
	// snd_pcm_mmap_control
	ApplPtr, AvailMin uframes
	_                 [64 - 2*unsafe.Sizeof(uframes(0))]byte
}

// A syncPtr64 is snd_pcm_sync_ptr with times of 64 bits (Linux 5.6), for 32-bit
// little-endian processors whose kernel has no 32-bit times. On 64-bit ones both
// are the same.
type syncPtr64 struct {
	Flags    uint32
	_        uint32
	State, _ int32
	HwPtr    uframes
	_        [64 - 8 - unsafe.Sizeof(uframes(0))]byte
	ApplPtr  uframes
	AvailMin uframes // right behind, against the rest of the layout: the header says why
	_        [64 - 2*unsafe.Sizeof(uframes(0))]byte
}

type xferi struct {
	Result sframes
	Buf    unsafe.Pointer
	Frames uframes
}

type cardInfo struct {
	Card, _    int32
	ID         [16]byte
	Driver     [16]byte
	Name       [32]byte
	Longname   [80]byte
	_          [16]byte
	Mixername  [80]byte
	Components [128]byte
}

// Types of an element, SNDRV_CTL_ELEM_TYPE_*, and what may be done with it.
const (
	typeBoolean    = 1
	typeInteger    = 2
	typeEnumerated = 3
	accessWrite    = 1 << 1 // SNDRV_CTL_ELEM_ACCESS_WRITE
	mostValues     = 128    // of an element
	mostElements   = 4096   // of a card; a kernel that says more is not believed
	mostItems      = 1024   // of an enumeration
)

type elemID struct {
	Numid             uint32
	Iface             int32
	Device, Subdevice uint32
	Name              [44]byte
	Index             uint32
}

type elemList struct {
	Offset, Space, Used, Count uint32
	Pids                       unsafe.Pointer
	_                          [50]byte
}

type elemInfo struct {
	ID     elemID
	Type   int32
	Access uint32
	Count  uint32
	Owner  int32
	Value  [128]byte // a union: see integerInfo and enumInfo
	_      [64]byte
}

// An integerInfo is value.integer of an elemInfo.
type integerInfo struct{ Min, Max, Step int }

// An enumInfo is value.enumerated of an elemInfo.
type enumInfo struct {
	Items, Item uint32
	Name        [64]byte
}

// In an elemValue a word of flags is before the union, which holds long long.
type elemValue struct {
	ID    elemID
	_     [8]byte
	Value [mostValues]int // value.integer: long
	_     [128]byte
}

// items is value.enumerated of an elemValue.
func (v *elemValue) items() *[mostValues]uint32 {
	return (*[mostValues]uint32)(unsafe.Pointer(&v.Value))
}

// A request is the number of an ioctl: its size is part of it, so that a kernel
// never takes a structure of another layout (include/uapi/asm-generic/ioctl.h).
type request = uintptr

const (
	none       = 0
	toKernel   = 1
	fromKernel = 2
)

func number(dir, group, nr, size uintptr) request { return dir<<30 | size<<16 | group<<8 | nr }

var (
	pcmUserVersion = number(toKernel, 'A', 0x04, 4)
	pcmTstamp      = number(toKernel, 'A', 0x03, 4)
	pcmHwRefine    = number(fromKernel|toKernel, 'A', 0x10, unsafe.Sizeof(hwParams{}))
	pcmHwParams    = number(fromKernel|toKernel, 'A', 0x11, unsafe.Sizeof(hwParams{}))
	pcmHwFree      = number(none, 'A', 0x12, 0)
	pcmSwParams    = number(fromKernel|toKernel, 'A', 0x13, unsafe.Sizeof(swParams{}))
	pcmSyncPtr     = number(fromKernel|toKernel, 'A', 0x23, unsafe.Sizeof(syncPtr{}))
	pcmSyncPtr64   = number(fromKernel|toKernel, 'A', 0x23, unsafe.Sizeof(syncPtr64{}))
	pcmPrepare     = number(none, 'A', 0x40, 0)
	pcmStart       = number(none, 'A', 0x42, 0)
	pcmDrop        = number(none, 'A', 0x43, 0)
	pcmWrite       = number(toKernel, 'A', 0x50, unsafe.Sizeof(xferi{}))
	pcmRead        = number(fromKernel, 'A', 0x51, unsafe.Sizeof(xferi{}))
	pcmLink        = number(toKernel, 'A', 0x60, 4)
	ctlCardInfo    = number(fromKernel, 'U', 0x01, unsafe.Sizeof(cardInfo{}))
	ctlElemList    = number(fromKernel|toKernel, 'U', 0x10, unsafe.Sizeof(elemList{}))
	ctlElemInfo    = number(fromKernel|toKernel, 'U', 0x11, unsafe.Sizeof(elemInfo{}))
	ctlElemRead    = number(fromKernel|toKernel, 'U', 0x12, unsafe.Sizeof(elemValue{}))
	ctlElemWrite   = number(fromKernel|toKernel, 'U', 0x13, unsafe.Sizeof(elemValue{}))
)

// any allows all that an interval can be, and a mask too.
func (h *hwParams) any() {
	*h = hwParams{Rmask: ^uint32(0), Info: ^uint32(0)}
	for i := range h.Masks {
		for k := range h.Masks[i] {
			h.Masks[i][k] = ^uint32(0)
		}
	}
	for i := range h.Intervals {
		h.Intervals[i] = interval{Max: ^uint32(0)}
	}
}

// choose leaves one bit of a mask.
func (h *hwParams) choose(param, bit int) {
	h.Masks[param] = mask{}
	h.Masks[param][bit/32] = 1 << (bit % 32)
}

// has says whether a mask allows a bit.
func (h *hwParams) has(param, bit int) bool { return h.Masks[param][bit/32]>>(bit%32)&1 == 1 }

// between narrows an interval to whole numbers from low to high.
func (h *hwParams) between(param int, low, high uint32) {
	h.Intervals[param-paramFirst] = interval{low, high, intervalInteger}
}

func (h *hwParams) exactly(param, n int) { h.between(param, uint32(n), uint32(n)) }

func (h *hwParams) interval(param int) interval { return h.Intervals[param-paramFirst] }

// text is what stands before the first zero byte.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
