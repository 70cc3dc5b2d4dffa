#!/bin/sh
# Makes a signed update bundle from kernel.vfat and rootfs.squashfs.
#
#	bundle.sh IMAGES_DIR COMPATIBLE BUNDLE
#
# Environment: PHONE_KEYS     directory with ca.pem, sign.pem, and sign.key, unless
#              PHONE_SIGN_KEY says where the key is: a file, or a PKCS#11 URI
#              PHONE_VERSION  version of the firmware
set -eu

usage="usage: bundle.sh IMAGES_DIR COMPATIBLE BUNDLE"
images=$(cd "${1:?$usage}" && pwd)
compatible=${2:?$usage}
bundle=${3:?$usage}
keys=${PHONE_KEYS:?}
key=${PHONE_SIGN_KEY:-$keys/sign.key}

content=$(mktemp -d "${BUILD_DIR:-$images}/bundle.XXXXXX")
trap 'rm -rf "$content"' EXIT
cp "$images/kernel.vfat" "$content/kernel.vfat"
cp "$images/rootfs.squashfs" "$content/rootfs.squashfs"
cat >"$content/manifest.raucm" <<END
[update]
compatible=$compatible
version=${PHONE_VERSION:?}

[bundle]
format=verity

[image.rootfs]
filename=rootfs.squashfs

[image.kernel]
filename=kernel.vfat
END
rm -f "$bundle"
rauc --cert="$keys/sign.pem" --key="$key" --keyring="$keys/ca.pem" bundle "$content" "$bundle"
