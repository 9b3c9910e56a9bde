# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of tools/: messages, cache folder, packages.
# shellcheck shell=bash

set -euo pipefail
export LC_ALL=C

# shellcheck disable=SC2034 # for the scripts that source this one
SQ_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SQ_CACHE=${SQUIRREL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/squirrel}
# shellcheck disable=SC2034
SQ_BUILD=$SQ_TOP/build
# shellcheck disable=SC2034
SQ_JOBS=$(nproc)

say() {
	printf '== %s\n' "$*" >&2
}

die() {
	printf 'squirrel: %s\n' "$*" >&2
	exit 1
}

# as_root CMD...: run CMD as root, by sudo where we are not.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root: $*"
	fi
}

# lock NAME: hold the lock NAME of the cache until this process ends.
lock() {
	local fd

	mkdir -p "$SQ_CACHE"
	exec {fd}>"$SQ_CACHE/$1.lock"
	if ! flock -n "$fd"; then
		say "another run holds the $1 lock, waiting"
		flock "$fd"
	fi
}

have_package() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_quiet() {
	local log=$SQ_CACHE/apt.log

	mkdir -p "$SQ_CACHE"
	if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=600 "$@" >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		return 1
	fi
}

# need_packages NAME...: install by apt what is missing, and say what.
# The lists are fetched only when an install without that fails.
need_packages() {
	local missing=() p

	command -v dpkg-query >/dev/null ||
		die "not a Debian system; these packages are needed: $*"
	for p in "$@"; do
		have_package "$p" || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	say "installing missing packages: ${missing[*]}"
	apt_quiet install --no-install-recommends "${missing[@]}" 2>/dev/null &&
		return 0
	apt_quiet update || die "apt-get update failed"
	apt_quiet install --no-install-recommends "${missing[@]}" ||
		die "could not install: ${missing[*]}"
}

# files_in PATTERN FOLDER...: the files of that name in those of the folders that are
# there, sorted by folder; none that a build leaves.
files_in() {
	local pattern=$1 part

	shift
	for part in "$@"; do
		[ ! -d "$part" ] ||
			find "$part" -name "$pattern" ! -name '*.mod.c' | sort
	done
}

# own_warnings LOG FOLDER: the lines of a build's LOG in which the compiler, or sparse, has
# something to say about a file of ours, built in FOLDER. Headers of the kernel may say
# what they like. Fails if there is none.
own_warnings() {
	grep -E '(warning|error):' "$1" | sed "s,$2/,,g" |
		grep -E '(^|[[:space:]])(\./)*(src|include/squirrel|kunit|samples|selftests)/'
}

# last_line LOG: the last one with something in it.
last_line() {
	grep -a . "$1" 2>/dev/null | tail -n 1 | tr -d '\r' | cut -c1-200
}

# load_kernel NAME: get test kernel NAME and set the K_* variables about it:
#
#	K_NAME, K_RELEASE  what it is called, here and by itself
#	K_ARCH, K_CROSS    ARCH and CROSS_COMPILE for its makefiles
#	K_DIR              the tree to build modules against
#	K_ROOT             if not empty, a Debian that has to be built in, of which
#	                   K_DIR is part; see build.sh
#	K_IMAGE            what QEMU boots, or what runs
#	K_EXTRA            modules of the kernel itself that a guest has to load first
#	K_QEMU, K_CONSOLE  which QEMU, and the name of its serial line
#	K_BOARD, K_CPU     the machine and the CPU that it is
#	K_BUSYBOX          the static busybox of a guest
# shellcheck disable=SC2034 # for the scripts that source this one
load_kernel() {
	local name='' arch='' kdir='' image='' release='' extra='' cross='' root=''
	local qemu=qemu-system-x86_64 console=ttyS0 board='' cpu=max
	local busybox=/bin/busybox info

	info=$("$SQ_TOP/tools/kernel.sh" "$1") || exit 1
	eval "$info"
	K_NAME=$name
	K_ARCH=$arch
	K_CROSS=$cross
	K_DIR=$kdir
	K_ROOT=$root
	K_IMAGE=$image
	K_RELEASE=$release
	K_EXTRA=$extra
	K_QEMU=$qemu
	K_CONSOLE=$console
	K_BOARD=$board
	K_CPU=$cpu
	K_BUSYBOX=$busybox
}

# need_qemu: for the kernel that was loaded. Another architecture is always emulated.
need_qemu() {
	case $K_ARCH in
	arm64)
		need_packages qemu-system-arm
		export SQ_ACCEL=tcg
		;;
	*) need_packages qemu-system-x86 ;;
	esac
}

# build_client FOLDER KERNEL: a client's modules, in its folder, for that kernel, which was
# loaded, and for which squirrel was built. SQ_CLIENT_MODULES are they.
build_client() {
	[ -f "$1/Kbuild" ] || [ -f "$1/Makefile" ] || die "CLIENT=$1 has no Kbuild"
	[ -z "$K_ROOT" ] || die "CLIENT is for a kernel whose compiler is this machine's"
	say "building $1 for $K_NAME"
	make -s -C "$K_DIR" ARCH="$K_ARCH" ${K_CROSS:+CROSS_COMPILE="$K_CROSS"} \
		SQUIRREL_SYMVERS="$SQ_BUILD/$2/Module.symvers" \
		M="$(realpath "$1")" modules || die "$1 could not be built"
	SQ_CLIENT_MODULES=$(find "$(realpath "$1")" -name '*.ko')
	export SQ_CLIENT_MODULES
}
