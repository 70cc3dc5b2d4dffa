package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// perPhone is the memory that a run takes for each of its phones, roughly.
const perPhone = 11 << 10

// hugePages asks the kernel for pages of 2 MB for the fleets to come. A step
// looks at a line that was last looked at a hundred thousand steps ago; with
// pages of 4 KB it waits for the page tables, too. The memory is asked for,
// marked, and given back to the heap before anything is in it; a kernel that has
// no such pages makes no difference but in time.
func hugePages(phones, workers int) {
	heap := make([]byte, phones*workers*perPhone)
	if len(heap) > 0 {
		_ = unix.Madvise(heap, unix.MADV_HUGEPAGE)
	}
	heap = nil
	runtime.GC()
}
