#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# picture.sh: Documentation/map.svg, README's picture, anew: the map of a heap into which
# the allocations of a booting kernel were replayed, in the stock kernel.
. "$(dirname "$0")/lib.sh"

need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev libc6-dev
"$SQ_TOP/tools/build.sh" stock
SQ_TIMEOUT=${SQ_TIMEOUT:-200} "$SQ_TOP/tools/job.sh" stock picture >/dev/null ||
	die "there is no picture; log: build/boots/stock-picture/result.log"
tr -d '\r' <"$SQ_BUILD/boots/stock-picture/result.log" | sed -n '/^<svg/,/^<\/svg>/p' \
	>"$SQ_BUILD/map.svg"
grep -q '^</svg>' "$SQ_BUILD/map.svg" || die "the picture is not whole"
mv "$SQ_BUILD/map.svg" "$SQ_TOP/Documentation/map.svg"
say "Documentation/map.svg is new"
