#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build.sh KERNEL [MAKE ARGUMENTS...]: build all modules for test kernel KERNEL
# in build/KERNEL. Kbuild leaves its objects beside the sources, so each kernel
# gets a copy of them; only what changed is copied, a second build is short.
# With KDIR in the environment that tree is built against. SQ_TAG names the
# folder in build/ otherwise than KERNEL.
. "$(dirname "$0")/lib.sh"

[ $# -ge 1 ] || die "usage: tools/build.sh KERNEL [make arguments]"
kernel=$1
shift
need_packages make gcc rsync

arch=x86_64
cross=
root=
if [ -n "${KDIR:-}" ]; then
	kdir=$KDIR
	[ -f "$kdir/Makefile" ] || die "KDIR=$kdir is not a kernel build tree"
else
	load_kernel "$kernel"
	arch=$K_ARCH
	cross=$K_CROSS
	kdir=$K_DIR
	root=$K_ROOT
fi
dir=$SQ_BUILD/${SQ_TAG:-$kernel}

# Objects made for another kernel tree, or another configuration of it, are of
# no use: their dependencies are named relative to the tree.
mark="$kdir $(stat -c %Y "$kdir/include/config/auto.conf" 2>/dev/null || true)"
if [ -d "$dir" ] && [ "$(cat "$dir/.squirrel-kdir" 2>/dev/null)" != "$mark" ]; then
	rm -rf "$dir"
fi
"$SQ_TOP/tools/sync.sh" "$dir"
echo "$mark" >"$dir/.squirrel-kdir"

# Where the tree is part of another Debian, that one's compiler is the one it wants.
run=()
[ -z "$root" ] || run=("$SQ_TOP/tools/in-root.sh" "$root" "$dir")

say "building squirrel for $kernel"
"${run[@]}" make -s -C "${kdir#"$root"}" ARCH="$arch" ${cross:+CROSS_COMPILE="$cross"} \
	M="$dir" -j"$SQ_JOBS" "$@" modules 2>&1 |
	{ grep -v '^Skipping BTF generation' || true; }
