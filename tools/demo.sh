#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo.sh: three minutes of squirrel in the stock kernel, nobody typing; and the same as
# Documentation/demo.svg, README's picture of it.
. "$(dirname "$0")/lib.sh"

need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev libc6-dev
"$SQ_TOP/tools/build.sh" stock
export SQ_TIMEOUT=${SQ_TIMEOUT:-400}
log=$SQ_BUILD/boots/stock-demo/result.log

# The marks between scenes are for demo.awk; a terminal has a new screen there.
clear=
[ ! -t 1 ] || clear=$'\033[H\033[2J'
show() {
	sed -u -e $'s/^\f.*/'"$clear/" -e $'/^\v/d'
}

"$SQ_TOP/tools/job.sh" stock demo | show || die "the demo FAILED; log: ${log#"$SQ_TOP"/}"
awk -f "$SQ_TOP/tools/demo.awk" "$log" >"$SQ_BUILD/demo.svg"
mv "$SQ_BUILD/demo.svg" "$SQ_TOP/Documentation/demo.svg"
say "Documentation/demo.svg is new"
