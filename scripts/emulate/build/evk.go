//go:build linux

package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// EVKAppend is the kernel's command line on the machine mcimx6ul-evk.
var EVKAppend = strings.Replace(Append, "console=ttyAMA0", "console=ttymxc0,115200", 1)

// The i.MX6UL's two Ethernets in its device tree, by the addresses of their blocks.
const (
	enet1 = "/soc/bus@2100000/ethernet@2188000"
	enet2 = "/soc/bus@2000000/ethernet@20b4000"
)

// EVKTree copies a device tree of the EVK and fits it to QEMU's: there each
// Ethernet has its PHY on a bus of its own, on the board both are on the second's.
// A boot loader hands over a random seed; here nobody does. It is no secret:
// nothing that this machine says goes further than the test.
func (w *Workshop) EVKTree(ctx context.Context, from, to string) error {
	if err := copyFile(from, to); err != nil {
		return err
	}
	const old, bus = enet2 + "/mdio/ethernet-phy@2", enet1 + "/mdio"
	phandle, err := output(ctx, "", nil, "fdtget", "-t", "x", to, old, "phandle")
	if err != nil {
		return err
	}
	seed := []string{"-t", "x", to, "/chosen", "rng-seed"}
	for i := range 16 {
		seed = append(seed, fmt.Sprintf("%x", 0x70686f6e+i*0x01234567))
	}
	const phy = bus + "/ethernet-phy@2"
	for _, args := range [][]string{
		seed,
		{"-r", to, old},
		{"-c", "-p", to, phy},
		{"-t", "x", to, bus, "#address-cells", "1"},
		{"-t", "x", to, bus, "#size-cells", "0"},
		{"-t", "x", to, phy, "reg", "2"},
		{"-t", "x", to, phy, "phandle", strings.TrimSpace(string(phandle))},
	} {
		if err := run(ctx, "", nil, "fdtput", args...); err != nil {
			return err
		}
	}
	return nil
}

// Card makes an image as large as the next SD card: a power of two. It stays as
// small on the host's disk as it was.
func Card(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	size := int64(1 << 20)
	for size < info.Size() {
		size *= 2
	}
	if err := os.Truncate(path, size); err != nil {
		return fmt.Errorf("make %s an SD card: %w", filepath.Base(path), err)
	}
	return nil
}
