#!/bin/sh
# Makes phone.img, and the update bundle phone.raucb if there is a signing key,
# from zImage, the board's device tree and rootfs.squashfs. Buildroot calls it with
# the images directory and BR2_ROOTFS_POST_SCRIPT_ARGS; it runs as well without
# Buildroot.
#
#	post-image.sh BINARIES_DIR BOARD
#
# Environment: PHONE_KEYS       directory with ca.pem, sign.pem, sign.key
#              PHONE_VERSION    version of the firmware
#              PHONE_FACTORY    directory whose files go to the factory partition
#              SOURCE_DATE_EPOCH  the build's time, in seconds
#              BUILD_DIR        for what is not kept (default: below BINARIES_DIR)
# Tools, by PATH: genimage mkimage mkfs.vfat mcopy mke2fs rauc
# shellcheck disable=SC2154 # image.conf sets the board's words
set -eu

usage="usage: post-image.sh BINARIES_DIR BOARD"
images=$(cd "${1:?$usage}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/../${2:?$usage}/image.conf"
keys=${PHONE_KEYS:-$here/../../../build/keys}
version=${PHONE_VERSION:-0.0.0}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH
export SOURCE_DATE_EPOCH E2FSPROGS_FAKE_TIME TZ=UTC
if [ -n "${HOST_DIR:-}" ]; then
	PATH=$HOST_DIR/bin:$HOST_DIR/sbin:$PATH
fi
PATH=$PATH:/usr/sbin:/sbin

fail() {
	echo "post-image.sh: $1" >&2
	exit 1
}

for tool in genimage mkimage mkfs.vfat mcopy mke2fs rauc; do
	command -v "$tool" >/dev/null || fail "$tool is missing"
done

# Fixed, and for all boards the same: 50484f4e-45 is "PHONE".
id() {
	printf '50484f4e-4500-4000-8000-%012d' "$1"
}

temporary=$(mktemp -d "${BUILD_DIR:-$images}/post-image.XXXXXX")
trap 'rm -rf "$temporary"' EXIT

# dated gives everything below a directory the build's time.
dated() {
	find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# vfat FILE LABEL VOLUME DIRECTORY makes a FAT image of 16 MiB.
vfat() {
	rm -f "$1"
	truncate -s 16M "$1"
	mkfs.vfat -F 16 -s 4 -n "$2" -i "$3" --invariant "$1" >/dev/null
	dated "$4"
	(cd "$4" && LC_ALL=C mcopy -m -i "$1" -- * ::)
}

# The boot partition: the script, and the state with all tries. The state is what
# U-Boot's "env export -c" writes: CRC32, the variables, zeros.
boot=$temporary/boot
mkdir "$boot"
{
	[ -z "$boot_prelude" ] || printf '%s\n' "$boot_prelude"
	sed -e "s|@ROOT_A@|$(id 3)|" -e "s|@ROOT_B@|$(id 5)|" \
		-e "s|@CONSOLE@|$console|" -e "s|@ARGUMENTS@|$arguments|" "$here/boot.cmd"
} >"$temporary/boot.cmd"
mkimage -A arm -T script -C none -n phone -d "$temporary/boot.cmd" "$boot/boot.scr" >/dev/null
printf 'BOOT_A_LEFT=3\nBOOT_B_LEFT=3\nBOOT_ORDER=A B\n' >"$temporary/env.txt"
mkenvimage -s 0x200 -p 0x00 -o "$boot/uboot.env" "$temporary/env.txt"
vfat "$images/boot.vfat" BOOT 50484f4e "$boot"

# The kernel's slot.
kernel=$temporary/kernel
mkdir "$kernel"
cp "$images/zImage" "$kernel/zImage"
if [ -n "$dtb" ]; then
	cp "$images/$dtb" "$kernel/board.dtb"
fi
vfat "$images/kernel.vfat" KERNEL 50484f4b "$kernel"

# The factory partition: empty, unless somebody says what is in it.
factory=$temporary/factory
mkdir "$factory"
if [ -n "${PHONE_FACTORY:-}" ]; then
	cp -R "$PHONE_FACTORY/." "$factory/"
fi
chmod -R u=rwX,go=rX "$factory"
dated "$factory"
rm -f "$images/factory.ext4"
mke2fs -q -t ext4 -O ^has_journal -m 0 -L factory -U "$(id 6)" -E "hash_seed=$(id 6),root_owner=0:0" \
	-d "$factory" "$images/factory.ext4" 4M

# The root's and the kernel's size are what an update can bring at most.
for limit in kernel.vfat:16 rootfs.squashfs:64; do
	size=$(stat -c %s "$images/${limit%:*}")
	[ "$size" -le $((${limit#*:} * 1048576)) ] || fail "${limit%:*} has $size bytes, its partition ${limit#*:} MiB"
done

loader=
if [ -n "$uboot" ]; then
	loader="	partition u-boot {\\n		in-partition-table = no\\n		image = \"$uboot\"\\n		offset = 1K\\n		size = 2047K\\n	}\\n"
fi
sed -e "s|@UBOOT@|$loader|" -e "s|@DISK@|$(id 0)|" -e "s|@BOOT@|$(id 1)|" \
	-e "s|@KERNEL_A@|$(id 2)|" -e "s|@ROOT_A@|$(id 3)|" \
	-e "s|@KERNEL_B@|$(id 4)|" -e "s|@ROOT_B@|$(id 5)|" \
	-e "s|@FACTORY@|$(id 6)|" -e "s|@DATA@|$(id 7)|" "$here/genimage.cfg" >"$temporary/genimage.cfg"
mkdir "$temporary/empty"
genimage --loglevel 1 --config "$temporary/genimage.cfg" --rootpath "$temporary/empty" \
	--tmppath "$temporary/genimage" --inputpath "$images" --outputpath "$images"

# The bundle. Without a key there is none: a product signs it elsewhere, with
# scripts/bundle.
if [ -r "$keys/sign.key" ]; then
	PHONE_KEYS=$keys PHONE_VERSION=$version "$here/bundle.sh" "$images" "$compatible" "$images/phone.raucb"
else
	echo "post-image.sh: no signing key in $keys, so no bundle: scripts/bundle makes it where the key is"
fi
