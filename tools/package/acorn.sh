#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# acorn.sh SQUIRREL_DKMS_DEB DIR: the package acorn-dkms, made in DIR from the example in
# the package of squirrel, as who reads it there would.
. "$(dirname "$0")/../lib.sh"

[ $# -eq 2 ] || die "usage: tools/package/acorn.sh SQUIRREL_DKMS_DEB DIR"
need_packages dpkg-dev debhelper dh-dkms
rm -rf "$2"
mkdir -p "$2"
dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --strip-components=6 \
	./usr/share/doc/squirrel-dkms/examples/acorn-dkms
(cd "$2/acorn-dkms" && dpkg-buildpackage -us -uc -b) >"$2/build.log" 2>&1 || {
	tail -n 20 "$2/build.log" >&2
	die "acorn-dkms could not be built; log: $2/build.log"
}
echo "$2"/acorn-dkms_*_all.deb
