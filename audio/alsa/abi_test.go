package alsa

import (
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// A row is a number of the kernel's interface: its name in C, what this package
// has, and what it must be with 32 and 64 bits.
type row struct {
	c          string
	got        uintptr
	on32, on64 uintptr
}

var rows = []row{
	{"sizeof(struct snd_pcm_hw_params)", unsafe.Sizeof(hwParams{}), 604, 608},
	{"offsetof(struct snd_pcm_hw_params, intervals)", unsafe.Offsetof(hwParams{}.Intervals), 260, 260},
	{"offsetof(struct snd_pcm_hw_params, rmask)", unsafe.Offsetof(hwParams{}.Rmask), 512, 512},
	{"offsetof(struct snd_pcm_hw_params, fifo_size)", unsafe.Offsetof(hwParams{}.FifoSize), 536, 536},
	{"sizeof(struct snd_pcm_sw_params)", unsafe.Sizeof(swParams{}), 104, 136},
	{"offsetof(struct snd_pcm_sw_params, avail_min)", unsafe.Offsetof(swParams{}.AvailMin), 12, 16},
	{"offsetof(struct snd_pcm_sw_params, boundary)", unsafe.Offsetof(swParams{}.Boundary), 36, 64},
	{"offsetof(struct snd_pcm_sw_params, tstamp_type)", unsafe.Offsetof(swParams{}.TstampType), 44, 76},
	{"sizeof(struct __snd_pcm_mmap_status)", unsafe.Sizeof(mmapStatus{}), 32, 56},
	{"offsetof(struct __snd_pcm_mmap_status, hw_ptr)", unsafe.Offsetof(mmapStatus{}.HwPtr), 8, 8},
	{"sizeof(struct __snd_pcm_sync_ptr)", unsafe.Sizeof(syncPtr{}), 132, 136},
	{"offsetof(struct __snd_pcm_sync_ptr, s.status.hw_ptr)", unsafe.Offsetof(syncPtr{}.Status) + unsafe.Offsetof(mmapStatus{}.HwPtr), 12, 16},
	{"offsetof(struct __snd_pcm_sync_ptr, c.control.appl_ptr)", unsafe.Offsetof(syncPtr{}.ApplPtr), 68, 72},
	{"offsetof(struct __snd_pcm_sync_ptr, c.control.avail_min)", unsafe.Offsetof(syncPtr{}.AvailMin), 72, 80},
	{"sizeof(struct __snd_pcm_sync_ptr64)", unsafe.Sizeof(syncPtr64{}), 136, 136},
	{"offsetof(struct __snd_pcm_sync_ptr64, s.status.hw_ptr)", unsafe.Offsetof(syncPtr64{}.HwPtr), 16, 16},
	{"offsetof(struct __snd_pcm_sync_ptr64, c.control.appl_ptr)", unsafe.Offsetof(syncPtr64{}.ApplPtr), 72, 72},
	{"offsetof(struct __snd_pcm_sync_ptr64, c.control.avail_min)", unsafe.Offsetof(syncPtr64{}.AvailMin), 76, 80},
	{"sizeof(struct snd_xferi)", unsafe.Sizeof(xferi{}), 12, 24},
	{"sizeof(struct snd_ctl_card_info)", unsafe.Sizeof(cardInfo{}), 376, 376},
	{"sizeof(struct snd_ctl_elem_id)", unsafe.Sizeof(elemID{}), 64, 64},
	{"sizeof(struct snd_ctl_elem_list)", unsafe.Sizeof(elemList{}), 72, 80},
	{"sizeof(struct snd_ctl_elem_info)", unsafe.Sizeof(elemInfo{}), 272, 272},
	{"offsetof(struct snd_ctl_elem_info, value)", unsafe.Offsetof(elemInfo{}.Value), 80, 80},
	{"offsetof(struct snd_ctl_elem_info, value.enumerated.name)", unsafe.Offsetof(elemInfo{}.Value) + unsafe.Offsetof(enumInfo{}.Name), 88, 88},
	{"offsetof(struct snd_ctl_elem_info, value.integer.max)", unsafe.Offsetof(elemInfo{}.Value) + unsafe.Offsetof(integerInfo{}.Max), 84, 88},
	{"sizeof(struct snd_ctl_elem_value)", unsafe.Sizeof(elemValue{}), 712, 1224},
	{"offsetof(struct snd_ctl_elem_value, value)", unsafe.Offsetof(elemValue{}.Value), 72, 72},
	{"SNDRV_PCM_IOCTL_USER_PVERSION", pcmUserVersion, 0x40044104, 0x40044104},
	{"SNDRV_PCM_IOCTL_TTSTAMP", pcmTstamp, 0x40044103, 0x40044103},
	{"SNDRV_PCM_IOCTL_HW_REFINE", pcmHwRefine, 0xc25c4110, 0xc2604110},
	{"SNDRV_PCM_IOCTL_HW_PARAMS", pcmHwParams, 0xc25c4111, 0xc2604111},
	{"SNDRV_PCM_IOCTL_HW_FREE", pcmHwFree, 0x4112, 0x4112},
	{"SNDRV_PCM_IOCTL_SW_PARAMS", pcmSwParams, 0xc0684113, 0xc0884113},
	{"__SNDRV_PCM_IOCTL_SYNC_PTR", pcmSyncPtr, 0xc0844123, 0xc0884123},
	{"__SNDRV_PCM_IOCTL_SYNC_PTR64", pcmSyncPtr64, 0xc0884123, 0xc0884123},
	{"SNDRV_PCM_IOCTL_PREPARE", pcmPrepare, 0x4140, 0x4140},
	{"SNDRV_PCM_IOCTL_START", pcmStart, 0x4142, 0x4142},
	{"SNDRV_PCM_IOCTL_DROP", pcmDrop, 0x4143, 0x4143},
	{"SNDRV_PCM_IOCTL_WRITEI_FRAMES", pcmWrite, 0x400c4150, 0x40184150},
	{"SNDRV_PCM_IOCTL_READI_FRAMES", pcmRead, 0x800c4151, 0x80184151},
	{"SNDRV_PCM_IOCTL_LINK", pcmLink, 0x40044160, 0x40044160},
	{"SNDRV_CTL_IOCTL_CARD_INFO", ctlCardInfo, 0x81785501, 0x81785501},
	{"SNDRV_CTL_IOCTL_ELEM_LIST", ctlElemList, 0xc0485510, 0xc0505510},
	{"SNDRV_CTL_IOCTL_ELEM_INFO", ctlElemInfo, 0xc1105511, 0xc1105511},
	{"SNDRV_CTL_IOCTL_ELEM_READ", ctlElemRead, 0xc2c85512, 0xc4c85512},
	{"SNDRV_CTL_IOCTL_ELEM_WRITE", ctlElemWrite, 0xc2c85513, 0xc4c85513},
}

// The table holds on the processor of this test; `make test-arm` asks the other.
func TestLayout(t *testing.T) {
	for _, r := range rows {
		want := r.on64
		if bits.UintSize == 32 {
			want = r.on32
		}
		if r.got != want {
			t.Errorf("%s is %d (%#x), want %d (%#x)", r.c, r.got, r.got, want, want)
		}
	}
}

// The table is what C compilers make of the kernel's own header: with 64 bits,
// and for 32-bit ARM. The compiler's output is assembler, so that nothing has to
// be run.
func TestLayoutInC(t *testing.T) {
	if _, err := os.Stat("/usr/include/sound/asound.h"); err != nil {
		t.Skip("the kernel's headers are not installed:", err)
	}
	for compiler, want := range map[string]func(row) uintptr{
		"gcc":                     func(r row) uintptr { return r.on64 },
		"arm-linux-gnueabihf-gcc": func(r row) uintptr { return r.on32 },
	} {
		t.Run(compiler, func(t *testing.T) {
			if _, err := exec.LookPath(compiler); err != nil {
				t.Skip(err)
			}
			var b strings.Builder
			b.WriteString("#include <stddef.h>\n#include <time.h>\n#include <sys/ioctl.h>\n#include <sound/asound.h>\n")
			for _, r := range rows {
				fmt.Fprintf(&b, "_Static_assert((%s) == %du, \"%s\");\n", r.c, want(r), r.c)
			}
			file := filepath.Join(t.TempDir(), "layout.c")
			if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(compiler, "-fsyntax-only", file).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
