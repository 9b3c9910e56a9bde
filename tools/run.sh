#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh: squirrel on Debian's own kernel, from nothing to its figures: get the
# kernel, build, boot, load, a client, a recorded trace on it and on SLUB, unload.
. "$(dirname "$0")/lib.sh"

start=$SECONDS
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev
"$SQ_TOP/tools/build.sh" stock
SQ_TIMEOUT=${SQ_TIMEOUT:-240}
export SQ_TIMEOUT
# Steps that are good need no line on the screen; the judge has read all.
if "$SQ_TOP/tools/job.sh" stock run | sed -u '/^ok [0-9]/d; /^1\.\.[0-9]/d; /^SQUIRREL-VERDICT: pass/d'; then
	echo "squirrel: the run is good ($((SECONDS - start)) s); next: make shell, there ./squirrel top"
else
	echo "squirrel: the run FAILED; kernel log: build/boots/stock-run/console.log"
	exit 1
fi
