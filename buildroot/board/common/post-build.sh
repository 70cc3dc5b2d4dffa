#!/bin/sh
# What is done to the root file system before it becomes an image: Buildroot calls
# it with the target directory and BR2_ROOTFS_POST_SCRIPT_ARGS, which is the
# board's directory beside this file. It also runs on any other root directory
# that this overlay was copied over, such as the emulator's.
#
#	post-build.sh TARGET_DIR BOARD
#
# Environment: PHONE_KEYS       directory with ca.pem (scripts/keys makes one)
#              PHONE_VERSION    version of the firmware
#              PHONE_FLOOR      oldest version that may be installed over it
#              SOURCE_DATE_EPOCH  the build's time, in seconds
# shellcheck disable=SC2154 # image.conf sets the board's words
set -eu

target=${1:?usage: post-build.sh TARGET_DIR BOARD}
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/../${2:?usage: post-build.sh TARGET_DIR BOARD}/image.conf"
overlay=$here/rootfs-overlay
keys=${PHONE_KEYS:-$here/../../../build/keys}
version=${PHONE_VERSION:-0.0.0}
epoch=${SOURCE_DATE_EPOCH:-$(date +%s)}

fail() {
	echo "post-build.sh: $1" >&2
	exit 1
}

# Only our init scripts run: packages bring some for services that this phone
# starts in another way, or not at all.
for script in "$target"/etc/init.d/S*; do
	if [ ! -e "$overlay/etc/init.d/${script##*/}" ] && [ ! -e "$here/../${2}/rootfs-overlay/etc/init.d/${script##*/}" ]; then
		rm -f "$script"
	fi
done
chmod 0755 "$target"/etc/init.d/rc? "$target"/etc/init.d/S* "$target"/usr/libexec/phone*
chmod 0600 "$target/etc/shadow"
rm -f "$target"/data/.empty "$target"/factory/.empty "$target"/boot/.empty

# The root is read-only: what changes is on the data partition or in memory.
rm -rf "${target:?}/var"
mkdir -p "$target/var" "$target/proc" "$target/sys" "$target/dev" "$target/run" "$target/tmp"
for name in cache log spool tmp; do
	ln -s ../tmp "$target/var/$name"
done
ln -s ../run "$target/var/run"
ln -s ../run/lock "$target/var/lock"
ln -s ../data/lib "$target/var/lib"
ln -sf /run/resolv.conf "$target/etc/resolv.conf"
rm -f "$target/etc/mtab" "$target/etc/machine-id"
ln -s ../proc/self/mounts "$target/etc/mtab"
ln -s ../data/lib/dbus/machine-id "$target/etc/machine-id"

# The board.
sed -i -e "s|@BOARD@|$board|" -e "s|@AUDIO@|$audio|" "$target/etc/phoned/keep.conf"
sed -i -e "s|@COMPATIBLE@|$compatible|" "$target/etc/rauc/system.conf"

# Whose firmware is let in. An image without that could never be updated.
[ -r "$keys/ca.pem" ] || fail "there is no $keys/ca.pem: scripts/keys makes keys, or set PHONE_KEYS"
if grep -q 'PRIVATE KEY' "$keys/ca.pem"; then
	fail "$keys/ca.pem holds a private key: it must not go into an image"
fi
install -m 0644 "$keys/ca.pem" "$target/etc/rauc/keyring.pem"
if [ -n "${PHONE_FLOOR:-}" ]; then
	printf '%s\n' "$PHONE_FLOOR" >"$target/etc/rauc/floor"
fi

# S02clock takes this file's time for the earliest that can be.
cat >"$target/etc/phone-release" <<END
NAME=phoned
VERSION=$version
COMPATIBLE=$compatible
END
touch -d "@$epoch" "$target/etc/phone-release"
