#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh NAME: make sure that test kernel NAME is in the cache and print
# what a caller needs to build modules for it and to boot it, as shell
# assignments: name, arch, kdir, image, release, extra (modules of the kernel
# itself that a guest has to load first).
#
#   stock   Debian's own kernel and headers, from packages
#   uml     user-mode Linux 6.1, runs natively, one CPU
#   kasan   x86-64 6.1 with KASAN, lockdep, atomic-sleep checks, kmemleak
#   kcsan   x86-64 6.1 with KCSAN and the same checks
#   lean    x86-64 6.1 without any debug code
#
# kernel.sh source prints the folder of the unpacked kernel source instead.
. "$(dirname "$0")/lib.sh"

SOURCE=linux-source-6.1
CONFIGS=$SQ_TOP/tools/configs

usage() {
	die "usage: tools/kernel.sh stock|uml|kasan|kcsan|lean|source"
}

# A stock kernel is an image and headers of the same version. The headers are
# installed; of the image only the bootable file is unpacked, into the cache.
stock_kernel() {
	local pkg release version dir deb

	need_packages linux-headers-amd64
	pkg=$(dpkg-query -W -f '${Depends}' linux-headers-amd64)
	pkg=${pkg%% *}
	release=${pkg#linux-headers-}
	version=$(dpkg-query -W -f '${Version}' "$pkg")
	dir=$SQ_CACHE/kernels/stock-$version
	if [ ! -s "$dir/vmlinuz" ]; then
		lock kernel
	fi
	if [ ! -s "$dir/vmlinuz" ]; then
		say "fetching linux-image-$release $version"
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		fetch_image "$dir.tmp" "$release" "$version"
		deb=$(echo "$dir.tmp"/*.deb)
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$dir.tmp" --strip-components=2 \
				"./boot/vmlinuz-$release" "./boot/config-$release"
		mv "$dir.tmp/vmlinuz-$release" "$dir.tmp/vmlinuz"
		rm "$deb"
		rm -rf "$dir"
		mv "$dir.tmp" "$dir"
	fi
	print_info stock x86_64 "/usr/src/linux-headers-$release" \
		"$dir/vmlinuz" "$release" ""
}

fetch_image() {
	local want=linux-image-$2=$3

	(cd "$1" && apt-get -qq download "$want" >/dev/null 2>&1) && return
	apt_quiet update || die "apt-get update failed"
	(cd "$1" && apt-get -qq download "$want") ||
		die "no $want to be had; upgrade linux-headers-amd64 and try again"
}

print_info() {
	printf 'name=%q\narch=%q\nkdir=%q\nimage=%q\nrelease=%q\nextra=%q\n' "$@"
}

source_tree() {
	local version

	need_packages "$SOURCE" xz-utils patch
	version=$(dpkg-query -W -f '${Version}' "$SOURCE")
	[ -f "$(source_dir "$version")/Makefile" ] || lock kernel
	unpack_source "$version"
}

# source_dir VERSION: keyed by our patches as well.
source_dir() {
	local hash

	hash=$(cat "$CONFIGS"/*.patch | sha256sum | cut -c1-12)
	echo "$SQ_CACHE/src/$SOURCE-$1-$hash"
}

# unpack_source VERSION: print the folder of the unpacked kernel source. The
# caller holds the kernel lock, unless it is there already.
unpack_source() {
	local dir p

	dir=$(source_dir "$1")
	if [ ! -f "$dir/Makefile" ]; then
		say "unpacking $SOURCE $1"
		rm -rf "$dir.tmp" "$dir"
		mkdir -p "$dir.tmp"
		tar -x -C "$dir.tmp" --strip-components=1 \
			-f "/usr/src/$SOURCE.tar.xz"
		for p in "$CONFIGS"/*.patch; do
			patch -s -p1 -d "$dir.tmp" <"$p" >&2 ||
				die "${p##*/} does not fit $SOURCE $1"
		done
		mv "$dir.tmp" "$dir"
	fi
	echo "$dir"
}

fragments_of() {
	case $1 in
	uml) echo uml ;;
	kasan | kcsan) echo "x86 debug $1" ;;
	lean) echo "x86 lean" ;;
	esac
}

# configure NAME SRC OUT: fragments to .config, each line of them verified.
configure() {
	local name=$1 src=$2 out=$3 f
	local frag=$out/squirrel.config

	for f in $(fragments_of "$name"); do
		cat "$CONFIGS/$f.config"
	done >"$frag"
	if [ "$name" = uml ]; then
		make -s -C "$src" O="$out" ARCH=um defconfig
		cat "$frag" >>"$out/.config"
		make -s -C "$src" O="$out" ARCH=um olddefconfig
	else
		make -s -C "$src" O="$out" KCONFIG_ALLCONFIG="$frag" allnoconfig
	fi
	"$SQ_TOP/tools/configcheck.sh" "$frag" "$out/.config"
}

# What only an incremental build of the kernel would need again.
prune() {
	find "$1" \( -path "$1/scripts" -o -path "$1/tools" \) -prune -o \
		-type f \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \
		-o -name '.tmp_*' \) -exec rm -f {} +
	rm -f "$1/vmlinux.o" "$1/.tmp_vmlinux"*
}

build_kernel() {
	local name=$1 src=$2 dir=$3 arch=$4
	local out=$dir/build log=$dir/build.log start=$SECONDS target

	target=all
	rm -rf "$dir"
	mkdir -p "$out"
	say "configuring kernel $name"
	configure "$name" "$src" "$out" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "configuring kernel $name failed, see $log"
	}
	say "building kernel $name (some minutes; log: $log)"
	make -C "$src" O="$out" ARCH="$arch" -j"$SQ_JOBS" "$target" \
		>>"$log" 2>&1 </dev/null || {
		grep -E 'error|Error' "$log" | tail -n 10 >&2 || true
		tail -n 10 "$log" >&2
		die "building kernel $name failed, see $log"
	}
	say "kernel $name built in $((SECONDS - start)) s"
	prune "$out"
}

source_kernel() {
	local name=$1 version hash dir src arch=x86_64 image

	need_packages "$SOURCE" flex bison bc libelf-dev libssl-dev \
		gcc make xz-utils patch cpio rsync kmod
	[ "$name" = uml ] && arch=um
	version=$(dpkg-query -W -f '${Version}' "$SOURCE")
	hash=$({
		for f in $(fragments_of "$name"); do
			cat "$CONFIGS/$f.config"
		done
		[ ! -e "$CONFIGS/$name.patch" ] || cat "$CONFIGS/$name.patch"
	} | sha256sum | cut -c1-12)
	dir=$SQ_CACHE/kernels/$name-$version-$hash
	if [ ! -s "$dir/info" ]; then
		lock kernel
	fi
	if [ ! -s "$dir/info" ]; then
		src=$(unpack_source "$version")
		build_kernel "$name" "$src" "$dir" "$arch"
		image=$dir/build/arch/x86/boot/bzImage
		[ "$arch" = um ] && image=$dir/build/linux
		[ -s "$image" ] || die "the build left no $image"
		print_info "$name" "$arch" "$dir/build" "$image" \
			"$(cat "$dir/build/include/config/kernel.release")" \
			"$(find "$dir/build" -name kunit.ko)" >"$dir/info.tmp"
		mv "$dir/info.tmp" "$dir/info"
	fi
	cat "$dir/info"
}

case ${1:-} in
stock) stock_kernel ;;
source) source_tree ;;
uml | kasan | kcsan | lean) source_kernel "$1" ;;
*) usage ;;
esac
