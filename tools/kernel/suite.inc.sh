# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: kernels as Debian ships them in other suites. Image and
# headers are unpacked in the cache, nothing is installed. Which version: the newest
# that the suite has.
# shellcheck shell=bash

# suite_kernel NAME SUITE FLAVOUR: of the series in NAME.
suite_kernel() {
	local name=$1 suite=$2 flavour=$3 arch=amd64
	local series=${1#rt-} release version dir root='' wants

	own_update "$suite" "$arch"
	release=$(own_field "$suite" "$arch" "linux-headers-$flavour" Depends |
		grep -oE "linux-headers-[0-9][^ ,]*" | head -n 1) || true
	release=${release#linux-headers-}
	[[ $release == "$series".* ]] ||
		die "$suite has no kernel $series for $flavour any more: ${release:-none}"
	version=$(own_field "$suite" "$arch" "linux-headers-$release" Version)
	dir=$SQ_CACHE/kernels/$name-$version
	[ "$suite" = "$(own_release)-backports" ] || root=$dir/root
	if [ ! -s "$dir/info" ]; then
		lock "kernel-$name"
	fi
	if [ ! -s "$dir/info" ]; then
		say "fetching kernel $release"
		as_root rm -rf "$dir" "$dir.tmp"
		suite_image "$suite" "$arch" "$dir.tmp" "$release" "$version"
		wants=$(root_packages "$suite" "$arch" "$release")
		# shellcheck disable=SC2086 # words
		if [ -n "$root" ]; then
			make_root "${suite%-backports}" "$dir.tmp/root" make sparse $wants
		else
			need_packages $wants
		fi
		suite_headers "$suite" "$arch" "$dir.tmp/root" "$release" "$version"
		[ -n "$root" ] || plain_headers "$dir.tmp/root" "$dir/root"
		print_info name="$name" arch=x86_64 \
			kdir="${root:-$dir/root}/usr/src/linux-headers-$release" \
			image="$dir/vmlinuz" release="$release" root="$root" \
			>"$dir.tmp/info"
		mv "$dir.tmp" "$dir"
	fi
	cat "$dir/info"
}

# suite_image SUITE ARCH DIR RELEASE VERSION: its bootable file as DIR/vmlinuz. Newer
# kernels have a package for that alone.
suite_image() {
	local suite=$1 arch=$2 dir=$3 release=$4 version=$5 pkg=linux-image-$4 found

	[ -z "$(own_field "$suite" "$arch" "linux-binary-$release" Package)" ] ||
		pkg=linux-binary-$release
	mkdir -p "$dir"
	own_unpack "$suite" "$arch" "$dir/image" "$pkg=$version"
	found=$(find "$dir/image" -type f -name 'vmlinu[xz]*' | head -n 1)
	[ -n "$found" ] || die "$pkg has no bootable file"
	mv "$found" "$dir/vmlinuz"
	rm -rf "$dir/image"
}

# depends SUITE ARCH PACKAGE: the names of what it depends on, the first of each choice.
depends() {
	own_field "$1" "$2" "$3" Depends | tr ',' '\n' | sed -E 's/^ *([^ ]+).*/\1/'
}

# root_packages SUITE ARCH RELEASE: what the headers of the kernel want of the system
# they are used on, beside its own packages: a compiler, and what the host tools of its
# build are linked with.
root_packages() {
	local p

	for p in $(depends "$1" "$2" "linux-headers-$3"); do
		case $p in
		linux-kbuild-*) depends "$1" "$2" "$p" ;;
		linux-*) ;;
		*) echo "${p%-for-host}" ;;
		esac
	done
}

# suite_headers SUITE ARCH DIR RELEASE VERSION: and what of other packages they need to
# build a module, as they say themselves.
suite_headers() {
	local suite=$1 arch=$2 dir=$3 p wanted=()

	for p in "linux-headers-$4" $(depends "$suite" "$arch" "linux-headers-$4" |
		grep -E '^linux-(headers|kbuild)-'); do
		wanted+=("$p=$5")
	done
	own_unpack "$suite" "$arch" "$dir" "${wanted[@]}"
}

# plain_headers DIR FINAL: where their makefiles name each other from the root of the
# file system, they are told that they are in FINAL.
plain_headers() {
	grep -lIE '/usr/(src|lib)/linux-' "$1"/usr/src/*/Makefile \
		"$1"/usr/src/*/.kernelvariables 2>/dev/null |
		xargs -r sed -i -E "s,(^|[ =])(/usr/(src|lib)/linux-),\1$2\2,g"
}
