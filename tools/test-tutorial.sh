#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-tutorial.sh: what Documentation/tutorial.rst tells to do: its client's two files, built
# as there, and what it says of them in the stock kernel.
. "$(dirname "$0")/lib.sh"

rst=$SQ_TOP/Documentation/tutorial.rst
work=$SQ_BUILD/tutorial
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev libc6-dev

# listing WORDS: the indented lines after the one that has WORDS in it and ends with ::
listing() {
	awk -v words="$1" '
		on && /^[^ ]/ { exit }
		on { sub(/^    /, ""); gsub(/        /, "\t"); print }
		index($0, words) && /::$/ { on = 1 }
		index($0, words) && !/::$/ { soon = 1; next }
		soon && /::$/ { on = 1 }' "$rst"
}

rm -rf "$work"
mkdir -p "$work/winter"
listing '``winter.c``' >"$work/winter/winter.c"
listing 'and ``Kbuild``' | sed "s,^include .*/include/,include $SQ_TOP/include/," \
	>"$work/winter/Kbuild"
"$SQ_TOP/tools/build.sh" stock
load_kernel stock
build_client "$work/winter" stock
export SQ_TIMEOUT=${SQ_TIMEOUT:-200}
"$SQ_TOP/tools/job.sh" stock tutorial
