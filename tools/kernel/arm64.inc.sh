# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: kernels for arm64, on a machine that is none. Debian's own
# have pages of 4 and 16 KiB; one with 64 KiB is built from source like others. Modules
# are cross-built, and a guest has a busybox of its architecture.
# shellcheck shell=bash

# arm64_words DIR: what print_info is told beside what all kernels have. The busybox is
# below DIR. To sign pointers by the book would take QEMU longer than all the rest.
arm64_words() {
	printf '%s\n' arch=arm64 "cross=$(cross_of arm64)" qemu=qemu-system-aarch64 \
		"board=-M virt" cpu=max,pauth-impdef=on console=ttyAMA0 \
		"busybox=$1/busybox/bin/busybox"
}

# arm64_busybox DIR: of the release that runs here.
arm64_busybox() {
	local suite version

	suite=$(own_release)
	own_update "$suite" arm64
	version=$(own_field "$suite" arm64 busybox-static Version)
	own_unpack "$suite" arm64 "$1/busybox" "busybox-static=$version"
}

# arm64_headers SUITE DIR RELEASE VERSION: the host tools of their build are those of
# this machine's architecture.
arm64_headers() {
	local suite=$1 dir=$2 release=$3 version=$4 p

	for p in "linux-headers-$release" $(depends "$suite" arm64 \
		"linux-headers-$release" | grep -E '^linux-headers-'); do
		own_unpack "$suite" arm64 "$dir" "$p=$version"
	done
	own_update "$suite" amd64
	p=$(depends "$suite" arm64 "linux-headers-$release" | grep '^linux-kbuild-')
	own_unpack "$suite" amd64 "$dir" "$p=$version"
}

# arm64_kernel NAME SUITE FLAVOUR
arm64_kernel() {
	local name=$1 suite=$2 flavour=$3 release version dir words

	need_packages gcc-aarch64-linux-gnu libelf1 libssl3
	own_update "$suite" arm64
	release=$(depends "$suite" arm64 "linux-headers-$flavour" | head -n 1)
	release=${release#linux-headers-}
	version=$(own_field "$suite" arm64 "linux-headers-$release" Version)
	[ -n "$version" ] || die "$suite has no kernel for $flavour"
	dir=$SQ_CACHE/kernels/$name-$version
	if [ ! -s "$dir/info" ]; then
		lock "kernel-$name"
	fi
	if [ ! -s "$dir/info" ]; then
		say "fetching kernel $release"
		rm -rf "$dir" "$dir.tmp"
		suite_image "$suite" arm64 "$dir.tmp" "$release" "$version"
		arm64_headers "$suite" "$dir.tmp/root" "$release" "$version"
		plain_headers "$dir.tmp/root" "$dir/root"
		arm64_busybox "$dir.tmp"
		mapfile -t words < <(arm64_words "$dir")
		print_info name="$name" kdir="$dir/root/usr/src/linux-headers-$release" \
			image="$dir/vmlinuz" release="$release" "${words[@]}" \
			>"$dir.tmp/info"
		mv "$dir.tmp" "$dir"
	fi
	cat "$dir/info"
}
