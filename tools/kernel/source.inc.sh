# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: kernels built from the packaged source, each from
# fragments of a configuration in tools/configs.
# shellcheck shell=bash

SOURCE=linux-source-6.1
# The package has no PREEMPT_RT patch; 6.12 needs none.
RT_SOURCE=linux-source-6.12
CONFIGS=$SQ_TOP/tools/configs

source_tree() {
	local version

	need_packages "$SOURCE" xz-utils patch
	version=$(dpkg-query -W -f '${Version}' "$SOURCE")
	unpack_source "$version"
}

# source_dir VERSION: keyed by our patches as well.
source_dir() {
	local hash

	hash=$(cat "$CONFIGS"/*.patch | sha256sum | cut -c1-12)
	echo "$SQ_CACHE/src/$SOURCE-$1-$hash"
}

# unpack_rt VERSION: the same of the source in the backports, which are not installed.
unpack_rt() {
	local dir=$SQ_CACHE/src/$RT_SOURCE-$1

	if [ ! -f "$dir/Makefile" ]; then
		say "fetching and unpacking $RT_SOURCE $1"
		rm -rf "$dir.tmp" "$dir"
		own_unpack "$(own_release)-backports" amd64 "$dir.tmp/deb" "$RT_SOURCE=$1"
		mkdir "$dir.tmp/src"
		tar -x -C "$dir.tmp/src" --strip-components=1 \
			-f "$dir.tmp/deb/usr/src/$RT_SOURCE.tar.xz"
		mv "$dir.tmp/src" "$dir"
		rm -rf "$dir.tmp"
	fi
	echo "$dir"
}

# unpack_source VERSION: print the folder of the unpacked kernel source. In a shell of its
# own: the lock is held until that ends.
unpack_source() {
	local dir p

	dir=$(source_dir "$1")
	[ -f "$dir/Makefile" ] || lock source
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
	uml-gcov) echo "uml gcov" ;;
	kasan | kcsan) echo "x86 debug $1" ;;
	clients-kasan) echo "x86 debug kasan clients" ;;
	lean) echo "x86 lean" ;;
	crash) echo "x86 lean crash" ;;
	rt-debug) echo "x86 debug rt" ;;
	arm64-64k) echo arm64 ;;
	esac
}

# arch_of NAME, cross_of ARCH: as the kernel's makefiles want it.
arch_of() {
	case $1 in
	uml*) echo um ;;
	arm64*) echo arm64 ;;
	*) echo x86_64 ;;
	esac
}

cross_of() {
	[ "$1" != arm64 ] || echo aarch64-linux-gnu-
}

# image_of ARCH: what a build leaves to be booted.
image_of() {
	case $1 in
	um) echo linux ;;
	arm64) echo arch/arm64/boot/Image ;;
	*) echo arch/x86/boot/bzImage ;;
	esac
}

# kernel_make ARCH SRC OUT ARGUMENTS...
kernel_make() {
	local arch=$1 src=$2 out=$3

	shift 3
	make -C "$src" O="$out" ARCH="$arch" CROSS_COMPILE="$(cross_of "$arch")" "$@"
}

# configure NAME SRC OUT: fragments to .config, each line of them verified.
configure() {
	local name=$1 src=$2 out=$3 arch f
	local frag=$out/squirrel.config

	for f in $(fragments_of "$name"); do
		cat "$CONFIGS/$f.config"
	done >"$frag"
	arch=$(arch_of "$name")
	if [ "$arch" = um ]; then
		kernel_make "$arch" "$src" "$out" -s defconfig
		cat "$frag" >>"$out/.config"
		kernel_make "$arch" "$src" "$out" -s olddefconfig
	else
		kernel_make "$arch" "$src" "$out" -s KCONFIG_ALLCONFIG="$frag" \
			allnoconfig
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
	kernel_make "$arch" "$src" "$out" -j"$SQ_JOBS" "$target" \
		>>"$log" 2>&1 </dev/null || {
		grep -E 'error|Error' "$log" | tail -n 10 >&2 || true
		tail -n 10 "$log" >&2
		die "building kernel $name failed, see $log"
	}
	say "kernel $name built in $((SECONDS - start)) s"
	prune "$out"
}

# source_version NAME: of the source that kernel NAME is built from.
source_version() {
	local suite version

	if [ "$1" != rt-debug ]; then
		dpkg-query -W -f '${Version}' "$SOURCE"
		return
	fi
	suite=$(own_release)-backports
	own_update "$suite" amd64
	version=$(own_field "$suite" amd64 "$RT_SOURCE" Version)
	[ -n "$version" ] || die "$suite has no $RT_SOURCE any more"
	echo "$version"
}

source_kernel() {
	local name=$1 version hash dir src arch image words

	need_packages "$SOURCE" flex bison bc libelf-dev libssl-dev \
		gcc make xz-utils patch cpio rsync kmod
	arch=$(arch_of "$name")
	[ "$arch" != arm64 ] || need_packages gcc-aarch64-linux-gnu
	version=$(source_version "$name")
	hash=$({
		for f in $(fragments_of "$name"); do
			cat "$CONFIGS/$f.config"
		done
		[ ! -e "$CONFIGS/$name.patch" ] || cat "$CONFIGS/$name.patch"
	} | sha256sum | cut -c1-12)
	dir=$SQ_CACHE/kernels/$name-$version-$hash
	if [ ! -s "$dir/info" ]; then
		lock "kernel-$name"
	fi
	if [ ! -s "$dir/info" ]; then
		if [ "$name" = rt-debug ]; then
			src=$(unpack_rt "$version")
		else
			src=$(unpack_source "$version")
		fi
		build_kernel "$name" "$src" "$dir" "$arch"
		image=$dir/build/$(image_of "$arch")
		[ -s "$image" ] || die "the build left no $image"
		words=(arch="$arch")
		if [ "$arch" = arm64 ]; then
			arm64_busybox "$dir"
			mapfile -t words < <(arm64_words "$dir")
		fi
		print_info name="$name" kdir="$dir/build" image="$image" \
			release="$(cat "$dir/build/include/config/kernel.release")" \
			extra="$(find "$dir/build" -name kunit.ko)" "${words[@]}" \
			>"$dir/info.tmp"
		mv "$dir/info.tmp" "$dir/info"
	fi
	cat "$dir/info"
}
