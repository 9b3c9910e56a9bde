#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# modules.sh KERNEL: make sure that the modules of test kernel KERNEL itself are in the
# cache, and print the folder that is its /lib/modules/RELEASE. A stock kernel's come
# from its package (some 300 MiB unpacked), those of others from where it was built.
. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: tools/modules.sh KERNEL"
load_kernel "$1"
need_packages kmod

# of_package DIR: the package that the image is from, of the same version.
of_package() {
	local pkg=linux-image-$K_RELEASE version deb

	version=$(dpkg-query -W -f '${Version}' "linux-headers-$K_RELEASE")
	say "fetching the modules of $pkg $version"
	(cd "$1" && apt-get -qq download "$pkg=$version" >/dev/null 2>&1) ||
		die "no $pkg=$version to be had"
	deb=$(echo "$1"/*.deb)
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x -C "$1" --wildcards './lib/modules/*' './usr/lib/modules/*' \
			2>/dev/null || true
	rm "$deb"
	[ ! -d "$1/usr/lib/modules" ] || mv "$1/usr/lib" "$1/lib"
}

# of_build DIR: beside the objects of the kernel.
of_build() {
	local to=$1/lib/modules/$K_RELEASE

	mkdir -p "$to/kernel"
	(cd "$K_DIR" && find . -name '*.ko' -print0 | cpio -0 --quiet -pdm "$to/kernel")
	cp "$K_DIR"/modules.{builtin,builtin.modinfo,order} "$to/"
}

dir=$(dirname "$K_IMAGE")
[ "$K_DIR" != "${K_IMAGE%/arch/*}" ] || dir=$(dirname "$K_DIR")
dir=$dir/modules
if [ ! -d "$dir" ]; then
	lock modules
fi
if [ ! -d "$dir" ]; then
	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp"
	case $K_NAME in
	stock | rt) of_package "$dir.tmp" ;;
	*) of_build "$dir.tmp" ;;
	esac
	[ -d "$dir.tmp/lib/modules/$K_RELEASE" ] ||
		die "there are no modules of $K_NAME $K_RELEASE"
	depmod -b "$dir.tmp" "$K_RELEASE"
	mv "$dir.tmp" "$dir"
fi
echo "$dir/lib/modules/$K_RELEASE"
