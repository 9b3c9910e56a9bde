#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# job.sh KERNEL JOB: boot KERNEL with the modules of build/KERNEL, run JOB of
# tools/guest in it and judge. The counts "passed failed skipped" are written to
# build/boots/KERNEL-JOB/counts (BOOT-JOB if SQ_BOOT names one of boots.inc.sh);
# the exit status is the judgement.
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/job.sh KERNEL JOB"
dir=$SQ_BUILD/boots/${SQ_BOOT:-$1}-$2
mkdir -p "$dir"
echo "0 1 0" >"$dir/counts"

load_kernel "$1"
# shellcheck disable=SC2086 # extra is a list
"$SQ_TOP/tools/initramfs.sh" "$dir" "$1" "$2" $K_EXTRA
"$SQ_TOP/tools/boot.sh" "$1" "$dir"
status=0
"$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" \
	>"$dir/judgement" || status=1
# A judge that did not come to an end is no verdict either.
if tail -n 1 "$dir/judgement" | grep -qxE '[0-9]+ [0-9]+ [0-9]+'; then
	tail -n 1 "$dir/judgement" >"$dir/counts"
else
	status=1
fi
sed '$d' "$dir/judgement"
exit $status
