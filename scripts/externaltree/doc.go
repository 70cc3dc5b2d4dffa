// Package externaltree tests buildroot/ and the scripts around it as far as that
// goes without Buildroot: its configuration by Debian's kconfig, the shell
// scripts of the image with stand-ins for the commands that change a machine,
// the firewall in a network namespace, the disk image twice over. With an
// unpacked Buildroot, whose directory is in BUILDROOT, its own checks run too.
//
// It never builds an image with Buildroot, boots nothing, and touches no disk:
// what writes to one is given files.
package externaltree
