# SPDX-License-Identifier: GPL-2.0
# Sourced by test-clients.sh: where a client's source comes from, how it is built, and
# what of the host's programs goes into its guest. A client is a folder of
# selftests/clients with
#
#	client.inc.sh	read here: what there is to fetch, build and load
#	work.inc.sh	read in the guest: what it is to do there
#
# client.inc.sh sets
#
#	PACKAGES	whose programs are needed, here or in the guest
#	PROGRAMS	of them, those for the guest
#	FOLDERS		of its source, those to build, each with a Makefile or Kbuild
#	MODULES		what is built, in the order in which it is loaded
#	NEEDS		modules of the kernel that its work needs besides
#	CACHES		names that it gives its caches
#
#	KNOWN		what the kernel says because of the client as it is shipped, on
#	KNOWN_AT	SLUB too, if there is such a thing: the first line, and the
#			client's function (known.awk); it is no failure
#
# and has client_source DIR, which leaves the source there, as it is shipped; and, if need
# be, client_guest STAGE, which puts more into what the guest boots.
#
# SQ_FORM says by what it is redirected: "object" (default), "kmalloc" (the same, with
# kmalloc() and its relatives), or "header".
# shellcheck shell=bash

built=$SQ_BUILD/$K_NAME
form=${SQ_FORM:-object}
case $form in
object | kmalloc | header) ;;
*) die "FORM is object, kmalloc or header, not '$form'" ;;
esac
CLIENTS=$SQ_TOP/selftests/clients

# from_kernel DIR PATH...: of the kernel's source.
from_kernel() {
	local dir=$1 src

	shift
	src=$("$SQ_TOP/tools/kernel.sh" source) || exit 1
	mkdir -p "$dir"
	(cd "$src" && cp -r "$@" "$dir/")
}

# from_package DIR PACKAGE: what it has in /usr/src. It is unpacked and not
# installed: it would be built for the kernel that runs here.
from_package() {
	local dir

	dir=$(package "$2") || exit 1
	mkdir -p "$1"
	cp -r "$dir"/usr/src/*/. "$1/"
}

# package NAME: the folder it is unpacked in.
package() {
	local dir=$SQ_CACHE/clients/$1

	if [ ! -d "$dir" ]; then
		say "fetching $1"
		unpack_package "$dir.tmp.$$" "$1"
		mv "$dir.tmp.$$" "$dir"
	fi
	echo "$dir"
}

unpack_package() {
	local dir=$1 pkg=$2

	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && apt-get -qq download "$pkg" >/dev/null 2>&1) || {
		apt_quiet update || die "apt-get update failed"
		(cd "$dir" && apt-get -qq download "$pkg") ||
			die "no package $pkg to be had"
	}
	dpkg-deb -x "$dir"/*.deb "$dir"
	rm "$dir"/*.deb
}

# Of what a build was made: the client, what it is redirected by, the kernel.
stamp() {
	local side=$1

	echo "$K_DIR $(stat -c %Y "$K_DIR/include/config/auto.conf")"
	sha256sum <"$CLIENTS/$CLIENT/client.inc.sh"
	[ "$side" = slub ] || {
		echo "$form"
		cat "$SQ_TOP"/include/squirrel/* "$built/Module.symvers"
	} | sha256sum
}

# redirect DIR: the line that a client's author would write, for its objects or for
# its sources.
redirect() {
	local f=$1/Makefile fragment=dropin.mk

	[ ! -f "$1/Kbuild" ] || f=$1/Kbuild
	[ "$form" != header ] || fragment=kmem_cache.mk
	echo >>"$f"
	[ "$form" != kmalloc ] || echo 'squirrel-dropin-kmalloc := y' >>"$f"
	echo "include $built/include/squirrel/$fragment" >>"$f"
}

# build_client SIDE: the client of client.inc.sh in build/clients/KERNEL/CLIENT/SIDE,
# on squirrel or as it is.
build_client() {
	local side=$1 dir=$SQ_BUILD/clients/$K_NAME/$CLIENT/$1 folder symbols

	if [ "$(cat "$dir/stamp" 2>/dev/null)" = "$(stamp "$side")" ]; then
		return
	fi
	say "building $CLIENT for $side"
	rm -rf "$dir"
	mkdir -p "$dir"
	client_source "$dir"
	symbols=$built/Module.symvers
	for folder in $FOLDERS; do
		[ "$side" = slub ] || redirect "$dir/$folder"
		make -s -C "$K_DIR" ARCH="$K_ARCH" M="$dir/$folder" \
			KBUILD_EXTRA_SYMBOLS="$symbols" -j"$SQ_JOBS" \
			modules >"$dir/log" 2>&1 </dev/null || {
			grep -E 'error|Error' "$dir/log" | head -n 20 >&2 || true
			die "building $CLIENT for $side failed, see $dir/log"
		}
		symbols+=" $dir/$folder/Module.symvers"
	done
	stamp "$side" >"$dir/stamp"
}

# put_program STAGE PATH [AS]: with the libraries that it asks for, all of which have to be here.
put_program() {
	local lib libs missing

	[ -x "$2" ] || die "there is no $2 here: a package that has it is missing from PACKAGES"
	libs=$(ldd "$2" 2>/dev/null || true)
	missing=$(awk '/=> not found/ { print $1 }' <<<"$libs" | xargs)
	[ -z "$missing" ] || die "$2 asks for $missing, and that is not here: a package that has it" \
		"is missing from the list"
	install -D "$2" "$1/usr/bin/${3:-$(basename "$2")}"
	grep -o '/[^ ]*' <<<"$libs" | sort -u |
		while read -r lib; do
			[ -e "$1$lib" ] || install -D "$lib" "$1$lib"
		done
}

# put_needs STAGE MODULE...: modules of the kernel, and those that they need in turn.
put_needs() {
	local stage=$1 lib to m path

	shift
	lib=$("$SQ_TOP/tools/modules.sh" "$K_NAME") || exit 1
	to=$stage/lib/modules/$K_RELEASE
	mkdir -p "$to"
	cp "$lib"/modules.{builtin,order} "$to/"
	[ ! -e "$lib/modules.builtin.modinfo" ] || cp "$lib/modules.builtin.modinfo" "$to/"
	for m in "$@"; do
		modprobe -d "${lib%/lib/modules/*}" -S "$K_RELEASE" \
			--show-depends "$m" 2>/dev/null || echo "builtin $m"
	done | awk '$1 == "insmod" { print $2 }' | sort -u |
		while read -r path; do
			install -D "$path" "$to/${path#"$lib"/}"
		done
	depmod -b "$stage" "$K_RELEASE"
}

# needs_of MODULE...: modules of the kernel that those just built name. A file may be
# called dm-bufio.ko, and its module dm_bufio.
needs_of() {
	local m own

	own=" squirrel squirrel_dropin $(basename -a -s .ko "$@" | tr -- '-\n' '_ ')"
	for m in "$@"; do
		modinfo -F depends "$m" | tr ',' '\n'
		modinfo -F softdep "$m" | tr ' ' '\n' | grep -v ':' || true
	done | grep . | sort -u | while read -r m; do
		[[ $own == *" ${m//-/_} "* ]] || echo "$m"
	done
}
