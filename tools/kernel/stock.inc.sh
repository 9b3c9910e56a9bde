# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: the system's own kernels, from its packages.
# shellcheck shell=bash

# stock_kernel NAME FLAVOUR: an image and headers of the same version. The headers are
# installed; of the image only the bootable file is unpacked, into the cache.
stock_kernel() {
	local name=$1 meta=linux-headers-$2 pkg release version dir deb

	need_packages "$meta"
	pkg=$(dpkg-query -W -f '${Depends}' "$meta")
	pkg=${pkg%% *}
	release=${pkg#linux-headers-}
	version=$(dpkg-query -W -f '${Version}' "$pkg")
	dir=$SQ_CACHE/kernels/$name-$version
	if [ ! -s "$dir/vmlinuz" ]; then
		lock "kernel-$name"
	fi
	if [ ! -s "$dir/vmlinuz" ]; then
		say "fetching linux-image-$release $version"
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		fetch_image "$dir.tmp" "$release" "$version" "$meta"
		deb=$(echo "$dir.tmp"/*.deb)
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$dir.tmp" --strip-components=2 \
				"./boot/vmlinuz-$release" "./boot/config-$release"
		mv "$dir.tmp/vmlinuz-$release" "$dir.tmp/vmlinuz"
		rm "$deb"
		rm -rf "$dir"
		mv "$dir.tmp" "$dir"
	fi
	print_info name="$name" arch=x86_64 kdir="/usr/src/linux-headers-$release" \
		image="$dir/vmlinuz" release="$release"
}

fetch_image() {
	local want=linux-image-$2=$3

	(cd "$1" && apt-get -qq download "$want" >/dev/null 2>&1) && return
	apt_quiet update || die "apt-get update failed"
	(cd "$1" && apt-get -qq download "$want") ||
		die "no $want to be had; upgrade $4 and try again"
}
